"""An offer: coupon codes from a pool, each given to one person, for so long.

A coupon that was given is an *entry* of the customer's, of kind `coupon` under its code, from when it was given to when
it ends: journeys stand around it, conditions ask for it, and redeeming it cancels it, as a booking is cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.event import EntryFact, Event
from kairos.domain.ids import digest
from kairos.domain.localtime import to_instant

COUPON = "coupon"
"""The kind of entry that a coupon is."""
REDEEMED = "coupon_redeemed"

VALID_FOR = timedelta(days=30)
VALID_MAX = timedelta(days=730)
CODE_CHARACTERS_MAX = 64
OFFERS_MAX = 100
EACH = ("person", "passage")


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer of the brand: how long a coupon is good, and until which day at most; what is given when the pool is
    dry ("": nothing); and whether each passage through a journey has a code of its own, or each person one for all."""

    id: str
    valid_for: timedelta = VALID_FOR
    until: date | None = None
    fallback: str = ""
    each: str = "person"

    def key(self, enrollment: str) -> str:
        """Return what a person has one code for."""
        return self.id if self.each == "person" else f"{self.id}#{enrollment}"

    def ends_at(self, given_at: datetime, zone: ZoneInfo) -> datetime:
        """Return when a coupon given at an instant ends (UTC): `until` is a whole day in `zone`, the brand's."""
        ends = given_at + self.valid_for
        last = to_instant(self.until + timedelta(days=1), time(), zone) if self.until else ends
        return min(ends, last)


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code that somebody was given. It is nobody else's, unless it is the offer's fallback."""

    offer: str
    code: str
    given_at: datetime
    ends_at: datetime
    page: str = ""
    """Where the message that brings it shows it as a page of its own."""


def read_offers(document: Document) -> dict[str, Offer]:
    """Read what a brand says under `offers`. Raises BadDefinition."""
    if not document.has("offers"):
        return {}
    inner = document.inner("offers")
    if len(inner.raw) > OFFERS_MAX:
        raise BadDefinition(inner.path, f"expected at most {OFFERS_MAX} offers")
    return {id: _read(id, inner) for id in inner.raw}


def given_event(coupon: Coupon, profile: str, now: datetime, correlation: str) -> Event:
    """Return the event by which a profile comes to know that it was given a coupon: however often told, it is one."""
    return Event(
        id=digest(COUPON, coupon.offer, coupon.code, profile),
        name="entry_updated",
        profile=profile,
        occurred_at=coupon.given_at,
        received_at=now,
        properties={"offer": coupon.offer},
        source="deliver",
        correlation=correlation,
        entry=EntryFact(COUPON, coupon.code, coupon.given_at, coupon.ends_at, {"offer": coupon.offer}),
    )


def _read(id: str, offers: Document) -> Offer:
    Document({"id": id}, (*offers.path, id)).identifier("id")
    offer = offers.inner(id)
    offer.only("valid_for", "until", "fallback", "each")
    valid_for = offer.duration("valid_for", VALID_FOR)
    if not timedelta() < valid_for <= VALID_MAX:
        raise BadDefinition((*offer.path, "valid_for"), "expected more than nothing, and at most 730d")
    return Offer(
        id,
        valid_for,
        offer.read("until", _day, "a date such as 2026-12-31, in quotes") if offer.has("until") else None,
        offer.read("fallback", read_code, "a code of at most 64 printable characters") if offer.has("fallback") else "",
        offer.choice("each", EACH, "person"),
    )


def read_code(value: Any) -> str:
    """Return a coupon code. Raises ValueError for what is none."""
    code = value.strip() if isinstance(value, str) else ""
    if not 0 < len(code) <= CODE_CHARACTERS_MAX or not code.isprintable() or " " in code or "#" in code:
        raise ValueError
    return code


def _day(value: Any) -> date:
    if isinstance(value, datetime) or not isinstance(value, str | date):
        raise ValueError
    return value if isinstance(value, date) else date.fromisoformat(value)
