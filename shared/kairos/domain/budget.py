"""How much of everything one item may hold, and what goes when it is full: in one place.

DynamoDB stores 400 kB an item and bills a write by the kilobyte, so the parts are bounded far below that. Consents,
tombstones and timers (live entries, active enrollments, unsettled messages) are never evicted: where they would not
fit, the new enrollment or entry is refused with that reason. Everything else goes oldest first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from kairos.domain.event import Value
from kairos.domain.instant import to_micros
from kairos.domain.membership import TRACKED_MAX
from kairos.domain.profile import MINUTE, Profile

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `most` parts of about `bytes_each`; `evicts` says which go first, or that none may."""

    most: int
    bytes_each: int
    evicts: str


BUDGETS: Mapping[str, Budget] = {
    "traits": Budget(100, 120, "the longest untouched"),
    "consents": Budget(50, 130, "none: a new channel and purpose beyond it is refused"),
    "entries": Budget(200, 400, "over ones, oldest first; live ones and tombstones never"),
    "enrollments": Budget(150, 600, "ended ones, oldest first; active ones never"),
    "messages": Budget(150, 350, "none"),
    "handed": Budget(20, 350, "what is over, then the soonest to be over"),
    "counters": Budget(100, 200, "those that no live condition reads, then the longest unused"),
    "moments": Budget(150, 40, "none: one more is refused"),
    "entered": Budget(400, 30, "oldest first"),
    "endings": Budget(200, 30, "oldest first"),
    "sent": Budget(200, 45, "what no cap counts any more, then oldest first"),
    "sent_transactional": Budget(200, 45, "what no cap counts any more, then oldest first"),
    "seen": Budget(500, 11, "expired, then the soonest to expire"),
    "parcels": Budget(100, 1_000, "none: one more event for the profile it became is refused"),
    "sequences": Budget(4, 120, "the smallest names: queues that are gone"),
    "posted": Budget(60, 40, "what is older than 30 days, then oldest first"),
    "written": Budget(4, 1_500, "that of a queue that is gone; a write's own reasons never before the next write"),
    "segments": Budget(TRACKED_MAX, 10, "none: a release that tracks more is refused"),
    "windows": Budget(TRACKED_MAX, 26, "none: one for each tracked segment at most"),
    "rhythm": Budget(1, 260, "none: eight days and thirteen numbers, whatever was bought"),
    "categories": Budget(8, 300, "those that no live journey asks for, then the longest not bought"),
    "recurring": Budget(6, 170, "those that no live journey asks for, then the longest unheard of; forty days each"),
    "hours": Budget(13, 600, "the rows of the fewest counts; 168 hours each, and a count an hour"),
    "predicted": Budget(50, 70, "those that were made first"),
    "course": Budget(1, 40, "none: a stage and two days"),
    "pulse": Budget(1, 30, "none: two days and a month"),
    "scores": Budget(10, 100, "none: as many segments may learn at most"),
    "products": Budget(16, 90, "all but the last eight that were viewed, and the last order's"),
    "log": Budget(40, 180, "oldest first"),
}
PROPERTIES_BYTES_MAX = 4_000
TRAIT_BYTES_MAX = 1_000
ASKED_MAX = 200
CAPS_LOOK_BACK = timedelta(days=366)
POSTED_FOR = timedelta(days=30)
"""How long after it was asked for a message's opens and clicks are counted."""


def trimmed(properties: Mapping[str, Value], most: int = PROPERTIES_BYTES_MAX) -> dict[str, Value]:
    """Return the properties that an enrollment or entry keeps: all, or all but the largest, which is said."""
    total = _size(properties)
    if total <= most:
        return dict(properties)
    sizes = {name: _size(name) + _size(value) + 4 for name, value in properties.items()}
    kept = dict(properties)
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        del kept[name]
        total -= sizes[name]
        if total <= most - 20:
            break
    return {**kept, "truncated": True}


