"""Whether something repeats for one customer, and when next: a weekly visitor, a monthly payer, a payday in purchases.

What is known are the last days on which it happened. Each way in which they may repeat is a hypothesis: a set of
*occasions*, days on which it happens with one chance, and with a lower one on all others; or gaps that are alike
whatever the calendar says. Against them stands that it happens on any day alike (`seen_days`). A form with more choices
must explain more, and few days say little: below SURE_LEAST the answer is "not enough yet". A form whose last three
occasions all passed in vain is over. An occasion may be `width` days long: wages are spent on payday and in the two
days after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb, exp, log, sqrt

from kairos.domain.recurrence import Shift
from kairos.timing.occasion import LAST, Form, Interval, IsOpen, Months, Weeks
from kairos.timing.seen_days import MISSED_MOST, SeenDays

DAYS_LEAST = 4
SURE_LEAST = 0.9
LOOK_BACK_DAYS = 400
"""Habits change: what lies further back is not asked."""
HOPELESS = 3.0
"""In nats: what explains the days by so much worse than another answer is not asked more exactly."""
EIGHTY = 1.2816
"""Standard deviations about the mean between which four of five normal values lie."""
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
    seen = SeenDays([day for day in days if day > today - LOOK_BACK_DAYS] or [days[-1]], today)
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


def _judged(seen: SeenDays, form: Form, family: str, sure: float) -> Recurrence:
    """Return the form if it is sure, not over, and brings more than other days; else how sure anything is."""
    last = seen.days[-1]
    if isinstance(form, Interval):
        found = Recurrence(last, form, family, sure, len(seen.days) - 1, len(seen.days) - 1)
        return found if sure >= SURE_LEAST else Recurrence(last, sure=sure)
    form = seen.still(form)
    told = seen.told(form)
    over = len(told) < MISSED_MOST or not any(told[-MISSED_MOST:])
    if sure < SURE_LEAST or over or not seen.is_better(form):
        return Recurrence(last, sure=sure)
    return Recurrence(last, form, family, sure, sum(told), len(told))


def _hypotheses(seen: SeenDays, shifts: Sequence[Shift], is_open: IsOpen) -> Iterator[tuple[str, float, Form]]:
    """Yield forms worth trying, each with ln of its prior and of how well it explains the days."""
    best = log(1.0 - sum(FAMILIES.values()))
    for family, weeks in ((WEEKLY, 1), (FORTNIGHTLY, 2), (FOUR_WEEKLY, 4)):
        residues = seen.residues(7 * weeks)
        for form, choices in _of_weeks(residues, weeks):
            score = log(FAMILIES[family] / choices) + seen.score(seen.counts_of_weeks(form, residues))
            best = max(best, score)
            yield family, score, form
    score = log(FAMILIES[INTERVAL]) + seen.score_of_gaps()
    best = max(best, score)
    yield INTERVAL, score, _interval(seen)
    prior = log(FAMILIES[MONTHLY] / (LAST * len(SHIFTS) * len(WIDTHS)))
    for day, one, three in seen.days_of_month(is_open):
        if prior + seen.most_of_months(one, three) > best - HOPELESS:  # else no shift or width would change the answer
            for found in _of_months(seen, day, shifts, is_open, prior):
                best = max(best, found[1])
                yield found


def _of_months(
    seen: SeenDays, day: int, shifts: Sequence[Shift], is_open: IsOpen, prior: float
) -> Iterator[tuple[str, float, Form]]:
    known: dict[tuple[int, ...], dict[int, float]] = {}  # shifts that moved nothing yet are alike
    for shift in shifts:
        starts = seen.starts(Months(day, shift, is_open))
        if starts not in known:
            known[starts] = {width: seen.score(seen.counts_of_days(starts, width)) for width in WIDTHS}
        for width in WIDTHS:
            yield MONTHLY, prior + known[starts][width], Months(day, shift, is_open, width)


def _of_weeks(residues: Counter[int], weeks: int) -> Iterator[tuple[Weeks, float]]:
    """Yield the likeliest days of a span of weeks, and among how many choices each is one."""
    ranked = [residue for residue, _ in residues.most_common(_WEEKDAYS_MAX)]
    if weeks == 1:
        for number in range(1, len(ranked) + 1):
            yield Weeks(1, tuple(sorted(ranked[:number]))), _WEEKDAYS_MAX * comb(7, number)
        return
    for residue in ranked[:2]:
        for width in WIDTHS:
            yield Weeks(weeks, (residue,), width), 7 * weeks * len(WIDTHS)


def _interval(seen: SeenDays) -> Interval:
    mean = sum(seen.logs) / len(seen.logs)
    spread = EIGHTY * sqrt(seen.scale_of_gaps / (seen.shape_of_gaps - 1))
    return Interval(exp(mean), (round(exp(mean - spread)), round(exp(mean + spread))))
