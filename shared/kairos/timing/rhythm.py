"""What a customer's item remembers of when they bought: at most eight days, and thirteen numbers for all before them.

A day counts once, however many orders it held. Days are ordinals (`date.toordinal`) of the customer's own calendar, so
no clock change shifts them: only the caller, who knows the zone, turns an instant into a day (`day_of`).

Orders arrive late and in any order. The last eight days are kept as they are, and a late one is put among them, so the
result is the one that replay of the sorted history gives. Older gaps are folded into sums in the order of their days;
a day that comes when eight later ones are known is past the fold and changes nothing. That is the bound: an order may
be late by seven purchases of the same customer, whatever that is in time.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import pairwise
from math import log
from typing import Any

KEPT_DAYS_MAX = 8
RECENT_KEEP = 0.6
"""What a gap weighs in the pace of late, beside the gap after it."""
NO_WEEKDAYS = (0,) * 7


@dataclass(frozen=True, slots=True)
class GapSums:
    """Sums over gaps, oldest first, each gap weighing `keep` times what the next one weighs.

    Logarithms and gaps forget at their own speed, because two models read them: `logs`, `mean_log` and `square_log`
    (weight, mean and summed squares about it of ln days) serve the lognormal, `gaps` and `days` the gamma.
    """

    count: int = 0
    logs: float = 0.0
    mean_log: float = 0.0
    square_log: float = 0.0
    gaps: float = 0.0
    days: float = 0.0

    def followed_by(self, gap: int, keep_logs: float, keep_gaps: float) -> GapSums:
        """Return the sums after one more gap of `gap` ≥ 1 days."""
        weight = keep_logs * self.logs + 1.0
        away = log(gap) - self.mean_log
        mean = self.mean_log + away / weight
        square = keep_logs * self.square_log + away * (log(gap) - mean)
        return GapSums(self.count + 1, weight, mean, square, keep_gaps * self.gaps + 1.0, keep_gaps * self.days + gap)


@dataclass(frozen=True, slots=True)
class Pace:
    """The mean gap of late, in days and in ln days, over the gaps between the days that are kept."""

    days: float
    log: float


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One customer's purchase days: `days`, sorted, and the sums of what came before the first of them."""

    days: tuple[int, ...] = ()
    folded: GapSums = field(default_factory=GapSums)
    folded_weekdays: tuple[int, ...] = NO_WEEKDAYS

    @property
    def last_day(self) -> int | None:
        """Return the ordinal of the latest purchase day, or None before the first."""
        return self.days[-1] if self.days else None

    @property
    def purchases(self) -> int:
        """Return how many purchase days are known, the folded ones included."""
        return self.folded.count + len(self.days)

    def with_day(self, day: int, keep_logs: float = 1.0, keep_gaps: float = 1.0) -> Rhythm:
        """Return the rhythm once a purchase on `day` is known, however late. The weights matter to the fold only."""
        at = bisect_left(self.days, day)
        if at < len(self.days) and self.days[at] == day:
            return self
        if at == 0 and len(self.days) >= KEPT_DAYS_MAX:
            return self
        days = list(self.days)
        insort(days, day)
        if len(days) <= KEPT_DAYS_MAX:
            return Rhythm(tuple(days), self.folded, self.folded_weekdays)
        oldest, follower = days[0], days[1]
        weekdays = list(self.folded_weekdays)
        weekdays[weekday_of(oldest)] += 1
        folded = self.folded.followed_by(follower - oldest, keep_logs, keep_gaps)
        return Rhythm(tuple(days[1:]), folded, tuple(weekdays))

    def sums(self, keep_logs: float = 1.0, keep_gaps: float = 1.0) -> GapSums:
        """Return the sums over all gaps up to the last purchase."""
        sums = self.folded
        for before, after in zip(self.days, self.days[1:], strict=False):
            sums = sums.followed_by(after - before, keep_logs, keep_gaps)
        return sums

    def pace(self) -> Pace | None:
        """Return how fast the customer has been buying of late, or None before a second purchase."""
        return pace_of(self.days)

    def weekdays(self) -> tuple[int, ...]:
        """Return how many purchase days fell on each weekday, Monday first."""
        counts = list(self.folded_weekdays)
        for day in self.days:
            counts[weekday_of(day)] += 1
        return tuple(counts)

    def to_state(self) -> list[Any]:
        """Return what the item stores: plain lists and numbers, nothing for what was never folded."""
        if not self.folded.count:
            return [list(self.days)]
        sums = self.folded
        numbers = [sums.count, sums.logs, sums.mean_log, sums.square_log, sums.gaps, sums.days]
        return [list(self.days), numbers, list(self.folded_weekdays)]

    @classmethod
    def from_state(cls, state: Sequence[Any]) -> Rhythm:
        """Read what `to_state` wrote; raise `ValueError` for what it never writes."""
        if not state or len(state) not in (1, 3):
            raise ValueError("a rhythm is stored as its days, or as days, sums and weekdays")
        days = tuple(int(day) for day in state[0])
        if len(state) == 1:
            return cls(days)
        count, *weights = state[1]
        if len(weights) != 5 or len(state[2]) != 7:
            raise ValueError("a rhythm's fold is six sums and seven weekdays")
        return cls(days, GapSums(int(count), *map(float, weights)), tuple(int(n) for n in state[2]))


def pace_of(days: Sequence[int]) -> Pace | None:
    """Return the pace over the gaps between these days, sorted: each weighs `RECENT_KEEP` times what the next does."""
    total = mean = mean_log = 0.0
    for before, after in pairwise(days):
        total = RECENT_KEEP * total + 1.0
        mean += (after - before - mean) / total
        mean_log += (log(after - before) - mean_log) / total
    return Pace(mean, mean_log) if total else None


def replay(days: Iterable[int], keep_logs: float = 1.0, keep_gaps: float = 1.0) -> Rhythm:
    """Return the rhythm of a whole history, given in any order."""
    rhythm = Rhythm()
    for day in sorted(set(days)):
        rhythm = rhythm.with_day(day, keep_logs, keep_gaps)
    return rhythm


def joined(one: Rhythm, other: Rhythm, keep_logs: float = 1.0, keep_gaps: float = 1.0) -> Rhythm:
    """Return one rhythm of two that were the same customer's.

    Exact while neither has folded anything. Folded gaps are pooled as they are: which of them lay within the other's is
    not known any more.
    """
    rhythm = Rhythm((), _pooled(one.folded, other.folded), _added(one.folded_weekdays, other.folded_weekdays))
    for day in sorted({*one.days, *other.days}):
        rhythm = rhythm.with_day(day, keep_logs, keep_gaps)
    return rhythm


def _pooled(one: GapSums, other: GapSums) -> GapSums:
    logs = one.logs + other.logs
    if not logs:
        return one
    away = other.mean_log - one.mean_log
    mean = one.mean_log + away * other.logs / logs
    square = one.square_log + other.square_log + away * away * one.logs * other.logs / logs
    return GapSums(one.count + other.count, logs, mean, square, one.gaps + other.gaps, one.days + other.days)


def _added(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    return tuple(mine + theirs for mine, theirs in zip(one, other, strict=True))


def weekday_of(day: int) -> int:
    """Return the weekday of an ordinal: 0 is Monday, as `date.weekday` counts."""
    return (day + 6) % 7


def day_of(at: datetime, zone: tzinfo) -> int:
    """Return the ordinal of the local calendar day of an aware instant; raise `ValueError` for a naive one."""
    if at.tzinfo is None:
        raise ValueError("an instant needs its offset before it has a local day")
    return at.astimezone(zone).date().toordinal()