def properties_room(profile: Profile) -> int:
    """Return how many bytes of properties another enrollment or entry may keep beside those that are kept."""
    kept = sum(_size(enrollment.properties) for enrollment in profile.enrollments.values())
    kept += sum(_size(entry.properties) for entry in profile.entries.values())
    budget = sum(BUDGETS[part].most * BUDGETS[part].bytes_each for part in ("enrollments", "entries"))
    return max(0, min(PROPERTIES_BYTES_MAX, budget - kept))


def fits_trait(name: str, value: Value) -> bool:
    """Return whether a trait is small enough to be kept."""
    return _size(name) + _size(value) <= TRAIT_BYTES_MAX


def fits_one_more(profile: Profile) -> bool:
    """Return whether another enrollment fits beside what may not be evicted: active ones, those of live entries."""
    kept = sum(1 for enrollment in profile.enrollments.values() if enrollment.active or enrollment.entry is not None)
    return kept < BUDGETS["enrollments"].most and len(profile.messages) < BUDGETS["messages"].most


def fits_one_more_moment(profile: Profile) -> bool:
    """Return whether one more day that is waited for fits beside the others."""
    return len(profile.moments) < BUDGETS["moments"].most


def fits_one_more_entry(profile: Profile) -> bool:
    """Return whether another entry fits beside live ones and tombstones."""
    return len(profile.entries) < BUDGETS["entries"].most


def evict(profile: Profile, live_counters: frozenset[str], now: datetime) -> None:
    """Bring a (copied) profile back within its budgets, in place. `now` is aware UTC."""
    if profile.handed:
        _evict_handed(profile, now)
    if profile.entries:
        _evict_entries(profile, now)
    if profile.enrollments:
        _evict_enrollments(profile, now)
    _evict_counters(profile, live_counters)
    _evict_nested(profile.entered, BUDGETS["entered"].most)
    _evict_nested(profile.endings, BUDGETS["endings"].most)
    if len(profile.traits) > BUDGETS["traits"].most or len(profile.trait_times) > 2 * BUDGETS["traits"].most:
        _evict_traits(profile)
    _evict_sent(profile, now)
    _evict_seen(profile, now)
    if profile.posted:
        _evict_posted(profile, now)
    while len(profile.sequences) > BUDGETS["sequences"].most:
        gone = min(profile.sequences)
        del profile.sequences[gone]
        profile.written.pop(gone, None)
    _evict_hours(profile)
    _evict_predicted(profile)
    profile.log = profile.log[-BUDGETS["log"].most :]


def _evict_sent(profile: Profile, now: datetime) -> None:
    for name in ("sent", "sent_transactional"):
        rows: tuple[tuple[str, datetime, str], ...] = getattr(profile, name)
        if rows:
            kept = tuple(row for row in rows if row[1] > now - CAPS_LOOK_BACK)
            setattr(profile, name, kept[-BUDGETS[name].most :])


def _evict_hours(profile: Profile) -> None:
    surplus = len(profile.hours) - BUDGETS["hours"].most
    if surplus <= 0:
        return
    for name in sorted(profile.hours, key=lambda name: (profile.hours[name].total(), name))[:surplus]:
        del profile.hours[name]


def evict_categories(profile: Profile, asked: Container[str]) -> None:
    """Bring the kinds of things whose days of purchase are kept within their budget; `asked` is what is live."""
    profile.categories = _fitting("categories", profile.categories, asked, lambda rhythm: rhythm[0][-1])


def evict_recurring(profile: Profile, asked: Container[str]) -> None:
    """Do the same with the days of what repeats."""
    profile.recurring = _fitting("recurring", profile.recurring, asked, lambda days: days[0])


def _fitting(part: str, kept: dict[str, T], asked: Container[str], last_day: Callable[[T], int]) -> dict[str, T]:
    surplus = len(kept) - BUDGETS[part].most
    if surplus <= 0:
        return kept
    ranked = sorted(kept, key=lambda name: (name in asked, last_day(kept[name]), name))
    return {name: kept[name] for name in ranked[surplus:]}


