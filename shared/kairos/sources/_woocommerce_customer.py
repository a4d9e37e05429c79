"""WooCommerce's customers, and who an order is of: an account, or a guest by what they wrote into the bill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kairos.domain.event import Event
from kairos.registry import Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._shape import Object, present
from kairos.sources._stamp import stamp
from kairos.sources._woocommerce_time import instant

LISTED: Mapping[str, Sequence[str]] = {"profile_updated": (), "customer_deleted": ()}


def read_customer(body: Object, request: Request) -> list[Parsed]:
    """Return what customer.created and customer.updated say. WooCommerce itself knows no consent to marketing."""
    customer = body.need("id")
    said_at = instant(body, "date_modified", request) or instant(body, "date_created", request)
    occurred_at = said_at or request.received_at
    fields = person_fields(body)
    since = instant(body, "date_created", request)
    traits = present(
        country=_person.country(body.object("billing").text("country", 8)),
        customer_since=since.date().isoformat() if since else None,
        orders_count=body.amount("orders_count"),
        total_spent=body.amount("total_spent"),
    )
    event = Event(
        "", "profile_updated", "", occurred_at, request.received_at, traits=traits, reach=_person.reach(fields)
    )
    who = who_is(customer, fields)
    return [Parsed(event, f"customer:{customer}:{stamp(said_at, request)}", who, _person.profile_contact(fields))]


def read_deleted(body: Object, request: Request) -> list[Parsed]:
    """Return that an account was deleted; the body is its id alone, and more than that is no deletion."""
    customer = body.need("id")
    if set(body.raw) != {"id"}:
        return []
    event = Event("", "customer_deleted", "", request.received_at, request.received_at)
    return [Parsed(event, f"customer:{customer}:deleted", _person.names(True, customer=customer))]


def person_fields(body: Object) -> dict[str, Any]:
    """Return the contact fields of an account or order: its own first, then those of the bill."""
    return _person.merged([_person.person_fields(body), _person.person_fields(body.object("billing"))])


def who_is(customer: str | None, fields: Mapping[str, Any], **tokens: str | None) -> list[Named]:
    """Return the identifiers, best first; customer 0 is how WooCommerce writes a guest."""
    account = customer if customer != "0" else None
    return _person.names(True, customer=account, email=fields.get("email"), phone=fields.get("phone"), **tokens)
