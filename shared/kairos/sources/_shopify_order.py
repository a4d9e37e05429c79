"""Shopify's carts, checkouts, orders, refunds and fulfilments.

A cart never names its customer, a refund names only its order: they join their person by token or order id, which every
later object repeats (`cart_token`, `checkout_token`, `order_id`). So each event names all it knows, best first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from kairos.domain.event import EntryFact, Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._shape import Object, plain_number, present
from kairos.sources._shopify_customer import customer_fields, traits_of, who_is

ITEMS_MAX = 100
"""Line items kept in an event; `item_count` tells how many there were."""

_MONEY = ("total", "subtotal", "currency", "items", "item_count", "quantity")
_ORDER = (
    "order_id",
    "cart_id",
    "checkout_id",
    *_MONEY,
    "discount",
    "discount_codes",
    "financial_status",
    "fulfillment_status",
    "cancel_reason",
    "origin",
    "test",
)
_FULFILLMENT = (
    "fulfillment_id",
    "order_id",
    "status",
    "shipment_status",
    "items",
    "item_count",
    "quantity",
)

LISTED: Mapping[str, Sequence[str]] = {
    "cart_updated": ("cart_id", *_MONEY),
    "cart_emptied": ("cart_id",),
    "checkout_started": (
        "cart_id",
        "checkout_id",
        *_MONEY,
        "discount",
        "discount_codes",
        "completed",
    ),
    "checkout_updated": (
        "cart_id",
        "checkout_id",
        *_MONEY,
        "discount",
        "discount_codes",
        "completed",
    ),
    "order_created": _ORDER,
    "order_completed": _ORDER,
    "order_updated": _ORDER,
    "order_cancelled": _ORDER,
    "order_fulfilled": _ORDER,
    "order_refunded": (
        "order_id",
        "refund_id",
        "total",
        "currency",
        "items",
        "item_count",
        "quantity",
    ),
    "fulfillment_created": _FULFILLMENT,
    "fulfillment_updated": _FULFILLMENT,
    "entry_updated": ("order_id",),
    "entry_cancelled": ("order_id",),
}

Reader = Callable[[Object, Request], list[Parsed]]


def read_cart(body: Object, request: Request) -> list[Parsed]:
    """Return that a cart was filled, changed or emptied. Its total is the sum of its lines: Shopify sends none."""
    cart = body.ident("token") or body.need("id")
    occurred_at = _occurred(body, request, "updated_at", "created_at")
    lines = _lines(body)
    name, properties = "cart_emptied", {"cart_id": cart}
    if lines:
        name = "cart_updated"
        properties |= _items(lines) | present(total=_lines_total(lines), currency=_lines_currency(lines))
    event = Event("", name, "", occurred_at, request.received_at, properties)
    return [Parsed(event, f"{cart}:{occurred_at.isoformat()}", [Named("cart", cart, True)])]


def read_checkout(name: str, time_field: str) -> Reader:
    """Return the reader of a checkout topic. The link back into it lets anyone buy as the person: a contact field."""

    def read(body: Object, request: Request) -> list[Parsed]:
        checkout = body.ident("token") or body.need("id")
        cart = body.ident("cart_token")
        occurred_at = _occurred(body, request, time_field, "updated_at")
        properties = present(
            cart_id=cart,
            checkout_id=checkout,
            discount=body.amount("total_discounts"),
            discount_codes=_codes(body),
            completed=body.instant("completed_at") is not None,
            **_money(body),
        )
        who, contacts, facts = _person_of(body, cart=cart, checkout=checkout)
        if link := present(checkout_url=body.text("abandoned_checkout_url")):
            contacts += [Contact(f"subject#{subject}", link) for subject in {cart or checkout, checkout}]
        event = Event("", name, "", occurred_at, request.received_at, properties, **facts)
        return [Parsed(event, f"{checkout}:{occurred_at.isoformat()}", who, contacts)]

    return read


def read_order(name: str, time_field: str) -> Reader:
    """Return the reader of an order topic. `checkout_id` is the checkout's token, as in checkout events."""

    def read(body: Object, request: Request) -> list[Parsed]:
        order = body.need("id")
        cart, checkout = body.ident("cart_token"), body.ident("checkout_token")
        occurred_at = _occurred(body, request, time_field, "updated_at", "created_at")
        properties = present(
            order_id=order,
            cart_id=cart,
            checkout_id=checkout,
            discount=body.amount("total_discounts"),
            discount_codes=_codes(body),
            financial_status=body.text("financial_status", 32),
            fulfillment_status=body.text("fulfillment_status", 32),
            cancel_reason=body.text("cancel_reason", 32),
            origin=body.text("source_name", 64),
            test=body.flag("test") or None,
            **_money(body),
        )
        who, contacts, facts = _person_of(body, order=order, cart=cart, checkout=checkout)
        event = Event("", name, "", occurred_at, request.received_at, properties, **facts)
        out = [Parsed(event, f"{order}:{occurred_at.isoformat()}", who, contacts)]
        for part in body.objects("fulfillments"):
            out += _delivery(part, occurred_at, request, who)
        return out

    return read