def _evict_predicted(profile: Profile) -> None:
    surplus = len(profile.predicted) - BUDGETS["predicted"].most
    for id in sorted(profile.predicted, key=lambda id: (profile.predicted[id].made_on, id))[: max(0, surplus)]:
        del profile.predicted[id]


def _evict_entries(profile: Profile, now: datetime) -> None:
    """An entry goes once its tombstone's time is over and no active passage stands around it."""
    needed = {e.entry for e in profile.enrollments.values() if e.active and any(_open(p) for p in e.plan.values())}
    for key, entry in list(profile.entries.items()):
        if entry.until is not None and entry.until <= now and key not in needed:
            del profile.entries[key]


def _evict_enrollments(profile: Profile, now: datetime) -> None:
    """An ended passage stays while a message is unsettled, its goal or a success can be reached, or its entry lives."""
    unsettled = {message.enrollment for message in (*profile.messages.values(), *profile.handed.values())}
    for id, enrollment in list(profile.enrollments.items()):
        anchored = enrollment.entry is not None
        over = enrollment.entry not in profile.entries if anchored else not enrollment.active
        waits = not enrollment.converted and enrollment.goal_until is not None and enrollment.goal_until >= now
        tried = any(not trial.succeeded and trial.until >= now for trial in enrollment.trials.values())
        if over and not waits and not tried and id not in unsettled:
            del profile.enrollments[id]
    ended = [e for e in profile.enrollments.values() if not e.active and e.id not in unsettled and e.entry is None]
    surplus = len(profile.enrollments) - BUDGETS["enrollments"].most
    for enrollment in sorted(ended, key=lambda e: e.entered_at)[: max(0, surplus)]:
        del profile.enrollments[enrollment.id]


def _evict_handed(profile: Profile, now: datetime) -> None:
    handed = {id: message for id, message in profile.handed.items() if message.expires_at > now}
    surplus = len(handed) - BUDGETS["handed"].most
    for id in sorted(handed, key=lambda id: (handed[id].expires_at, id))[: max(0, surplus)]:
        del handed[id]
    profile.handed = handed


def _evict_counters(profile: Profile, live: frozenset[str]) -> None:
    surplus = len(profile.counters) - BUDGETS["counters"].most
    if surplus <= 0:
        return
    ranked = sorted(profile.counters, key=lambda key: (key in live, profile.counters[key].times[-1:], key))
    for key in ranked[:surplus]:
        del profile.counters[key]


def _evict_nested(parts: dict[str, dict[str, datetime]], most: int) -> None:
    surplus = sum(map(len, parts.values())) - most
    if surplus <= 0:
        return
    ranked = sorted((at, outer, inner) for outer, inners in parts.items() for inner, at in inners.items())
    for _, outer, inner in ranked[:surplus]:
        del parts[outer][inner]
        if not parts[outer]:
            del parts[outer]


def _evict_traits(profile: Profile) -> None:
    """The zone stays: without it quiet hours would be guessed."""
    names = [name for name in profile.trait_times if name != "timezone"]
    ranked = sorted(names, key=lambda name: (profile.trait_times[name], name))
    for name in ranked[: max(0, len(ranked) - BUDGETS["traits"].most)]:
        profile.traits.pop(name, None)
        del profile.trait_times[name]


def _evict_seen(profile: Profile, now: datetime) -> None:
    profile.seen = profile.seen.kept(to_micros(now) // MINUTE, BUDGETS["seen"].most)


def _evict_posted(profile: Profile, now: datetime) -> None:
    posted = {id: posted for id, posted in profile.posted.items() if posted.at > now - POSTED_FOR}
    surplus = len(posted) - BUDGETS["posted"].most
    for id in sorted(posted, key=lambda id: (posted[id].at, id))[: max(0, surplus)]:
        del posted[id]
    profile.posted = posted


def _open(planned: Any) -> bool:
    return planned.state in ("planned", "holding")


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
