"""An erased profile: an item that says so and nothing else, so that what is still under way brings nobody back.

It takes every event and keeps none, has no timer, and answers only those who would otherwise tell it for ever: profiles
that are on their way into it. The mark stays until somebody says that the rest (identities, contacts, the ledger) is
gone as well, and thirty days longer; a queue keeps a message for fourteen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kairos.domain import erasure, merge
from kairos.domain.effects import Effect, Tell
from kairos.domain.event import Event, Input
from kairos.domain.ids import digest
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class Erased:
    """What came of it: the mark to be kept, whom to tell, why, and when the mark may go (None: not yet)."""

    profile: Profile
    effects: Sequence[Effect]
    reasons: Sequence[Reason]
    ttl: datetime | None


def concerns(profile: Profile | None, inputs: Iterable[Input]) -> bool:
    """Return whether the profile was erased, or is to be."""
    return (profile is not None and profile.erased_at is not None) or any(_asks(entry) for entry in inputs)


def is_word(entry: Input) -> bool:
    """Return whether an input is about an erasure; to a profile that was not erased only the request means anything."""
    return isinstance(entry, Event) and entry.source == erasure.SOURCE


def erase(profile: Profile | None, inputs: Sequence[Input], now: datetime) -> Erased | None:
    """Return the mark that is left of a profile (None: of one that is not there), or None where nothing changes."""
    events = [entry for entry in inputs if isinstance(entry, Event)]
    before = profile or Profile(id=next(event.profile for event in events if _asks(event)), created_at=now)
    done = before.erased_everywhere or any(is_word(event) and event.name == erasure.DONE for event in events)
    mark = Profile(
        id=before.id,
        created_at=before.created_at,
        version=before.version,
        former=before.former,
        sequences=before.sequences,
        erased_at=before.erased_at or now,
        erased_everywhere=done,
    )
    effects: list[Effect] = list(_confirmations(before.id, events, now))
    reasons: list[Reason] = []
    if before.erased_at is None:
        others = [id for id in (*before.former, before.merged_into) if id is not None and id != before.id]
        effects += [Tell(id, (erasure.erase_request(id, now),)) for id in dict.fromkeys(others)]
        reasons.append(Reason(now, before.id, "erased", "whatever was known is gone"))
    elif not effects and done == before.erased_everywhere:
        return None
    return Erased(mark, effects, reasons, now + erasure.MARK_KEPT if done else None)


def _asks(entry: Input) -> bool:
    return isinstance(entry, Event) and entry.source == erasure.SOURCE and entry.name == erasure.ERASED


def _confirmations(id: str, events: Iterable[Event], now: datetime) -> Iterable[Tell]:
    """Let those go who tell this profile what they were: else they would tell it for ever."""
    arrived: dict[str, list[str]] = {}
    for event in events:
        sender, parcel = event.properties.get("from"), event.properties.get("parcel")
        told = event.source == merge.SOURCE and event.name in (merge.MERGED, merge.FORWARDED)
        if told and isinstance(sender, str) and isinstance(parcel, str) and sender != id:
            arrived.setdefault(sender, []).append(parcel)
    for sender, parcels in arrived.items():
        word = merge.told(
            digest(merge.DONE, id, *parcels, now.isoformat()), merge.DONE, sender, now, {"by": id, "parcels": parcels}
        )
        yield Tell(sender, (word,))
