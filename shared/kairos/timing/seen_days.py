"""How well a form of recurrence explains the days on which something happened, beside "any day is alike".

Both chances, on the days of occasions and on all others, are integrated out under uniform priors: a beta-binomial each
(R. E. Kass and A. E. Raftery, "Bayes Factors", 1995, §3). Of n days in a span of T, h on the O days of occasions, that
is B(1 + h, 1 + O − h) · B(1 + n − h, 1 + T − O − n + h) / B(1 + n, 1 + T − n).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from math import lgamma, log, pi

from kairos.timing.occasion import LAST, IsOpen, Months, Weeks

BETTER_LEAST = 3.0
"""An occasion must bring it so many times as often as another day, or it is none."""
MISSED_MOST = 3
_GAP_MEAN, _GAP_WEIGHT, _GAP_SHAPE, _GAP_SCALE = 2.5, 0.05, 2.0, 0.08
"""Of ln days: gaps of about twelve days, of which little is known, that differ by a fifth."""
MONTH_DAYS_TRIED = 5
_REACH = 4
"""How many days from its day of the month a shift over a long weekend, or a width, may bring an occasion."""
_AWAY = tuple(away for away in range(-_REACH, _REACH + 1) if away)


class SeenDays:
    """Days on which it happened (sorted ordinals), known up to yesterday or the last of them. Of the first day nothing
    is asked: it is why there is anything to look at."""

    def __init__(self, days: Sequence[int], today: int) -> None:
        self.days, self.first = days, days[0]
        self.until = max(days[-1], today - 1)
        self.length = self.until - self.first
        self.later = frozenset(days[1:])

    # ---- what is counted -----------------------------------------------------------------------------------------

    def residues(self, length: int) -> Counter[int]:
        """Return how many days fall on each day of spans of so many days, counted from a Monday."""
        return Counter([(day - 1) % length for day in self.days[1:]])

    def counts_of_weeks(self, form: Weeks, residues: Counter[int]) -> tuple[int, int]:
        """Return (days of occasions on which it happened, days of occasions)."""
        length = 7 * form.weeks
        covered = {(residue + more) % length for residue in form.residues for more in range(form.width)}
        days = sum((self.until - 1 - each) // length - (self.first - 1 - each) // length for each in covered)
        return sum(residues[each] for each in covered), days

    def starts(self, form: Months) -> tuple[int, ...]:
        """Return the first days of the occasions that reach into what is known."""
        return tuple(form.starts(self.first - 1, self.until))

    def counts_of_days(self, starts: Iterable[int], width: int) -> tuple[int, int]:
        """Return the same of occasions that begin on these days."""
        covered = {start + more for start in starts for more in range(width)}
        covered = {day for day in covered if self.first < day <= self.until}
        return len(covered & self.later), len(covered)

    def counts(self, form: Weeks | Months) -> tuple[int, int]:
        """Return the same of a form."""
        if isinstance(form, Weeks):
            return self.counts_of_weeks(form, self.residues(7 * form.weeks))
        return self.counts_of_days(self.starts(form), form.width)

    def days_of_month(self, is_open: IsOpen) -> list[tuple[int, int, int]]:
        """Return the days of the month by how many days lie where a shift or a width may bring them, most first: each
        with how many an occasion of one day may explain at most, and how many one of three."""
        by_day: list[list[int]] = [[] for _ in range(LAST)]  # on the circle of a month: the 1st follows the last
        for ordinal in self.days[1:]:
            by_day[_day_of_month(ordinal) - 1].append(ordinal)
        counts = [len(each) for each in by_day]
        around = [*counts[-_REACH:], *counts, *counts[:_REACH]]
        votes = [sum(around[place : place + 2 * _REACH + 1]) + counts[place] / 2 for place in range(LAST)]
        ranked = sorted(range(LAST), key=lambda place: -votes[place])[:MONTH_DAYS_TRIED]
        found = []
        for place in ranked:
            moved = sum(self._moved_to(by_day[(place + away) % LAST], away, is_open) for away in _AWAY)
            after = counts[(place + 1) % LAST] + counts[(place + 2) % LAST]
            found.append((place + 1, counts[place] + moved, counts[place] + after + moved))
        return found

    def _moved_to(self, days: Sequence[int], away: int, is_open: IsOpen) -> int:
        """Return how many of these days may be where an occasion so many days before them, or behind, was moved."""
        return sum(not is_open(date.fromordinal(ordinal - away)) for ordinal in days)

    # ---- what that says ------------------------------------------------------------------------------------------

    def score(self, counts: tuple[int, int]) -> float:
        """Return ln of how much better occasions with these counts explain the days than that any day is alike."""
        hits, days = counts
        others, rest = len(self.later) - hits, self.length - days
        return _ln_beta(hits, days - hits) + _ln_beta(others, rest - others) - self._alike

    @cached_property
    def _alike(self) -> float:
        return _ln_beta(len(self.later), self.length - len(self.later))

    def most_of_months(self, one: int, three: int) -> float:
        """Return the most that `score` may say of a day of the month that explains at most so many days, where an
        occasion is one day or three."""
        months = self.length // 31
        hits = [min(one, months + 1, len(self.later)), min(three, 3 * months + 3, len(self.later))]
        tried = [(each, max(each, days)) for each, days in zip(hits, (months, 3 * months), strict=True)]
        return max(self.score(counts) for counts in tried)

    def score_of_gaps(self) -> float:
        """Return ln of how much better gaps that are alike explain the days: lognormal, under a normal-inverse-gamma
        prior (K. P. Murphy, "Conjugate Bayesian analysis of the Gaussian distribution", 2007, §6)."""
        logs = self.logs
        n, mean = len(logs), sum(logs) / len(logs)
        weight, shape = _GAP_WEIGHT + n, _GAP_SHAPE + n / 2
        away = _GAP_WEIGHT * n * (mean - _GAP_MEAN) ** 2 / (2 * weight)
        scale = self.scale_of_gaps + away
        told = lgamma(shape) - lgamma(_GAP_SHAPE) + _GAP_SHAPE * log(_GAP_SCALE) - shape * log(scale)
        told += 0.5 * (log(_GAP_WEIGHT) - log(weight)) - n / 2 * log(2 * pi) - sum(logs)
        return told - _ln_beta(n, self.days[-1] - self.first - n)

    @cached_property
    def logs(self) -> list[float]:
        """Return ln of the gaps between the days."""
        return [log(after - before) for before, after in zip(self.days, self.days[1:], strict=False)]

    @property
    def scale_of_gaps(self) -> float:
        """Return half the summed squares of ln gaps about their mean, and what is believed beforehand."""
        mean = sum(self.logs) / len(self.logs)
        return _GAP_SCALE + sum((each - mean) ** 2 for each in self.logs) / 2

    @property
    def shape_of_gaps(self) -> float:
        """Return what stands under it in the posterior of their variance."""
        return _GAP_SHAPE + len(self.logs) / 2

    def is_better(self, form: Weeks | Months) -> bool:
        """Return whether an occasion brings it several times as often as another day."""
        hits, days = self.counts(form)
        others, rest = len(self.later) - hits, self.length - days
        return (hits + 0.5) / (days + 1) > BETTER_LEAST * (others + 0.5) / (rest + 1)

    def told(self, form: Weeks | Months) -> list[bool]:
        """Return of each occasion that is over, in order, whether it happened on it."""
        starts = form.starts(self.first + 1, self.until - form.width + 1)
        return [any(start + more in self.later for more in range(form.width)) for start in starts]

    def still(self, form: Weeks | Months) -> Weeks | Months:
        """Return the form without the weekdays whose last occasions all passed in vain, if any is left."""
        if isinstance(form, Months) or len(form.residues) == 1:
            return form
        each = [replace(form, residues=(residue,)) for residue in form.residues]
        kept = tuple(one.residues[0] for one in each if any(self.told(one)[-MISSED_MOST - 1 :]))
        return replace(form, residues=kept) if kept else form


def _day_of_month(ordinal: int) -> int:
    day = date.fromordinal(ordinal)
    return LAST if day.day >= 28 and date.fromordinal(ordinal + 1).day == 1 else day.day


def _ln_beta(hits: int, misses: int) -> float:
    return lgamma(1.0 + hits) + lgamma(1.0 + misses) - lgamma(2.0 + hits + misses)
