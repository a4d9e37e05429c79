"""Shopify's fulfilments: facts of their own, and an entry `delivery` where Shopify says when a parcel arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from kairos.domain.event import EntryFact, Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._shape import Object, present
from kairos.sources._shopify_lines import read_lines, trimmed
from kairos.sources._shopify_time import told_at
from kairos.sources._stamp import stamp

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
    "fulfillment_created": _FULFILLMENT,
    "fulfillment_updated": _FULFILLMENT,
    "shipment_updated": ("fulfillment_id", "order_id", "shipment_status"),
    "entry_updated": ("order_id",),
    "entry_cancelled": ("order_id",),
}

Reader = Callable[[Object, Request], list[Parsed]]


def read_fulfillment(name: str, time_field: str) -> Reader:
    """Return the reader of a fulfilment topic; where Shopify says when it arrives, that is an entry `delivery`."""

    def read(body: Object, request: Request) -> list[Parsed]:
        order, fulfillment = body.ident("order_id"), body.need("id")
        said_at = body.first_instant(time_field, "updated_at", "created_at")
        occurred_at = said_at or told_at(request)
        lines = read_lines(body)
        properties = present(
            fulfillment_id=fulfillment,
            order_id=order,
            status=body.text("status", 32),
            shipment_status=body.text("shipment_status", 32),
            **trimmed(lines),
        )
        email = body.text("email", 320)
        who = _person.names(True, email=email, order=order)
        fields = present(email=email)
        reach = _person.reach(fields)
        event = Event("", name, "", occurred_at, request.received_at, properties, reach=reach)
        parsed = Parsed(
            event,
            f"{fulfillment}:{stamp(said_at, request)}",
            who,
            _person.profile_contact(fields),
        )
        return [parsed, *read_delivery(body, said_at, request, who)]

    return read


def read_shipment(body: Object, request: Request) -> list[Parsed]:
    """Return what a carrier reports of a parcel (in transit, delivered …); where it is, stays out."""
    order, fulfillment = body.ident("order_id"), body.need("fulfillment_id")
    said_at = body.first_instant("happened_at", "created_at")
    occurred_at = said_at or told_at(request)
    status = body.text("status", 32)
    said = present(fulfillment_id=fulfillment, order_id=order, shipment_status=status)
    event = Event("", "shipment_updated", "", occurred_at, request.received_at, said)
    who = _person.names(True, order=order)
    parcel = body.beside({**body.raw, "id": fulfillment, "status": "success", "shipment_status": status}, body.path)
    out = [Parsed(event, f"{body.ident('id') or fulfillment}:{stamp(said_at, request)}", who)]
    return [*out, *read_delivery(parcel, said_at, request, who)]


def read_delivery(body: Object, said_at: datetime | None, request: Request, who: Sequence[Named]) -> list[Parsed]:
    """Return the entry of one fulfilment; none without a date, unless it was cancelled."""
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
        said_at or told_at(request),
        request.received_at,
        present(order_id=body.ident("order_id")),
        entry=entry,
    )
    link = present(
        tracking_url=body.text("tracking_url"),
        tracking_number=body.text("tracking_number", 128),
    )
    contacts = [Contact(f"entry#delivery#{fulfillment}", link)] if link else []
    return [Parsed(event, f"delivery:{fulfillment}:{stamp(said_at, request)}", who, contacts)]