def read_refund(body: Object, request: Request) -> list[Parsed]:
    """Return that money of an order went back: what the successful refund transactions add up to."""
    order, refund = body.need("order_id"), body.need("id")
    occurred_at = _occurred(body, request, "processed_at", "created_at")
    paid = [one for one in body.objects("transactions") if _is_paid_back(one)]
    lines = [one.object("line_item") for one in body.objects("refund_line_items")]
    total = sum((one.decimal("amount") or Decimal(0) for one in paid), Decimal(0))
    properties = present(
        order_id=order,
        refund_id=refund,
        total=plain_number(total) if paid else None,
        currency=paid[0].text("currency", 3) if paid else None,
        **_items(lines),
    )
    event = Event("", "order_refunded", "", occurred_at, request.received_at, properties)
    return [Parsed(event, refund, [Named("order", order, True)])]


def read_fulfillment(name: str, time_field: str) -> Reader:
    """Return the reader of a fulfilment topic; where Shopify says when it arrives, that is an entry `delivery`."""

    def read(body: Object, request: Request) -> list[Parsed]:
        order, fulfillment = body.ident("order_id"), body.need("id")
        occurred_at = _occurred(body, request, time_field, "updated_at", "created_at")
        lines = _lines(body)
        properties = present(
            fulfillment_id=fulfillment,
            order_id=order,
            status=body.text("status", 32),
            shipment_status=body.text("shipment_status", 32),
            **_items(lines),
        )
        email = body.text("email", 320)
        who = _person.names(True, email=email, order=order)
        fields = present(email=email)
        reach = _person.reach(fields)
        event = Event("", name, "", occurred_at, request.received_at, properties, reach=reach)
        parsed = Parsed(
            event,
            f"{fulfillment}:{occurred_at.isoformat()}",
            who,
            _person.profile_contact(fields),
        )
        return [parsed, *_delivery(body, occurred_at, request, who)]

    return read


def _delivery(body: Object, occurred_at: datetime, request: Request, who: Sequence[Named]) -> list[Parsed]:
    arrives = body.instant("estimated_delivery_at")
    cancelled = (body.text("status", 32) or "") == "cancelled"
    if arrives is None and not cancelled:
        return []
    fulfillment = body.need("id")
    properties = present(
        status=body.text("shipment_status", 32) or body.text("status", 32),
        carrier=body.text("tracking_company", 64),
    )
    entry = EntryFact("delivery", fulfillment, arrives, None, properties)
    event = Event(
        "",
        "entry_cancelled" if cancelled else "entry_updated",
        "",
        occurred_at,
        request.received_at,
        present(order_id=body.ident("order_id")),
        entry=entry,
    )
    link = present(
        tracking_url=body.text("tracking_url"),
        tracking_number=body.text("tracking_number", 128),
    )
    contacts = [Contact(f"entry#delivery#{fulfillment}", link)] if link else []
    return [Parsed(event, f"delivery:{fulfillment}:{occurred_at.isoformat()}", who, contacts)]


def _person_of(body: Object, **tokens: str | None) -> tuple[list[Named], list[Contact], dict[str, Any]]:
    customer = body.object("customer")
    own = present(
        email=body.text("email", 320) or body.text("contact_email", 320),
        phone=body.text("phone", 64),
    )
    who = who_is(customer, email=own.get("email"), phone=own.get("phone"), **tokens)
    fields = _person.merged([customer_fields(customer), own])
    locale = present(locale=_person.locale(body.text("customer_locale", 35)))
    traits = _person.merged([traits_of(customer) if customer.ident("id") else {}, locale])
    facts = {"traits": traits or None, "reach": _person.reach(fields)}
    return who, _person.profile_contact(fields), facts


def _occurred(body: Object, request: Request, *fields: str) -> datetime:
    for field in fields:
        if moment := body.instant(field):
            return moment
    return request.received_at


def _lines(body: Object) -> list[Object]:
    return list(body.objects("line_items"))


def _items(lines: Sequence[Object]) -> dict[str, Any]:
    if not lines:
        return {}
    quantity = sum((line.decimal("quantity") or Decimal(0) for line in lines), Decimal(0))
    return {
        "items": [_item(line) for line in lines[:ITEMS_MAX]],
        "item_count": len(lines),
        "quantity": plain_number(quantity),
    }


def _item(line: Object) -> dict[str, Any]:
    return present(
        product_id=line.ident("product_id"),
        variant_id=line.ident("variant_id"),
        sku=line.text("sku", 64),
        quantity=line.amount("quantity"),
        price=line.amount("price"),
        category=line.text("product_type", 64),
    )


def _money(body: Object) -> dict[str, Any]:
    lines = _lines(body)
    return {
        "total": body.amount("total_price"),
        "subtotal": body.amount("subtotal_price"),
        "currency": body.text("currency", 3) or body.text("presentment_currency", 3),
        **_items(lines),
    }


def _lines_total(lines: Sequence[Object]) -> int | float:
    total = Decimal(0)
    for line in lines:
        price = line.decimal("line_price")
        if price is None:
            price = (line.decimal("price") or Decimal(0)) * (line.decimal("quantity") or Decimal(0))
        total += price
    return plain_number(total)


def _lines_currency(lines: Sequence[Object]) -> str | None:
    return lines[0].object("price_set").object("shop_money").text("currency_code", 3)


def _codes(body: Object) -> list[str]:
    codes = [one.text("code", 64) for one in body.objects("discount_codes")]
    return [code for code in codes if code and _person.is_impersonal(code)][:10]


def _is_paid_back(transaction: Object) -> bool:
    return transaction.text("kind", 32) == "refund" and transaction.text("status", 32) in (None, "success")
