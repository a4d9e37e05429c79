"""A coupon that is redeemed: an order names its code, or the shop says so, and the customer's coupon is known by it.

The coupon is an entry of theirs; redeemed, it is cancelled, so what was planned around it dies, and `coupon_redeemed`
tells goals, exits and triggers. A code that was never given to this customer says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kairos.app.decide.turn import Turn
from kairos.domain.event import EntryFact, Event
from kairos.domain.ids import digest
from kairos.domain.offer import COUPON, REDEEMED
from kairos.domain.profile import Entry

ORDERS = frozenset({"order_created", "order_completed"})
CODES_MAX = 20
_FIELDS = ("discount_codes", "coupon_codes", "coupon", "coupon_code", "code")
"""Where an order, or `coupon_redeemed` itself, may name codes: a text or a list. Shops read them in any case."""


def redeemed(turn: Turn, event: Event) -> Iterator[Event]:
    """Yield what follows from an event that redeems coupons of this customer."""
    if event.name not in ORDERS and event.name != REDEEMED:
        return
    named = set(_codes(event))
    live = [entry for (kind, _), entry in turn.profile.entries.items() if kind == COUPON and not entry.cancelled]
    for entry in live:
        if entry.id.casefold() in named:
            yield from _told(event, entry)


def _told(event: Event, entry: Entry) -> Iterator[Event]:
    offer = entry.properties.get("offer")
    yield _following(event, entry, "entry_cancelled", {"offer": offer}, EntryFact(COUPON, entry.id))
    if event.name != REDEEMED:
        yield _following(event, entry, REDEEMED, {"offer": offer, "coupon": entry.id}, None)


def _following(event: Event, entry: Entry, name: str, properties: dict[str, Any], fact: EntryFact | None) -> Event:
    return Event(
        id=digest(COUPON, event.id, entry.id, name),
        name=name,
        profile=event.profile,
        occurred_at=max(event.occurred_at, entry.occurred_at),
        received_at=event.received_at,
        properties=properties,
        source=COUPON,
        connection=event.connection,
        correlation=event.correlation,
        historical=event.historical,
        retry_horizon=event.retry_horizon,
        entry=fact,
    )


def _codes(event: Event) -> Iterator[str]:
    for field in _FIELDS if event.name == REDEEMED else _FIELDS[:-1]:
        said = event.properties.get(field)
        for code in (said if isinstance(said, list | tuple) else [said])[:CODES_MAX]:
            if isinstance(code, str) and code.strip():
                yield code.strip().casefold()
