"""A coupon that is redeemed: an order names its code, or the shop says so, and the customer's coupon is known by it.

The coupon is an entry of theirs; redeemed, it is cancelled, so what was planned around it dies, and `coupon_redeemed`
tells goals, exits and triggers. A code that was never given to this customer says nothing.

The order may be heard before the news that its coupon was given: that waits for the provider's answer, and the customer
does not. Where the brand has offers, a code that nobody knows yet is kept as a tombstone of its own for as long as such
news may take, and the coupon it names is redeemed as it comes. What is kept of either is the same in every order. An
order from well before the coupon was given is another use of a code that many have (an offer's fallback).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from kairos.app.decide.turn import Turn
from kairos.domain.budget import fits_one_more_entry
from kairos.domain.event import EntryFact, Event
from kairos.domain.ids import digest
from kairos.domain.offer import CODE_CHARACTERS_MAX, COUPON, REDEEMED
from kairos.domain.profile import Entry

ORDERS = frozenset({"order_created", "order_completed"})
CODES_MAX = 20
_FIELDS = ("discount_codes", "coupon_codes", "coupon", "coupon_code", "code")
"""Where an order, or `coupon_redeemed` itself, may name codes: a text or a list. Shops read them in any case."""

NAMED = "coupon_named"
"""The kind of tombstone that remembers a code of which nothing is known yet, under the code in lower case."""
NAMED_MAX = 10
NEWS_WITHIN = timedelta(days=14)
"""As long as anything may lie in a queue."""
CLOCKS_APART = timedelta(hours=1)
"""How much earlier than the coupon an order may say that it was made: the shop's clock is not ours."""


def redeemed(turn: Turn, event: Event) -> Iterator[Event]:
    """Yield what follows from an event by which coupons of this customer turn out to be redeemed."""
    if (event.name in ORDERS or event.name == REDEEMED) and event.source != COUPON:
        _remember(turn, event)
    remembered = [entry for (kind, _), entry in turn.profile.entries.items() if kind == NAMED]
    if not remembered:
        return
    live = [entry for (kind, _), entry in turn.profile.entries.items() if kind == COUPON and not entry.cancelled]
    for named in remembered:
        for coupon in live:
            if coupon.id.casefold() == named.id and named.occurred_at >= coupon.occurred_at - CLOCKS_APART:
                del turn.profile.entries[named.key]
                yield from _told(event, named, coupon)
                break
        else:
            if not _may_come(turn, named):
                del turn.profile.entries[named.key]


def _remember(turn: Turn, event: Event) -> None:
    """Keep the codes that an event names, the newest of too many."""
    entries = turn.profile.entries
    used = {id.casefold() for (kind, id), entry in entries.items() if kind == COUPON and entry.cancelled}
    for code in dict.fromkeys(_codes(event)):
        known = entries.get((NAMED, code))
        if code in used or (known is None and not fits_one_more_entry(turn.profile)):
            continue
        entries[NAMED, code] = _named(code, event, known)
    kept = sorted((entry for (kind, _), entry in entries.items() if kind == NAMED), key=lambda entry: entry.occurred_at)
    for surplus in kept[:-NAMED_MAX]:
        del entries[surplus.key]


def _named(code: str, event: Event, known: Entry | None) -> Entry:
    """Return what is remembered of a code, the same in whatever order its events come: the latest use, and whether the
    shop told of it itself."""
    told = event.name == REDEEMED or (known is not None and bool(known.properties.get("told")))
    at, until = event.occurred_at, event.received_at + max(event.retry_horizon, NEWS_WITHIN)
    if known is not None:
        at, until = max(at, known.occurred_at), max(until, known.until or until)
    return Entry(NAMED, code, None, None, {"told": True} if told else {}, at, cancelled=True, until=until)


def _may_come(turn: Turn, named: Entry) -> bool:
    """Return whether a coupon of this code may still become known."""
    over = named.until is not None and named.until <= turn.now
    return bool(turn.release.brand.get("offers")) and not over


def _told(event: Event, named: Entry, coupon: Entry) -> Iterator[Event]:
    offer = coupon.properties.get("offer")
    fact = EntryFact(COUPON, coupon.id)
    yield _following(event, named, coupon, "entry_cancelled", {"offer": offer}, fact)
    if not named.properties.get("told"):
        yield _following(event, named, coupon, REDEEMED, {"offer": offer, "coupon": coupon.id}, None)


def _following(
    event: Event, named: Entry, coupon: Entry, name: str, properties: dict[str, Any], fact: EntryFact | None
) -> Event:
    return Event(
        id=digest(COUPON, event.id, coupon.id, name),
        name=name,
        profile=event.profile,
        occurred_at=max(named.occurred_at, coupon.occurred_at),
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
            if isinstance(code, str) and 0 < len(code.strip()) <= CODE_CHARACTERS_MAX:
                yield code.strip().casefold()
