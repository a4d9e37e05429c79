"""Folding one profile into another: what each knew of the customer becomes what both know.

The newest word wins for traits, reach and entries; the stricter one for consents; what is counted adds up. Passages and
messages keep their ids, which hold the id of the profile they began in, so nothing is sent twice. What the two did side
by side is settled as if it had been one customer all along: of two passages for one subject one stays, and a goal or
exit that one of them saw ends the passage of the other.
"""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos.app.decide import (
    browsing,
    categories,
    endings,
    facts,
    habits,
    leaving,
    lifecycle,
    memberships,
    recurrences,
    scores,
    timelines,
    timeliness,
)
from kairos.app.decide.entries import FORMER_MAX, EntryChange
from kairos.app.decide.turn import Turn
from kairos.domain import budget
from kairos.domain.consent import stricter
from kairos.domain.event import Event
from kairos.domain.ids import subject_key
from kairos.domain.journey import Journey
from kairos.domain.profile import Counter, Enrollment, Entry, EntryKey, Profile
from kairos.domain.reason import Reason

FORMERS_MAX = 100
"""Former ids kept: beyond, the ids of the earliest merges go, and with them contacts that were only kept there."""


def fold(turn: Turn, event: Event, loser: Profile) -> None:
    """Fold the loser's state into the profile of this turn. The caller sees to zone and consents afterwards."""
    before = turn.profile.copy()
    _fold_facts(turn, loser)
    _fold_counts(turn, loser)
    _fold_passages(turn, loser)
    changes = _fold_entries(turn, loser)
    for change in changes:
        timelines.follow_entry(turn, event, change)
    _settle_side_by_side(turn, before, loser)
    _list_former(turn.profile, loser)
    memberships.fold(turn, loser)
    turn.reasons.append(Reason(turn.now, turn.profile.id, "merged", f"merged with {loser.id}"))


def _list_former(profile: Profile, loser: Profile) -> None:
    """The id it was born with stays first: new passages, splits and holdouts go by it."""
    born, *others = profile.former or (profile.id,)
    listed = dict.fromkeys((*others, *loser.former, loser.id))
    listed.pop(born, None)
    profile.former = (born, *list(listed)[-(FORMERS_MAX - 1) :])


# ---- facts -----------------------------------------------------------------------------------------------------


def _fold_facts(turn: Turn, loser: Profile) -> None:
    profile = turn.profile
    profile.created_at = min(profile.created_at, loser.created_at)
    for name, at in loser.trait_times.items():
        facts.set_traits(turn, {name: loser.traits.get(name)}, at)
    for channel, at in loser.reach_times.items():
        facts.set_reach(turn, {channel: loser.reach.get(channel, False)}, at)
    for key, theirs in loser.consents.items():
        ours = profile.consents.get(key)
        profile.consents[key] = theirs if ours is None else stricter(ours, theirs)
    profile.seen = profile.seen.joined(loser.seen)
    profile.log = tuple(sorted((*profile.log, *loser.log), key=lambda reason: reason.at))


def _fold_counts(turn: Turn, loser: Profile) -> None:
    profile = turn.profile
    keep = {counted["key"]: counted["keep"] for group in _counters(turn) for counted in group}
    for key, theirs in loser.counters.items():
        ours = profile.counters.get(key)
        profile.counters[key] = theirs if ours is None else _both(ours, theirs, keep.get(key, 0))
    for mine, added in ((profile.entered, loser.entered), (profile.endings, loser.endings)):
        for journey, subjects in added.items():
            known = mine.setdefault(journey, {})
            known.update({key: max(at, known.get(key, at)) for key, at in subjects.items()})
    rows = {row[2]: row for row in (*loser.sent, *profile.sent)}
    profile.sent = _by_time(rows.values())
    rows = {row[2]: row for row in (*loser.sent_transactional, *profile.sent_transactional)}
    profile.sent_transactional = _by_time(rows.values())
    profile.posted = {**loser.posted, **profile.posted}
    profile.moments = {**loser.moments, **profile.moments}
    profile.predicted = {**loser.predicted, **profile.predicted}
    profile.bought_month = max(profile.bought_month, loser.bought_month)
    habits.fold(turn, loser)
    lifecycle.follow(turn)
    categories.fold(turn, loser)
    recurrences.fold(turn, loser)
    scores.fold(turn, loser)
    browsing.fold(turn, loser)
    timeliness.fold(profile, loser)


