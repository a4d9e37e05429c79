"""Shopify's customer: traits, addresses, and the two consents with the time at which each was last said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.domain.event import ConsentFact, Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._shape import ID_CHARS_MAX, Object, present
from kairos.sources._shopify_time import told_at
from kairos.sources._stamp import stamp

LISTED: Mapping[str, Sequence[str]] = {
    "profile_updated": (),
    "customer_deleted": (),
    "consent_given": ("opt_in_level",),
    "consent_withdrawn": ("opt_in_level",),
}

# "pending" is a double opt-in not yet confirmed and "not_subscribed" was never asked: neither says anything.
_STATES = {
    "subscribed": "consent_given",
    "unsubscribed": "consent_withdrawn",
    "redacted": "consent_withdrawn",
}
_CONSENTS = {"email": "email_marketing_consent", "sms": "sms_marketing_consent"}


def read_customer(body: Object, request: Request) -> list[Parsed]:
    """Return what customers/create and customers/update say: the profile, then one event per consent that was said."""
    customer = body.need("id")
    changed_at = body.instant("updated_at") or body.instant("created_at")
    occurred_at = changed_at or told_at(request)
    who = who_is(body)
    fields = customer_fields(body)
    profile = Event(
        "",
        "profile_updated",
        "",
        occurred_at,
        request.received_at,
        traits=traits_of(body),
        reach=_person.reach(fields),
    )
    key = f"{customer}:{stamp(changed_at, request)}"
    out = [Parsed(profile, key, who, _person.profile_contact(fields))]
    for channel in _CONSENTS:
        out += _consents(channel, body, customer, changed_at, request, who)
    return out


def read_email_consent(body: Object, request: Request) -> list[Parsed]:
    """Return what customers_email_marketing_consent/update says; newer customer bodies leave consents out."""
    customer = body.need("customer_id")
    who = _person.names(True, customer=customer, email=body.text("email_address", 320))
    return _consents("email", body, customer, None, request, who)


def read_sms_consent(body: Object, request: Request) -> list[Parsed]:
    """Return what customers_marketing_consent/update says, which is about SMS alone."""
    customer = body.ident("customer_id") or body.need("id")
    who = _person.names(True, customer=customer, phone=body.text("phone", 64))
    return _consents("sms", body, customer, None, request, who)


def read_summary(body: Object, request: Request) -> list[Parsed]:
    """Return how much a customer has bought, which newer customer bodies leave out."""
    customer = body.text("customerId", ID_CHARS_MAX) or body.fail("customerId", "a customer's gid")
    spent = body.object("amountSpent")
    said_at = body.instant("occurredAt")
    traits = present(
        orders_count=body.amount("numberOfOrders"),
        total_spent=spent.amount("amount"),
        currency=spent.text("currencyCode", 3),
    )
    event = Event("", "profile_updated", "", said_at or told_at(request), request.received_at, traits=traits)
    id = customer.rpartition("/")[2]
    return [Parsed(event, f"{id}:{stamp(said_at, request)}", _person.names(True, customer=id))]


def read_deleted(body: Object, request: Request) -> list[Parsed]:
    """Return that the shop deleted a customer: a fact. The request to forget a person is customers/redact."""
    customer = body.need("id")
    event = Event("", "customer_deleted", "", request.received_at, request.received_at)
    return [Parsed(event, customer, _person.names(True, customer=customer))]


def _consents(
    channel: str, body: Object, customer: str, changed_at: datetime | None, request: Request, who: Sequence[Named]
) -> list[Parsed]:
    given = body.object(_CONSENTS[channel])
    name = _STATES.get((given.text("state", 32) or "").lower())
    if name is None:
        return []
    said_at = given.instant("consent_updated_at") or changed_at
    consent = Event(
        "",
        name,
        "",
        said_at or told_at(request),
        request.received_at,
        properties=present(opt_in_level=given.text("opt_in_level", 32)),
        consent=ConsentFact(channel, "marketing"),
    )
    # The same word under three topics, and in every customer update, is one consent.
    return [Parsed(consent, f"=consent:{channel}:{customer}:{name}:{stamp(said_at, request)}", who)]


def who_is(
    customer: Object,
    *,
    email: str | None = None,
    phone: str | None = None,
    **tokens: str | None,
) -> list[Named]:
    """Return the identifiers of a customer object, best first; the addresses and tokens are those around it."""
    verified = customer.flag("verified_email") is not False
    return [
        *_person.names(True, customer=customer.ident("id")),
        *_person.names(verified, email=customer.text("email", 320) or email),
        *_person.names(True, phone=customer.text("phone", 64) or phone, **tokens),
    ]


def customer_fields(customer: Object) -> dict[str, Any]:
    """Return the contact fields of a customer object."""
    return _person.person_fields(customer)


def traits_of(customer: Object) -> dict[str, Any]:
    """Return the listed, impersonal traits of a customer object."""
    home = customer.object("default_address")
    return present(
        locale=_person.locale(customer.text("locale", 35)),
        country=_person.country(home.text("country_code", 8)),
        currency=customer.text("currency", 3),
        tags=_person.tags(customer, "tags") or None,
        orders_count=customer.amount("orders_count"),
        total_spent=customer.amount("total_spent"),
        customer_since=_person.day(customer.text("created_at", 40)),
    )


def person_of(body: Object, **tokens: str | None) -> tuple[list[Named], list[Contact], dict[str, Any]]:
    """Return who a checkout or order is of, their contact, and `traits` and `reach` for its event."""
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
