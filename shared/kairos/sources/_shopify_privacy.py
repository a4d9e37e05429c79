"""Shopify's mandatory privacy topics (shopify.dev, "Privacy law compliance"): facts to act on, not data to keep.

`customers/redact` stops the addresses it names before anything else, and `ingest` asks for the profile to be forgotten;
what is kept beside the profile goes with `kairos erase --requested`, for which Shopify gives thirty days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kairos.domain.erasure import ASKED_FOR, STOP
from kairos.domain.event import Event
from kairos.registry import Named, Parsed, Request, Stop
from kairos.sources import _person
from kairos.sources._shape import Object, present

LISTED: Mapping[str, Sequence[str]] = {
    "customer_data_requested": ("request_id", "order_ids"),
    "customer_redacted": ("order_ids",),
    "shop_redacted": ("shop_id",),
}

_ORDERS_MAX = 500


def read_person(name: str) -> Callable[[Object, Request], list[Parsed]]:
    """Return the reader of a request that concerns one person. Their addresses find them and are not written again."""

    def read(body: Object, request: Request) -> list[Parsed]:
        customer = body.object("customer")
        who = _person.names(
            True,
            customer=customer.ident("id"),
            email=customer.text("email", 320),
            phone=customer.text("phone", 64),
        )
        asked = body.beside(
            {"ids": body.items("orders_requested") or body.items("orders_to_redact")},
            body.path,
        )
        orders = body.beside(
            {str(i): one for i, one in enumerate(asked.items("ids")[:_ORDERS_MAX])},
            body.at("orders"),
        )
        properties = present(
            request_id=body.object("data_request").ident("id"),
            order_ids=[orders.need(index) for index in orders.raw],
        )
        event = Event("", name, "", request.received_at, request.received_at, properties)
        stops = _stops(who) if name == ASKED_FOR else []
        return [Parsed(event, properties.get("request_id") or customer.ident("id") or "", who, stops=stops)]

    return read


def _stops(who: Sequence[Named]) -> list[Stop]:
    channels = {"email": "email", "phone": "sms"}
    return [Stop(channels[one.kind], one.value, "marketing", STOP) for one in who if one.kind in channels]


def read_shop(body: Object, request: Request) -> list[Parsed]:
    """Return that the app was removed from the shop 48 hours ago: everything of it must go."""
    shop = body.need("shop_id")
    event = Event(
        "",
        "shop_redacted",
        "",
        request.received_at,
        request.received_at,
        {"shop_id": shop},
    )
    return [Parsed(event, shop)]
