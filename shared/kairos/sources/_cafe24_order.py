"""Cafe24's orders: the event code says what happened, and a bulk event says it of each of its orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kairos.domain.event import Event
from kairos.registry import Contact, Parsed, Request
from kairos.sources import _person
from kairos.sources._cafe24_values import ids, instant, is_true
from kairos.sources._shape import Object, present

_ORDER = (
    "order_id",
    "shop_no",
    "event_code",
    "total",
    "subtotal",
    "currency",
    "paid",
    "shipping_status",
    "payment_method",
    "origin",
    "mobile",
    "first_order",
    "items",
    "item_count",
)
_CODES = {
    "create_order": "order_created",
    "paid_order": "order_completed",
    "shipping_start": "order_fulfilled",
    "shipping_end": "order_delivered",
    "purchase_confirm": "order_confirmed",
    "cancel_order": "order_cancelled",
    "cancel_unpaid_order": "order_cancelled",
    "cancellation_complete": "order_cancelled",
    "auto_order_cancel": "order_cancelled",
    "return_order": "order_returned",
    "refund_order": "order_refunded",
    "return_complete_refunded": "order_refunded",
    "exchange_order": "order_exchanged",
    "old_order_delete": "order_deleted",
}

LISTED: Mapping[str, Sequence[str]] = {
    **dict.fromkeys((*_CODES.values(), "order_updated"), _ORDER),
    "order_returned": (*_ORDER, "refund_id"),
    "fulfillment_updated": ("order_id", "shop_no", "fulfillment_id", "carrier"),
}

# Times of the body that are the event's own; everything else happened when it arrived.
_TIMES = {"order_created": "order_date", "order_completed": "payment_date", "order_cancelled": "cancel_date"}


def read_order(order: Object, request: Request) -> list[Parsed]:
    """Return one event for each order that is named; an order paid on the spot is paid in the event that places it."""
    code = order.text("event_code", 64) or ""
    # A claim that was withdrawn (a cancellation taken back) leaves the order as it was.
    withdrawn = is_true(order, "withdraw") is True and _CODES.get(code) in ("order_cancelled", "order_exchanged")
    name = "order_updated" if withdrawn else _CODES.get(code, "order_updated")
    named = [name]
    if name == "order_created" and is_true(order, "paid"):
        named.append("order_completed")
    return [_fact(order, request, one, id) for id in ids(order, "order_id") for one in named]


def _fact(order: Object, request: Request, name: str, id: str) -> Parsed:
    # `happened_at` is written by us, of an order that was read again; webhooks have it under names of their own.
    occurred_at = instant(order, "happened_at") or (instant(order, _TIMES[name]) if name in _TIMES else None)
    fields = _buyer(order)
    event = Event(
        "",
        name,
        "",
        occurred_at or request.received_at,
        request.received_at,
        {"order_id": id, **_said(order)},
        reach=_person.reach(fields),
    )
    who = _person.names(
        True,
        customer=order.ident("member_id"),
        email=fields.get("email"),
        phone=fields.get("phone"),
        order=id,
    )
    return Parsed(event, f"{id}:{name}", who, _person.profile_contact(fields))


def _buyer(order: Object) -> dict[str, Any]:
    return present(
        email=order.text("buyer_email", 320),
        phone=order.text("buyer_cellphone", 64) or order.text("buyer_phone", 64),
        name=order.text("buyer_name", _person.NAME_CHARS_MAX),
    )


def _said(order: Object) -> dict[str, Any]:
    codes = ids(order, "ordering_product_code") if order.text("ordering_product_code") else []
    return present(
        shop_no=order.ident("event_shop_no"),
        event_code=order.text("event_code", 64),
        total=order.amount("actual_payment_amount"),
        subtotal=order.amount("order_price_amount"),
        currency=order.text("currency", 3),
        paid={"T": "paid", "F": "unpaid", "M": "partially_paid"}.get(order.text("paid", 1) or ""),
        shipping_status=order.text("shipping_status", 8),
        payment_method=order.text("payment_method", 64),
        origin=order.text("order_place_id", 64),
        mobile=is_true(order, "order_from_mobile"),
        first_order=is_true(order, "first_order"),
        items=[{"product_id": code} for code in codes[:100]],
        item_count=len(codes) or None,
    )


def read_return(claim: Object, request: Request) -> list[Parsed]:
    """Return that goods of an order came back; the claim has a number of its own, and its refund an amount."""
    order, refund = claim.need("order_id"), claim.ident("claim_code")
    said = present(
        order_id=order,
        shop_no=claim.ident("event_shop_no"),
        refund_id=refund,
        total=claim.amount("refund_amount"),
        subtotal=claim.amount("order_price_amount"),
    )
    event = Event("", "order_returned", "", request.received_at, request.received_at, said)
    return [Parsed(event, f"{order}:{refund}", _person.names(True, order=order))]


def read_shipping_code(order: Object, request: Request) -> list[Parsed]:
    """Return that a parcel got its number; the number leads to the address, so it is a contact field."""
    out: list[Parsed] = []
    for id in ids(order, "order_id"):
        said = present(
            order_id=id,
            shop_no=order.ident("event_shop_no"),
            fulfillment_id=order.ident("shipping_code"),
            carrier=order.ident("shipping_company_code"),
        )
        event = Event("", "fulfillment_updated", "", request.received_at, request.received_at, said)
        link = present(tracking_number=order.ident("tracking_no"))
        contacts = [Contact(f"subject#{id}", link)] if link else []
        out.append(Parsed(event, f"{id}:shipping_code", _person.names(True, order=id), contacts))
    return out
