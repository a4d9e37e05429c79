"""Whether something repeats for one customer, and when next: a weekly visitor, a monthly payer, a payday in purchases.

What is known are the last days on which it happened. Each way in which they may repeat is a hypothesis: a set of
*occasions*, days on which it happens with one chance, and with a lower one on all others. Against them stands that it
happens on any day alike. Chances are integrated out (a beta-binomial each, R. E. Kass and A. E. Raftery, "Bayes
Factors", 1995, §3), so a form with more choices must explain more, and few days say little: below SURE_LEAST the
answer is "not enough yet". A form whose last three occasions all passed in vain is over.

The gaps may also be alike whatever the calendar says; then they are lognormal with a normal-inverse-gamma prior (K. P.
Murphy, "Conjugate Bayesian analysis of the Gaussian distribution", 2007, §6). A day that lies `width` days behind an
occasion's first belongs to it: money is spent on payday and the two days after (notes on lag, `docs/timing.md`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from math import comb, exp, lgamma, log, pi, sqrt

from kairos.domain.recurrence import Shift
from kairos.timing.occasion import LAST, Form, Interval, IsOpen, Months, Weeks
from kairos.timing.special import log_beta

DAYS_LEAST = 4
SURE_LEAST = 0.9
LOOK_BACK_DAYS = 400
"""Habits change: what lies further back is not asked."""
BETTER_LEAST = 3.0
"""An occasion must bring it so many times as often as another day, or it is none."""
MISSED_MOST = 3
MONTH_DAYS_TRIED = 5
SETTLED = 12.0
WIDTHS = (1, 3)
SHIFTS: tuple[Shift, ...] = ("none", "previous", "next")
PAY_SHIFTS: tuple[Shift, ...] = ("previous", "next", "none")
"""The same in the order of how wages are paid: of shifts that explain the days alike the first is taken."""
WEEKLY, FORTNIGHTLY, FOUR_WEEKLY, MONTHLY, INTERVAL = "weekly", "fortnightly", "four-weekly", "monthly", "interval"
FAMILIES = {WEEKLY: 0.2, FORTNIGHTLY: 0.05, FOUR_WEEKLY: 0.02, MONTHLY: 0.15, INTERVAL: 0.05}
"""How likely each family of forms is before anything is seen; the rest is that nothing repeats."""
PAY_FAMILIES = frozenset((FORTNIGHTLY, FOUR_WEEKLY, MONTHLY))
"""Wages come by the fortnight, by four weeks or by the month; who shops on Fridays is not paid on them."""
_WEEKDAYS_MAX = 3
_GAP_MEAN, _GAP_WEIGHT, _GAP_SHAPE, _GAP_SCALE = 2.5, 0.05, 2.0, 0.08
"""Of ln days: gaps of about twelve days, of which little is known, that differ by a fifth."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """What repeats, if anything: its `form` (None: not enough is known yet), how sure that is, and on how many of how
    many occasions it `came`. `last` is the last day it happened."""

    last: int
    form: Form | None = None
    family: str = ""
    sure: float = 0.0
    came: int = 0
    of: int = 0

    @property
    def chance(self) -> float:
        """Return with what chance it happens on the next occasion."""
        return (self.came + 1) / (self.of + 2)

    def next_day(self, today: int) -> int | None:
        """Return the next likely day, today or later and after the last one; None where none is known, or overdue."""
        if self.form is None:
            return None
        if isinstance(self.form, Interval):
            due = self.form.next_after(self.last)
            return due if due >= today else None
        since = max(today, self.last + 1)
        return next(self.form.starts(since, since + 63), None)


def recurrence_of(days: Sequence[int], today: int, is_open: IsOpen, shifts: Sequence[Shift] = SHIFTS) -> Recurrence:
    """Return what of these days (sorted ordinals, each once) repeats, as of `today`.

    `is_open` says whether a date is a business day, `shifts` in which order moved days of the month are believed.
    Raises `ValueError` without days.
    """
    if not days:
        raise ValueError("nothing has happened yet")
    seen = _Seen([day for day in days if day > today - LOOK_BACK_DAYS] or [days[-1]], today)
    if len(seen.days) < DAYS_LEAST:
        return Recurrence(days[-1])
    tried = list(_hypotheses(seen, shifts, is_open))
    top = max(0.0, *(score for _, score, _ in tried))
    likely = dict.fromkeys(FAMILIES, 0.0)
    for name, score, _ in tried:
        likely[name] += exp(score - top)
    family = max(likely, key=lambda each: likely[each])
    best = max((each for each in tried if each[0] == family), key=lambda each: each[1])
    nothing = (1.0 - sum(FAMILIES.values())) * exp(-top)
    return _judged(seen, best[2], family, likely[family] / (sum(likely.values()) + nothing))


def payday_of(days: Sequence[int], today: int, is_open: IsOpen) -> Recurrence:
    """Return the payday in days of purchase: what repeats as wages are paid, or nothing. Raises as above."""
    found = recurrence_of(days, today, is_open, PAY_SHIFTS)
    return found if found.family in PAY_FAMILIES else Recurrence(found.last)


def _judged(seen: _Seen, form: Form, family: str, sure: float) -> Recurrence:
    """Return the form if it is sure, not over, and brings more than other days; else how sure anything is."""
    last = seen.days[-1]
    if isinstance(form, Interval):
        found = Recurrence(last, form, family, sure, len(seen.days) - 1, len(seen.days) - 1)
        return found if sure >= SURE_LEAST else Recurrence(last, sure=sure)
    form = seen.still(form)
    told = [seen.came(form, start) for start in form.starts(seen.first + 1, seen.until - form.width + 1)]
    over = len(told) < MISSED_MOST or not any(told[-MISSED_MOST:])
    if sure < SURE_LEAST or over or not seen.is_better(form):
        return Recurrence(last, sure=sure)
    return Recurrence(last, form, family, sure, sum(told), len(told))


class _Seen:
    """The days on which something happened, and up to which day it is known that it did not. Of the first day nothing
    is asked: it is why there is anything to look at."""

    def __init__(self, days: Sequence[int], today: int) -> None:
        self.days, self.first = days, days[0]
        self.until = max(days[-1], today - 1)
        self.later = frozenset(days[1:])
        self.length = self.until - self.first
        self._scores: dict[tuple[tuple[int, ...], int], float] = {}  # shifts that moved nothing yet are alike

    def came(self, form: Weeks | Months, start: int) -> bool:
        """Return whether it happened on the occasion that starts on this day."""
        return any(start + more in self.later for more in range(form.width))

    def starts(self, form: Weeks | Months) -> tuple[int, ...]:
        """Return the first days of the occasions that reach into what is known."""
        return tuple(form.starts(self.first + 2 - max(WIDTHS), self.until))

    def counts(self, starts: Sequence[int], width: int) -> tuple[int, int]:
        """Return (days of occasions on which it happened, days of occasions)."""
        covered = {start + more for start in starts for more in range(width)}
        covered = {day for day in covered if self.first < day <= self.until}
        return len(covered & self.later), len(covered)

    def score(self, starts: tuple[int, ...], width: int) -> float:
        """Return ln of how much better these occasions explain the days than that any day is alike."""
        key = (starts, width)
        if key not in self._scores:
            hits, days = self.counts(starts, width)
            others, rest = len(self.later) - hits, self.length - days
            on = log_beta(1.0 + hits, 1.0 + days - hits)
            off = log_beta(1.0 + others, 1.0 + rest - others)
            self._scores[key] = on + off - log_beta(1.0 + len(self.later), 1.0 + self.length - len(self.later))
        return self._scores[key]

    @property
    def settled(self) -> bool:
        """Return whether what was tried explains the days so well that months, which take the longest, need no look."""
        return max(self._scores.values(), default=0.0) > SETTLED

    def is_better(self, form: Weeks | Months) -> bool:
        """Return whether an occasion brings it several times as often as another day."""
        hits, days = self.counts(self.starts(form), form.width)
        others, rest = len(self.later) - hits, self.length - days
        return (hits + 0.5) / (days + 1) > BETTER_LEAST * (others + 0.5) / (rest + 1)

    def still(self, form: Weeks | Months) -> Weeks | Months:
        """Return the form without the weekdays whose last occasions all passed in vain, if any is left."""
        if isinstance(form, Months) or len(form.residues) == 1:
            return form
        kept = []
        for residue in form.residues:
            one = replace(form, residues=(residue,))
            told = [self.came(one, start) for start in one.starts(self.first + 1, self.until)]
            if any(told[-MISSED_MOST - 1 :]):
                kept.append(residue)
        return replace(form, residues=tuple(kept)) if kept else form


def _hypotheses(seen: _Seen, shifts: Sequence[Shift], is_open: IsOpen) -> Iterator[tuple[str, float, Form]]:
    """Yield forms worth trying, each with ln of its prior and of how well it explains the days."""
    for family, weeks in ((WEEKLY, 1), (FORTNIGHTLY, 2), (FOUR_WEEKLY, 4)):
        for form, choices in _of_weeks(seen, weeks):
            yield family, log(FAMILIES[family] / choices) + seen.score(seen.starts(form), form.width), form
    yield INTERVAL, log(FAMILIES[INTERVAL]) + _score_of_gaps(seen), _interval(seen.days)
    if seen.settled:
        return
    prior = log(FAMILIES[MONTHLY] / (LAST * len(SHIFTS) * len(WIDTHS)))
    for day in _days_of_month(seen.days):
        for shift in shifts:
            starts = seen.starts(Months(day, shift, is_open))
            for width in WIDTHS:
                yield MONTHLY, prior + seen.score(starts, width), Months(day, shift, is_open, width)


def _of_weeks(seen: _Seen, weeks: int) -> Iterator[tuple[Weeks, float]]:
    """Yield the likeliest days of a span of weeks, and among how many choices each is one."""
    length = 7 * weeks
    ranked = [residue for residue, _ in Counter((day - 1) % length for day in seen.days[1:]).most_common()]
    if weeks == 1:
        for number in range(1, min(_WEEKDAYS_MAX, len(ranked)) + 1):
            yield Weeks(1, tuple(sorted(ranked[:number]))), _WEEKDAYS_MAX * comb(7, number)
        return
    for residue in ranked[:2]:
        for width in WIDTHS:
            yield Weeks(weeks, (residue,), width), length * len(WIDTHS)


def _days_of_month(days: Iterable[int]) -> list[int]:
    """Return the days of the month around which most happened: a shift or a width may lie between."""
    votes: Counter[int] = Counter()
    for ordinal in days:
        for away in range(-2, 4):
            day = date.fromordinal(ordinal + away)
            last = date.fromordinal(ordinal + away + 1).month != day.month
            votes[LAST if last else day.day] += 3 if away == 0 else 2
    ranked = sorted(votes.items(), key=lambda each: (-each[1], each[0]))
    return [day for day, _ in ranked[:MONTH_DAYS_TRIED]]


def _score_of_gaps(seen: _Seen) -> float:
    """Return ln of how much better gaps that are alike explain the days than that any day is alike."""
    logs = [log(after - before) for before, after in pairwise(seen.days)]
    n = len(logs)
    mean = sum(logs) / n
    weight, shape = _GAP_WEIGHT + n, _GAP_SHAPE + n / 2
    spread = sum((each - mean) ** 2 for each in logs) / 2
    scale = _GAP_SCALE + spread + _GAP_WEIGHT * n * (mean - _GAP_MEAN) ** 2 / (2 * weight)
    told = lgamma(shape) - lgamma(_GAP_SHAPE) + _GAP_SHAPE * log(_GAP_SCALE) - shape * log(scale)
    told += 0.5 * (log(_GAP_WEIGHT) - log(weight)) - n / 2 * log(2 * pi) - sum(logs)
    alike = log_beta(1.0 + n, 1.0 + seen.days[-1] - seen.first - n)
    return told - alike


def _interval(days: Sequence[int]) -> Interval:
    logs = [log(after - before) for before, after in pairwise(days)]
    mean = sum(logs) / len(logs)
    scale = _GAP_SCALE + sum((each - mean) ** 2 for each in logs) / 2
    spread = 1.2816 * sqrt(scale / (_GAP_SHAPE + len(logs) / 2 - 1))
    return Interval(exp(mean), (round(exp(mean - spread)), round(exp(mean + spread))))
