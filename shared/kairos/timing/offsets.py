"""Where around a moment people answer: before, on the day and after it, and which of two offsets holds more of them.

Answers are counted by whole days from the moment, those before it below zero. An offset speaks for the days around it
too, since a message sent there is read then: SPAN days in all. Two offsets are compared by the people who answered near
either: under no preference each is as likely as the other, so the share of one has Wilson's interval about a half.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kairos.domain.proportion import Interval, wilson

DAYS_MAX = 90
SPAN = 3
ANSWERS_LEAST = 20
"""Answers near either of two offsets, before one is said to beat the other."""


@dataclass(frozen=True, slots=True)
class Around:
    """Answers by days from the moment, and how many moments had none."""

    days: Counter[int]
    silent: int = 0

    def near(self, offset: int) -> int:
        """Return the answers in the SPAN days around an offset."""
        reach = SPAN // 2
        return sum(self.days[day] for day in range(offset - reach, offset + reach + 1))

    def share(self, offset: int) -> float:
        """Return the share of all moments that were answered in the days around an offset."""
        moments = self.days.total() + self.silent
        return self.near(offset) / moments if moments else 0.0

    def parts(self) -> tuple[float, float, float]:
        """Return the shares of answers before, on the day of, and after the moment."""
        total = max(self.days.total(), 1)
        before = sum(number for day, number in self.days.items() if day < 0)
        on = self.days[0]
        return before / total, on / total, (self.days.total() - before - on) / total

    def best(self, *, before: bool) -> int | None:
        """Return the offset before the moment (or from it on) that holds most answers around it; of equals the one with
        most on the day itself, then the nearest."""
        days = range(-1, -DAYS_MAX - 1, -1) if before else range(DAYS_MAX + 1)
        found = max(days, key=lambda day: (self.near(day), self.days[day], -abs(day)))
        return found if self.near(found) else None

    def prefers(self, one: int, other: int) -> Interval | None:
        """Return the interval of the share of `one` among the answers near either, days near both left out; None where
        fewer than ANSWERS_LEAST say so."""
        reach = SPAN // 2
        ones, others = (set(range(each - reach, each + reach + 1)) for each in (one, other))
        first = sum(self.days[day] for day in ones - others)
        second = sum(self.days[day] for day in others - ones)
        return wilson(first, first + second) if first + second >= ANSWERS_LEAST else None


def count_around(days: Iterable[int | None]) -> Around:
    """Count days from the moment to the answer, None without one; beyond DAYS_MAX it answers something else."""
    told, silent = Counter[int](), 0
    for day in days:
        if day is None or abs(day) > DAYS_MAX:
            silent += 1
        else:
            told[day] += 1
    return Around(told, silent)