def _by_time(rows: Iterable[tuple[str, datetime, str]]) -> tuple[tuple[str, datetime, str], ...]:
    return tuple(sorted(rows, key=lambda row: (row[1], row[2])))


def _counters(turn: Turn) -> Iterator[list[Mapping[str, Any]]]:
    yield from turn.release.bundle["index"]["counters"].values()


def _both(one: Counter, other: Counter, keep: int) -> Counter:
    """Add two counters up. A time that stands in both is one event that reached both profiles."""
    times = sorted((Multiset(one.times) | Multiset(other.times)).elements())
    most = max(keep, len(one.times), len(other.times))
    return Counter(min(one.since, other.since), tuple(times[-most:]) if most else ())


# ---- passages and entries --------------------------------------------------------------------------------------


def _fold_passages(turn: Turn, loser: Profile) -> None:
    """Take over passages with their messages; those that find no room end here, with that reason."""
    profile = turn.profile
    profile.messages.update({id: message for id, message in loser.messages.items() if id not in profile.messages})
    profile.handed = {**loser.handed, **profile.handed}
    for enrollment in sorted(loser.enrollments.values(), key=lambda passage: (passage.entered_at, passage.id)):
        fits = not enrollment.active or budget.fits_one_more(profile)
        turn.keep(enrollment)
        if not fits:
            leaving.leave(turn, enrollment, "no room for another enrollment")


def _fold_entries(turn: Turn, loser: Profile) -> list[EntryChange]:
    """Take over entries; return those of which both profiles had heard."""
    changes: list[EntryChange] = []
    for entry in sorted(loser.entries.values(), key=lambda entry: (not entry.cancelled, entry.key)):
        known = _counterpart(turn.profile, entry)
        if known is not None:
            changes.append(_join(turn, known, entry))
        elif budget.fits_one_more_entry(turn.profile):
            turn.profile.entries[entry.key] = entry
        else:
            _refuse(turn, entry)
    return changes


def _counterpart(profile: Profile, entry: Entry) -> Entry | None:
    """Return the same entry as the profile knows it, perhaps under an id from before or after a reschedule."""
    ids = {entry.id, *entry.former}
    alike = (e for e in profile.entries.values() if e.kind == entry.kind and not ids.isdisjoint((e.id, *e.former)))
    return profile.entries.get(entry.key) or next(alike, None)


def _join(turn: Turn, ours: Entry, theirs: Entry) -> EntryChange:
    older, newer = sorted((ours, theirs), key=_newness)
    former = dict.fromkeys((*older.former, older.id, *newer.former))
    former.pop(newer.id, None)
    untils = [entry.until for entry in (older, newer) if entry.until is not None]
    joined = replace(newer, former=tuple(former)[-FORMER_MAX:], until=max(untils, default=None))
    del turn.profile.entries[ours.key]
    turn.profile.entries[joined.key] = joined
    keys: set[EntryKey | None] = {ours.key, theirs.key}
    for enrollment in list(turn.profile.enrollments.values()):
        if enrollment.entry in keys:
            turn.keep(replace(enrollment, entry=joined.key, subject=joined.id))
    return EntryChange("cancelled" if joined.cancelled else "moved", joined)


def _newness(entry: Entry) -> tuple[datetime, bool, str, str]:
    return (entry.occurred_at, entry.cancelled, str(entry.starts_at or ""), entry.id)


