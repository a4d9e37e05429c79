"""Cafe24's members: who registered and what they agreed to, sign-ins, grades, points, dormancy and leaving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos.domain.event import ConsentFact, Event
from kairos.registry import Parsed, Request
from kairos.sources import _person
from kairos.sources._cafe24_values import ids, instant, is_true
from kairos.sources._shape import Object, present

LISTED: Mapping[str, Sequence[str]] = {
    "profile_updated": (),
    "consent_given": (),
    "consent_withdrawn": (),
    "customer_signed_in": ("shop_no", "origin"),
    "customer_became_dormant": ("shop_no",),
    "customer_reactivated": ("shop_no",),
    "customer_redacted": ("shop_no",),
    "points_changed": ("shop_no", "points", "balance"),
    "product_added": ("shop_no", "product_id", "variant_id", "quantity"),
}

_FLAGS = {"email": "news_mail", "sms": "sms"}


def read_registered(member: Object, request: Request) -> list[Parsed]:
    """Return a new member: the profile, and a consent for each box that was ticked. An empty box was never ticked, so
    it takes nothing back."""
    id = member.need("member_id")
    occurred_at = instant(member, "created_date") or request.received_at
    fields = present(
        email=member.text("email", 320),
        phone=member.text("cellphone", 64) or member.text("phone", 64),
        name=member.text("name", _person.NAME_CHARS_MAX),
    )
    traits = present(
        birthday=_person.day(member.text("birthday", 40)),
        customer_since=_person.day(member.text("created_date", 40)),
    )
    who = _person.names(True, customer=id, email=fields.get("email"), phone=fields.get("phone"))
    profile = Event(
        "", "profile_updated", "", occurred_at, request.received_at, traits=traits, reach=_person.reach(fields)
    )
    consents = [
        Parsed(
            Event(
                "",
                "consent_given",
                "",
                occurred_at,
                request.received_at,
                consent=ConsentFact(channel, "marketing"),
            ),
            f"{id}:consent:{channel}",
            who,
        )
        for channel, flag in _FLAGS.items()
        if is_true(member, flag)
    ]
    return [Parsed(profile, f"{id}:profile", who, _person.profile_contact(fields)), *consents]


def read_again(member: Object, request: Request) -> list[Parsed]:
    """Return a member as the Admin API shows them: also what they took back since they registered."""
    registered = read_registered(member, request)
    id, now = member.need("member_id"), request.received_at
    who = registered[0].who
    withdrawn = [
        Parsed(
            Event("", "consent_withdrawn", "", now, now, consent=ConsentFact(channel, "marketing")),
            f"{id}:withdrawn:{channel}",
            who,
        )
        for channel, flag in _FLAGS.items()
        if is_true(member, flag) is False
    ]
    # A box that is still ticked says nothing new: dated now, it would lift what they withdrew elsewhere meanwhile.
    profile, *given = registered
    return [replace(profile, event=replace(profile.event, occurred_at=now)), *given, *withdrawn]


def read_each(name: str) -> Callable[[Object, Request], list[Parsed]]:
    """Return the reader of an event that is only said of members, one or many."""

    def read(resource: Object, request: Request) -> list[Parsed]:
        said = present(shop_no=_shop(resource), origin=_origin(resource)) if name != "profile_updated" else {}
        listed = {key: value for key, value in said.items() if key in LISTED[name]}
        traits: dict[str, Any] | None = {} if name == "profile_updated" else None
        return [
            _member(name, id, request, request.received_at, listed, traits=traits) for id in ids(resource, "member_id")
        ]

    return read


def read_grade(resource: Object, request: Request) -> list[Parsed]:
    """Return the grade that members have now, as the trait `tier`."""
    tier = resource.text("after_member_group_name", 64)
    traits = present(tier=tier if tier and _person.is_impersonal(tier) else None)
    return [
        _member("profile_updated", id, request, request.received_at, {}, traits=traits)
        for id in ids(resource, "member_id")
    ]


def read_points(resource: Object, request: Request) -> list[Parsed]:
    """Return that a member's points changed: by how many, and how many there are."""
    said = present(
        shop_no=_shop(resource),
        points=resource.amount("mileage_money"),
        balance=resource.amount("avail_mileage"),
    )
    at = instant(resource, "issue_datetime") or request.received_at
    return [_member("points_changed", id, request, at, said) for id in ids(resource, "member_id")]


def read_cart(resource: Object, request: Request) -> list[Parsed]:
    """Return that a member put something into the cart; what else is in it, nobody says."""
    said = present(
        shop_no=_shop(resource),
        product_id=resource.ident("product_no"),
        variant_id=resource.ident("variant_code"),
        quantity=resource.amount("quantity"),
    )
    if not resource.ident("member_id"):
        return []
    at = request.received_at
    return [_member("product_added", id, request, at, said) for id in ids(resource, "member_id")]


def _member(
    name: str,
    id: str,
    request: Request,
    at: datetime,
    said: Mapping[str, Any],
    *,
    traits: Mapping[str, Any] | None = None,
) -> Parsed:
    event = Event("", name, "", at, request.received_at, said, traits=traits)
    return Parsed(event, f"{id}:{name}", _person.names(True, customer=id))


def _shop(resource: Object) -> str | None:
    return resource.ident("event_shop_no") or resource.ident("shop_no")


def _origin(resource: Object) -> str | None:
    return resource.text("inflow_name", 64)
