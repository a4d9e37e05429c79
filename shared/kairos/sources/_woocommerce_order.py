"""WooCommerce's orders: one body says all that has become of an order, so each body is read for every fact in it.

Paid is `date_paid_gmt`, done is `date_completed_gmt`; cancelled, refunded and failed have no time of their own, so the
last change is theirs. What is older than the time in which repeats are recognised is not told again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from kairos.domain.event import Event
from kairos.registry import Contact, Parsed, Request
from kairos.sources import _person
from kairos.sources._booking import as_link
from kairos.sources._items import basket
from kairos.sources._shape import Object, plain_number, present, sound
from kairos.sources._stamp import stamp
from kairos.sources._woocommerce_customer import person_fields, who_is
from kairos.sources._woocommerce_time import instant, is_young

_ORDER = (
    "order_id",
    "status",
    "total",
    "discount",
    "discount_codes",
    "refunded",
    "currency",
    "items",
    "item_count",
    "quantity",
    "payment_method",
    "origin",
)
_ONLY_ID = ("order_id",)

LISTED: Mapping[str, Sequence[str]] = {
    "order_created": _ORDER,
    "order_updated": _ORDER,
    "order_completed": _ORDER,
    "order_fulfilled": _ORDER,
    "order_cancelled": _ORDER,
    "order_refunded": _ORDER,
    "order_payment_failed": _ORDER,
    "order_deleted": _ONLY_ID,
}

# A draft is what the block checkout keeps while somebody types; nothing has been ordered.
_DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
_ENDS = {"cancelled": "order_cancelled", "refunded": "order_refunded", "failed": "order_payment_failed"}

# Hooks of which the first argument is an order's id: all that such a body says.
_ACTIONS = {
    "woocommerce_payment_complete": "order_completed",
    "woocommerce_order_status_completed": "order_fulfilled",
    "woocommerce_order_status_cancelled": "order_cancelled",
    "woocommerce_order_status_refunded": "order_refunded",
    "woocommerce_order_fully_refunded": "order_refunded",
    "woocommerce_order_partially_refunded": "order_refunded",
    "woocommerce_order_status_failed": "order_payment_failed",
}


def read_created(body: Object, request: Request) -> list[Parsed]:
    """Return that an order was placed, and what had become of it by the time the body was written."""
    return _read(body, request, "order_created")


def read_updated(body: Object, request: Request) -> list[Parsed]:
    """Return that an order changed, and all that has become of it lately."""
    return _read(body, request, "order_updated")


def read_deleted(body: Object, request: Request) -> list[Parsed]:
    """Return that an order was put into the bin; the body is its id alone, and more than that is no deletion."""
    order = body.need("id")
    return [_bare("order_deleted", order, "deleted", request)] if set(body.raw) == {"id"} else []


def read_action(body: Object, request: Request) -> list[Parsed]:
    """Return what a hook of the shop tells of an order; other hooks (`woocommerce_add_to_cart`) name nobody."""
    name = _ACTIONS.get(body.text("action", 128) or "")
    if name is None:
        return []
    # No time in it, and nothing is ever repeated: the delivery is what makes it the same one.
    delivery = (
        sound(request.headers.get("x-wc-webhook-delivery-id", "")).strip()[:128] or request.received_at.isoformat()
    )
    return [_bare(name, body.need("arg"), f"{body.text('action', 128)}:{delivery}", request)]


def _bare(name: str, order: str, key: str, request: Request) -> Parsed:
    event = Event("", name, "", request.received_at, request.received_at, {"order_id": order})
    return Parsed(event, f"order:{order}:{key}", _person.names(True, order=order))


def _read(body: Object, request: Request, name: str) -> list[Parsed]:
    order, status = body.need("id"), (body.text("status", 32) or "").removeprefix("wc-")
    if status in _DRAFTS:
        return []
    said_at = instant(body, "date_modified", request)
    changed = said_at or request.received_at
    placed = instant(body, "date_created", request) or changed
    fields = person_fields(body)
    who = who_is(body.ident("customer_id"), fields, order=order)
    country = _person.country(body.object("billing").text("country", 8))
    traits, reach = present(country=country) or None, _person.reach(fields)
    said, contacts = _said(body, order, status), [*_person.profile_contact(fields), *_link(body, order)]
    moments = {name: placed if name == "order_created" else changed, **_lately(body, request, status, changed)}
    out: list[Parsed] = []
    for one, at in moments.items():
        key = f"order:{order}:{one}" + (f":{stamp(said_at, request)}" if one == "order_updated" else "")
        out.append(
            Parsed(Event("", one, "", at, request.received_at, said, traits=traits, reach=reach), key, who, contacts)
        )
    return out


def _lately(body: Object, request: Request, status: str, changed: datetime) -> dict[str, datetime]:
    """Return when the order was paid, done or ended, as far as it is still to be told."""
    paid, done = instant(body, "date_paid", request), instant(body, "date_completed", request)
    moments = {
        "order_completed": paid,
        "order_fulfilled": done if status == "completed" else None,
        _ENDS.get(status, ""): changed,
    }
    return {name: at for name, at in moments.items() if name and at is not None and is_young(at, request)}


def _said(body: Object, order: str, status: str) -> dict[str, Any]:
    codes = [one.text("code", 64) for one in body.objects("coupon_lines")]
    back = sum((one.decimal("total") or Decimal(0) for one in body.objects("refunds")), Decimal(0))
    return present(
        order_id=order,
        status=status,
        total=body.amount("total"),
        discount=body.amount("discount_total"),
        discount_codes=[code for code in codes if code and _person.is_impersonal(code)][:10],
        refunded=plain_number(abs(back)) if back else None,
        currency=body.text("currency", 3),
        payment_method=body.text("payment_method", 64),
        origin=body.text("created_via", 64),
        **basket(list(body.objects("line_items")), _item),
    )


def _item(line: Object) -> dict[str, Any]:
    variation = line.ident("variation_id")
    return present(
        product_id=line.ident("product_id"),
        variant_id=variation if variation != "0" else None,
        sku=line.text("sku", 64),
        quantity=line.amount("quantity"),
        price=line.amount("price"),
    )


def _link(body: Object, order: str) -> list[Contact]:
    # Whoever has the link may pay the order, so it is a contact field.
    link = as_link(body.text("payment_url"))
    return [Contact(f"subject#{order}", {"payment_url": link})] if link else []
