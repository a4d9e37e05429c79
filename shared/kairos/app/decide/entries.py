"""Entries: the newest word of the source wins, in any order of arrival, and a cancellation is its own tombstone.

A reschedule under a new id (Cal.com changes the uid; Calendly cancels and creates) is a move: the entry keeps the chain
of ids it had, and words about a former id no longer matter. Where the link between two ids is told last, the entry left
behind joins the one that is known already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from kairos.app.decide.turn import Turn
from kairos.domain.budget import fits_one_more_entry, properties_room, trimmed
from kairos.domain.canonical import canonical
from kairos.domain.errors import NoRoom
from kairos.domain.event import EntryFact, Event
from kairos.domain.profile import Entry, EntryKey

FORMER_MAX = 8
MOVED_WITHIN = timedelta(days=14)

Change = Literal["planned", "moved", "cancelled", "superseded", "same"]


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What became of an entry: `superseded` is a cancellation that is half of a reschedule still on its way."""

    what: Change
    entry: Entry


def take_entry(turn: Turn, event: Event) -> EntryChange | None:
    """Take an entry fact into the profile; None when it says nothing new. Raises NoRoom."""
    fact = event.entry
    if fact is None or event.name not in ("entry_updated", "entry_cancelled"):
        return None
    key = (fact.kind, fact.id)
    turn.touched.add(f"entry {fact.kind}")
    known = turn.profile.entries.get(key) or _former_of(turn, key)
    left = _predecessor(turn, fact)
    if known is not None and fact.replaces:
        known = _lengthen(turn, known, fact.replaces)
    joined = _join(turn, left, known) if left and known and left.key != known.key else None
    if known is not None and known.key != key:
        return joined
    before = turn.profile.entries.get(key) or left
    if before is None and not fits_one_more_entry(turn.profile):
        raise NoRoom("entries")
    take = _cancel if event.name == "entry_cancelled" else _update
    change = take(turn, event, fact, before)
    return joined if change is None or (joined and change.what == "same") else change


def _former_of(turn: Turn, key: EntryKey) -> Entry | None:
    """Return the entry that once had this id and was moved to another."""
    return next((e for e in turn.profile.entries.values() if e.kind == key[0] and key[1] in e.former), None)


def _predecessor(turn: Turn, fact: EntryFact) -> Entry | None:
    return turn.profile.entries.get((fact.kind, fact.replaces)) if fact.replaces else None


def _lengthen(turn: Turn, known: Entry, former: str) -> Entry:
    """Remember one more id that the entry had, whether or not anything is known of it yet."""
    if former in (known.id, *known.former):
        return known
    longer = replace(known, former=(former, *known.former)[-FORMER_MAX:])
    turn.profile.entries[longer.key] = longer
    return longer


def _join(turn: Turn, left: Entry, known: Entry) -> EntryChange:
    """A reschedule is told after what followed it: whatever stands around the entry left behind goes to the newer."""
    former = dict.fromkeys((*left.former, *known.former))
    joined = replace(known, former=tuple(former)[-FORMER_MAX:])
    turn.profile.entries[joined.key] = joined
    _rename(turn, left, joined)
    return EntryChange("cancelled" if joined.cancelled else "moved", joined)


def _rename(turn: Turn, old: Entry, new: Entry) -> None:
    """Point the passages around an entry to its new id; their own ids stay, so nothing repeats."""
    del turn.profile.entries[old.key]
    for id, enrollment in list(turn.profile.enrollments.items()):
        if enrollment.entry == old.key:
            turn.profile.enrollments[id] = replace(enrollment, entry=new.key, subject=new.id)


def _cancel(turn: Turn, event: Event, fact: EntryFact, before: Entry | None) -> EntryChange | None:
    if before is not None and event.occurred_at < before.occurred_at:
        return None
    if before is not None and before.cancelled and before.id == fact.id:
        turn.profile.entries[before.key] = replace(before, occurred_at=event.occurred_at)
        return None
    entry = _entry(turn, event, fact, before, cancelled=True)
    turn.profile.entries[entry.key] = entry
    if before is not None and before.id != fact.id:
        _rename(turn, before, entry)
    return EntryChange("cancelled" if fact.moved_to is None else "superseded", entry)


def _update(turn: Turn, event: Event, fact: EntryFact, before: Entry | None) -> EntryChange | None:
    renamed = before is not None and before.id != fact.id
    if before is not None and not renamed and _is_stale(event, fact, before):
        return None
    entry = _entry(turn, event, fact, before, cancelled=False)
    if before is not None and renamed:
        _rename(turn, before, entry)
    turn.profile.entries[entry.key] = entry
    if before is None:
        return EntryChange("planned", entry)
    moved = before.cancelled or (before.starts_at, before.ends_at) != (entry.starts_at, entry.ends_at)
    return EntryChange("moved" if moved else "same", entry)


def _is_stale(event: Event, fact: EntryFact, before: Entry) -> bool:
    """Only a later word revives a cancelled entry; between two updates of one instant the later start stands."""
    if event.occurred_at != before.occurred_at:
        return event.occurred_at < before.occurred_at
    said = _order(fact.starts_at, fact.ends_at or fact.starts_at, trimmed(fact.properties))
    return before.cancelled or said < _order(before.starts_at, before.ends_at, before.properties)


def _order(starts_at: datetime | None, ends_at: datetime | None, properties: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what compares two words of one instant, so that the order in which they arrive does not."""
    return (str(starts_at or ""), str(ends_at or ""), canonical(properties))


def _entry(turn: Turn, event: Event, fact: EntryFact, before: Entry | None, *, cancelled: bool) -> Entry:
    starts_at = fact.starts_at or (before.starts_at if before else None)
    ends_at = fact.ends_at or (before.ends_at if before and not fact.starts_at else None) or starts_at
    former = before.former if before else ()
    if fact.replaces and fact.replaces not in former and fact.replaces != fact.id:
        former = (*former, fact.replaces)
    properties = before.properties if before else {}
    if fact.properties:
        properties = trimmed(fact.properties, properties_room(turn.profile))
    return Entry(
        kind=fact.kind,
        id=fact.id,
        starts_at=starts_at,
        ends_at=ends_at,
        properties=properties,
        occurred_at=event.occurred_at,
        cancelled=cancelled,
        former=former[-FORMER_MAX:],
        until=_until(event, ends_at, before),
    )


def _until(event: Event, ends_at: datetime | None, before: Entry | None) -> datetime:
    """A tombstone lives until its entry's end plus the time for which the source may still repeat itself, or its owner
    may still move it: who did not come is often given another day afterwards."""
    ends = [at for at in (ends_at, before.ends_at if before else None, event.received_at) if at is not None]
    return max(ends) + max(event.retry_horizon, MOVED_WITHIN)
