"""The forms in which something comes again: weekdays of every, every second or every fourth week, a day of the month,
perhaps moved off days on which nobody works, or so long after the last time.

Days are ordinals (`date.toordinal`) of the customer's own calendar.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from math import ceil

from kairos.domain.recurrence import Shift, move_to_business_day

IsOpen = Callable[[date], bool]
LAST = 31
"""The day of the month that means its last."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """The days `residues` of every span of `weeks` weeks, counted from a Monday (the ordinal 1): (4,) of 1 is Friday.

    The `width` days from each on belong to the occasion.
    """

    weeks: int
    residues: tuple[int, ...]
    width: int = 1

    def starts(self, since: int, until: int) -> Iterator[int]:
        """Yield the first days of the occasions from `since` to `until`, both included, in order."""
        length = 7 * self.weeks
        for span in range((since - 1) // length, (until - 1) // length + 1):
            for residue in self.residues:
                day = 1 + span * length + residue
                if since <= day <= until:
                    yield day


@dataclass(frozen=True, slots=True)
class Months:
    """The `day` of every month (the last where it lacks it), moved off closed days as `shift` says."""

    day: int
    shift: Shift
    is_open: IsOpen = field(compare=False, repr=False)
    width: int = 1

    def starts(self, since: int, until: int) -> Iterator[int]:
        """Yield as above. A shift moves a day by a few, so the months around are looked at too."""
        return (day for day in self.by_month(since, until).values() if since <= day <= until)

    def by_month(self, since: int, until: int) -> Mapping[str, int]:
        """Return the day of each month ("2026-11") that a day from `since` to `until` may belong to, in order."""
        first, last = date.fromordinal(max(since, 32)), date.fromordinal(until)
        months = _months(first.year * 12 + first.month - 2, last.year * 12 + last.month)
        return {name: self._moved(first + min(self.day, length) - 1) for name, first, length in months}

    def _moved(self, day: int) -> int:
        if self.shift == "none":
            return day
        return move_to_business_day(date.fromordinal(day), self.shift, self.is_open).toordinal()


@lru_cache(maxsize=32)
def _months(first: int, last: int) -> tuple[tuple[str, int, int], ...]:
    """Return the name, the first day and the length of the months from `first` to `last`: 12 times the year, and the
    month from 0 on."""
    return tuple(
        (f"{n // 12}-{n % 12 + 1:02d}", date(n // 12, n % 12 + 1, 1).toordinal(), monthrange(n // 12, n % 12 + 1)[1])
        for n in range(first, last + 1)
    )


@dataclass(frozen=True, slots=True)
class Interval:
    """About every `days` days since the last time, whatever day that is; four gaps of five lie in `usual`."""

    days: float
    usual: tuple[int, int]

    def next_after(self, last: int) -> int:
        """Return the day on which half of the gaps would be over."""
        return last + max(1, ceil(self.days - 0.5))


Form = Weeks | Months | Interval