def _refuse(turn: Turn, entry: Entry) -> None:
    said = f"no room for the {entry.kind} {entry.id}"
    turn.reasons.append(Reason(turn.now, turn.profile.id, "ignored", said))
    for enrollment in list(turn.profile.enrollments.values()):
        if enrollment.entry == entry.key and enrollment.active:
            leaving.leave(turn, enrollment, said)


# ---- what both did side by side --------------------------------------------------------------------------------


def _settle_side_by_side(turn: Turn, winner: Profile, loser: Profile) -> None:
    """Look at every passage with the eyes of the other profile. `winner` is as it was before."""
    for own, other in ((loser, winner), (winner, loser)):
        for id in own.enrollments:
            if id in turn.profile.enrollments:
                _hear_of(turn, turn.profile.enrollments[id], other)
    aside: set[str] = set()
    for id in loser.enrollments:
        passage = turn.profile.enrollments[id]
        if passage.active and passage.entry is None:
            aside |= _unite(turn, passage, winner)
    for own, other in ((loser, winner), (winner, loser)):
        for id in own.enrollments:
            passage = turn.profile.enrollments[id]
            if passage.active and passage.entry is None and _entered_before(turn, passage, other, aside):
                leaving.leave(turn, passage, "entered before")


def _hear_of(turn: Turn, passage: Enrollment, other: Profile) -> None:
    """Let a passage hear of the goal or exit that the other profile saw."""
    journey = turn.journey_of(passage)
    goals = endings.of(other, passage, journey, goal=True)
    if journey is not None and journey.goal is not None and not passage.converted and passage.goal_until is not None:
        reached = [at for at in goals if passage.entered_at <= at <= passage.goal_until]
        if reached and not any(twin.converted for twin in _twins(other, passage)):
            leaving.convert(turn, passage, min(reached))
            return
    if not passage.active:
        return
    exits = endings.of(other, passage, journey, goal=False)
    if any(at >= passage.entered_at for at in exits):
        leaving.leave(turn, passage, "an exit came first")
        turn.keep(replace(turn.profile.enrollments[passage.id], closed=True))
    elif any(at >= passage.entered_at for at in goals):
        leaving.leave(turn, passage, "goal or exit came first")


def _unite(turn: Turn, passage: Enrollment, winner: Profile) -> set[str]:
    """Of two passages for one subject the one that is further stays; of equals the elder, or the one started afresh.

    Return the ids of those that went.
    """
    journey = turn.journey_of(passage)
    gone: set[str] = set()
    for twin in _twins(winner, passage):
        ours = turn.profile.enrollments[twin.id]
        if ours.active and turn.profile.enrollments[passage.id].active:
            goes, _ = sorted((ours, passage), key=lambda one: _claim(one, journey))
            leaving.leave(turn, goes, "merged with another passage for the same")
            gone.add(goes.id)
    return gone


def _claim(passage: Enrollment, journey: Journey | None) -> tuple[int, float, str]:
    elder = -passage.entered_at.timestamp()
    return (sum(passage.visits.values()), -elder if journey and journey.restart else elder, passage.id)


def _entered_before(turn: Turn, passage: Enrollment, other: Profile, aside: set[str]) -> bool:
    """Return whether the other profile has been through the journey for this subject, and that once is enough."""
    journey = turn.journey_of(passage)
    last = other.entered.get(passage.journey, {}).get(subject_key(passage.occurrence or passage.subject))
    twins = [turn.profile.enrollments[twin.id] for twin in _twins(other, passage)]
    if journey is None or last is None or any(twin.active or twin.holdout or twin.id in aside for twin in twins):
        return False
    if journey.reenter.mode == "after" and passage.occurrence is None:
        return abs(passage.entered_at - last) < journey.reenter.after
    return journey.reenter.mode != "always" or passage.occurrence is not None


def _twins(other: Profile, passage: Enrollment) -> list[Enrollment]:
    """Return the passages of the other profile through the same journey for the same subject."""
    alike = (passage.journey, passage.subject)
    return [one for one in other.enrollments.values() if (one.journey, one.subject) == alike and one.id != passage.id]
