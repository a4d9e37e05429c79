"""Every change of UTC offset in every zone from 2020 to 2040, found by looking at the clock, minute by minute.

The slow and obvious way, on purpose: it shares nothing with `kairos.domain.localtime` but `zoneinfo` itself.
"""

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kairos.domain.localtime import load_zone

MINUTE = timedelta(minutes=1)
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Change:
    """At `at`, the zone's offset goes from `before` to `after`."""

    zone: ZoneInfo
    at: datetime
    before: timedelta
    after: timedelta

    def __repr__(self) -> str:
        return f"<{self.zone.key} {self.at:%Y-%m-%dT%H:%MZ} {self.before} → {self.after}>"


def offset_at(instant: datetime, zone: ZoneInfo) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


@lru_cache(maxsize=1)
def all_zones() -> tuple[ZoneInfo, ...]:
    return tuple(load_zone(name) for name in sorted(zoneinfo.available_timezones() - {"Factory"}))


@lru_cache(maxsize=1)
def all_changes() -> tuple[Change, ...]:
    """All changes, those of zones that are aliases of one another once."""
    seen: dict[tuple[tuple[datetime, timedelta, timedelta], ...], list[Change]] = {}
    for zone in all_zones():
        changes = list(_changes_of(zone))
        seen.setdefault(tuple((c.at, c.before, c.after) for c in changes), changes)
    return tuple(change for changes in seen.values() for change in changes)


def one_change_of_each_kind() -> tuple[Change, ...]:
    """The first change of each zone, offset before and offset after: a few hundred edges that cover all the shapes."""
    kinds: dict[object, Change] = {}
    for change in all_changes():
        kinds.setdefault((change.zone.key, change.before, change.after), change)
    return tuple(kinds.values())


def _changes_of(zone: ZoneInfo) -> Iterator[Change]:
    # Five days: shorter than the six that lie between any two changes, so none can hide between two looks.
    step = timedelta(days=5)
    start = FIRST
    while start < LAST:
        if offset_at(start, zone) != offset_at(start + step, zone):
            low, high = start, start + step
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                low, high = (middle, high) if offset_at(middle, zone) == offset_at(low, zone) else (low, middle)
            yield Change(zone, high, offset_at(low, zone), offset_at(high, zone))
        start += step


def scan(start: datetime, minutes: int) -> Iterator[datetime]:
    """Yield `start` if it is a whole minute, and the whole minutes after it."""
    minute = start.replace(second=0, microsecond=0)
    minute += MINUTE if minute < start else timedelta(0)
    for n in range(minutes):
        yield minute + n * MINUTE


def brute_to_instant(day: datetime, clock: time, change: Change) -> datetime:
    """Scan two days each side of a change for the first minute showing `clock` on `day`, or for its gap."""
    wanted = datetime.combine(day, clock)
    for minute in scan(change.at - timedelta(days=2), 4 * 24 * 60):
        if minute.astimezone(change.zone).replace(tzinfo=None) == wanted:
            return minute
    assert change.at.replace(tzinfo=None) + change.before <= wanted < change.at.replace(tzinfo=None) + change.after
    return change.at
