"""Shopify's customer: traits, addresses, and the two consents with the time at which each was last said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.domain.event import ConsentFact, Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._shape import Object, present

LISTED: Mapping[str, Sequence[str]] = {
    "profile_updated": (),
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
    body.need("id")
    occurred_at = body.instant("updated_at") or body.instant("created_at") or request.received_at
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
    key = f"{body.need('id')}:{occurred_at.isoformat()}"
    out = [Parsed(profile, key, who, _person.profile_contact(fields))]
    for channel, field in _CONSENTS.items():
        if consent := _read_consent(channel, body.object(field), occurred_at, request):
            stamp = consent.occurred_at.isoformat()
            out.append(
                Parsed(
                    consent,
                    f"=consent:{channel}:{body.need('id')}:{consent.name}:{stamp}",
                    who,
                )
            )
    return out


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


def _read_consent(channel: str, given: Object, otherwise: datetime, request: Request) -> Event | None:
    name = _STATES.get((given.text("state", 32) or "").lower())
    if name is None:
        return None
    return Event(
        "",
        name,
        "",
        given.instant("consent_updated_at") or otherwise,
        request.received_at,
        properties=present(opt_in_level=given.text("opt_in_level", 32)),
        consent=ConsentFact(channel, "marketing"),
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
