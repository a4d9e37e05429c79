"""The walks of days that all share: each begins some days before the first customer's first step, anywhere on earth."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from kairos.app.decide.moments import walk_begins
from kairos.app.publish.release import Release
from kairos.domain.anchor import OwnAnchor
from kairos.domain.canonical import canonical
from kairos.domain.instant import format_instant
from kairos.domain.localtime import load_zone
from kairos.domain.moment import days_after, span_of

LAST_ZONE = "Etc/GMT+12"
"""Where a day ends last, 12 hours after Greenwich."""


@dataclass(frozen=True, slots=True)
class Coming:
    """One day that all share, for the journeys that stand around it: its walk begins at `at`, all is over at `over`."""

    at: datetime
    over: datetime
    key: str
    journeys: tuple[str, ...]
    what: str
    """The day and all that is planned around it: what differs in another release needs a walk of its own."""

    def brings(self, since: datetime) -> dict[str, str]:
        """Return what the walk tells everybody; `since` is when it was to begin."""
        return {"day": self.key, "since": format_instant(since)}


def coming(release: Release, after: datetime, journeys: Collection[str] | None = None) -> list[Coming]:
    """Return the walks of every shared day that is not over at `after`, a journey each, in order of their beginning.

    Of these journeys, or (None) of all.
    """
    ids = release.index.shared if journeys is None else [id for id in journeys if id in release.index.shared]
    return sorted(
        (found for id in ids for found in _of_journey(release, id, after) if found.over >= after),
        key=lambda found: (found.at, found.key, found.journeys),
    )


def soon(release: Release, now: datetime) -> list[Coming]:
    """Return what publishing has to see to: days whose walk should have begun by now, and the next of each journey."""
    found: list[Coming] = []
    later: set[str] = set()
    for each in coming(release, now):
        (journey,) = each.journeys
        if each.at <= now:
            found.append(each)
        elif journey not in later:
            later.add(journey)
            found.append(each)
    return found


def following(release: Release, journeys: tuple[str, ...], begun: datetime) -> list[Coming]:
    """Return the next day of each journey whose walk begins after `begun`."""
    found: dict[str, Coming] = {}
    for each in coming(release, begun, journeys):
        if each.at > begun:
            found.setdefault(each.journeys[0], each)
    return list(found.values())


def together(walks: list[Coming]) -> list[Coming]:
    """Return one walk for all journeys around the same day that begin with it."""
    groups: dict[tuple[datetime, str], list[Coming]] = {}
    for each in walks:
        groups.setdefault((each.at, each.key), []).append(each)
    return [
        Coming(at, max(each.over for each in group), key, tuple(sorted(each.journeys[0] for each in group)), "")
        for (at, key), group in sorted(groups.items())
    ]


def _of_journey(release: Release, id: str, after: datetime) -> Iterator[Coming]:
    journey = release.journey(id)
    if journey is None or journey.anchor is None or isinstance(journey.anchor, OwnAnchor):
        return
    offsets = [step.offset for step in journey.timeline]
    last = load_zone(LAST_ZONE)
    planned = [str(offset) for offset in offsets]
    since = after.date() - timedelta(days=days_after(offsets))
    for moment in release.index.days_of(journey.anchor):
        if moment.day < since:
            continue
        closes = span_of(moment, offsets, last).closes
        what = canonical([id, journey.anchor.key, moment.key, moment.day.isoformat(), planned])
        yield Coming(walk_begins(moment, offsets), closes, moment.key, (id,), what)
