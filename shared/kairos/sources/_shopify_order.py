"""Shopify's carts, checkouts, orders and refunds.

A cart never names its customer, a refund names only its order: they join their person by token or order id, which every
later object repeats (`cart_token`, `checkout_token`, `order_id`). So each event names all it knows, best first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from kairos.domain.event import Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources._shape import Object, plain_number, present
from kairos.sources._shopify_customer import person_of
from kairos.sources._shopify_fulfillment import read_delivery
from kairos.sources._shopify_lines import codes, is_paid_back, lines_currency, lines_total, money, read_lines, trimmed
from kairos.sources._shopify_time import told_at
from kairos.sources._stamp import stamp

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

_ONCE = frozenset({"order_created", "order_completed", "order_cancelled", "order_fulfilled"})

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
    "order_partially_fulfilled": _ORDER,
    "order_edited": ("order_id", "edit_id"),
    "order_deleted": ("order_id",),
    "checkout_deleted": ("cart_id", "checkout_id"),
    "order_refunded": (
        "order_id",
        "refund_id",
        "total",
        "currency",
        "items",
        "item_count",
        "quantity",
    ),
}

Reader = Callable[[Object, Request], list[Parsed]]


def read_cart(body: Object, request: Request) -> list[Parsed]:
    """Return that a cart was filled, changed or emptied. Its total is the sum of its lines: Shopify sends none."""
    cart = body.ident("token") or body.need("id")
    said_at = body.first_instant("updated_at", "created_at")
    occurred_at = said_at or told_at(request)
    lines = read_lines(body)
    name, properties = "cart_emptied", {"cart_id": cart}
    if lines:
        name = "cart_updated"
        properties |= trimmed(lines) | present(total=lines_total(lines), currency=lines_currency(lines))
    event = Event("", name, "", occurred_at, request.received_at, properties)
    return [Parsed(event, f"{cart}:{stamp(said_at, request)}", [Named("cart", cart, True)])]


def read_checkout(name: str, time_field: str) -> Reader:
    """Return the reader of a checkout topic. The link back into it lets anyone buy as the person: a contact field."""

    def read(body: Object, request: Request) -> list[Parsed]:
        checkout = body.ident("token") or body.need("id")
        cart = body.ident("cart_token")
        said_at = body.first_instant(time_field, "updated_at")
        occurred_at = said_at or told_at(request)
        properties = present(
            cart_id=cart,
            checkout_id=checkout,
            discount=body.amount("total_discounts"),
            discount_codes=codes(body),
            completed=body.instant("completed_at") is not None,
            **money(body),
        )
        who, contacts, facts = person_of(body, cart=cart, checkout=checkout)
        if link := present(checkout_url=body.text("abandoned_checkout_url")):
            contacts += [Contact(f"subject#{subject}", link) for subject in dict.fromkeys((cart or checkout, checkout))]
        event = Event("", name, "", occurred_at, request.received_at, properties, **facts)
        return [Parsed(event, f"{checkout}:{stamp(said_at, request)}", who, contacts)]

    return read


def read_checkout_deleted(body: Object, request: Request) -> list[Parsed]:
    """Return that a checkout is gone: it is known by its cart, since Shopify leaves its token out here."""
    cart, checkout = body.ident("cart_token"), body.ident("token")
    event = Event(
        "",
        "checkout_deleted",
        "",
        request.received_at,
        request.received_at,
        present(cart_id=cart, checkout_id=checkout),
    )
    who = [Named(kind, token, True) for kind, token in (("cart", cart), ("checkout", checkout)) if token]
    return [Parsed(event, f"{checkout or body.need('id')}:deleted", who)]


def read_order(name: str, time_field: str) -> Reader:
    """Return the reader of an order topic. `checkout_id` is the checkout's token, as in checkout events."""

    def read(body: Object, request: Request) -> list[Parsed]:
        order = body.need("id")
        cart, checkout = body.ident("cart_token"), body.ident("checkout_token")
        said_at = body.first_instant(time_field, "updated_at", "created_at")
        occurred_at = said_at or told_at(request)
        properties = present(
            order_id=order,
            cart_id=cart,
            checkout_id=checkout,
            discount=body.amount("total_discounts"),
            discount_codes=codes(body),
            financial_status=body.text("financial_status", 32),
            fulfillment_status=body.text("fulfillment_status", 32),
            cancel_reason=body.text("cancel_reason", 32),
            origin=body.text("source_name", 64),
            test=body.flag("test") or None,
            **money(body),
        )
        who, contacts, facts = person_of(body, order=order, cart=cart, checkout=checkout)
        event = Event("", name, "", occurred_at, request.received_at, properties, **facts)
        # What happens to an order once is one fact, whichever webhook or reading tells it.
        key = f"=order:{order}:{name}" if name in _ONCE else f"{order}:{stamp(said_at, request)}"
        out = [Parsed(event, key, who, contacts)]
        for part in body.objects("fulfillments"):
            out += read_delivery(part, said_at, request, who)
        return out

    return read


def read_edit(body: Object, request: Request) -> list[Parsed]:
    """Return that the lines of an order were changed; what it is now comes as orders/updated."""
    edit = body.object("order_edit")
    order = edit.need("order_id")
    said_at = edit.first_instant("committed_at", "created_at")
    occurred_at = said_at or told_at(request)
    said = present(order_id=order, edit_id=edit.ident("id"))
    event = Event("", "order_edited", "", occurred_at, request.received_at, said)
    return [Parsed(event, f"{order}:{stamp(said_at, request)}", [Named("order", order, True)])]


def read_order_deleted(body: Object, request: Request) -> list[Parsed]:
    """Return that an order was deleted: its id is all that is left of it."""
    order = body.need("id")
    event = Event("", "order_deleted", "", request.received_at, request.received_at, {"order_id": order})
    return [Parsed(event, order, [Named("order", order, True)])]


def read_refund(body: Object, request: Request) -> list[Parsed]:
    """Return that money of an order went back: what the successful refund transactions add up to."""
    order, refund = body.need("order_id"), body.need("id")
    said_at = body.first_instant("processed_at", "created_at")
    occurred_at = said_at or told_at(request)
    paid = [one for one in body.objects("transactions") if is_paid_back(one)]
    lines = [one.object("line_item") for one in body.objects("refund_line_items")]
    total = sum((one.decimal("amount") or Decimal(0) for one in paid), Decimal(0))
    properties = present(
        order_id=order,
        refund_id=refund,
        total=plain_number(total) if paid else None,
        currency=paid[0].text("currency", 3) if paid else None,
        **trimmed(lines),
    )
    event = Event("", "order_refunded", "", occurred_at, request.received_at, properties)
    return [Parsed(event, f"=refund:{refund}", [Named("order", order, True)])]
