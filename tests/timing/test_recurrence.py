"""What repeats for one customer: found where it is, not where it is not, and "not enough yet" in between.

The world is made here: people who come weekly, pay monthly (moved off weekends), keep no pattern at all, come in
bursts, or come again after about so many days. The figures that docs/timing.md tells are those of `nightly`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.timing.last_days import DAYS_KEPT_MAX
from kairos.timing.occasion import Interval, Months, Weeks
from kairos.timing.recurrence import DAYS_LEAST, Recurrence, payday_of, recurrence_of

BEGAN = date(2025, 11, 3).toordinal()  # a Monday
Life = Callable[[Random], tuple[set[int], int]]


def is_open(day: date) -> bool:
    return day.weekday() < 5


def noisy(days: set[int], length: int, noise: float, random: Random) -> tuple[set[int], int]:
    """Return the days with chance ones among them, and the day after all of them."""
    days |= {BEGAN + day for day in range(length) if random.random() < noise}
    return {day for day in days if day < BEGAN + length}, BEGAN + length


def weekly(random: Random) -> tuple[set[int], int]:
    weekday = random.randrange(7)
    days = {BEGAN + 7 * week + weekday for week in range(16) if random.random() < 0.85}
    return noisy(days, 7 * 16, 0.03, random)


def paid(random: Random) -> tuple[set[int], int]:
    """Pay on the 25th or the business day before, most of it spent at once, and some purchases at any time."""
    starts = Months(25, "previous", is_open).starts(BEGAN, BEGAN + 300)
    return noisy({start for start in starts if random.random() < 0.85}, 300, 0.05, random)


def irregular(random: Random) -> tuple[set[int], int]:
    return noisy(set(), 240, random.choice((0.03, 0.1, 0.4)), random)


def in_bursts(random: Random) -> tuple[set[int], int]:
    days, day = set(), BEGAN
    while day < BEGAN + 300:
        day += int(random.expovariate(1 / 20)) + 1
        days |= {day + random.randrange(4) for _ in range(random.randrange(1, 5))}
    return noisy(days, 300, 0.0, random)


def every_ten_days(random: Random) -> tuple[set[int], int]:
    days, day = set(), BEGAN
    while day < BEGAN + 200:
        days.add(day)
        day += max(1, round(random.gauss(10, 1.2)))
    return noisy(days, 200, 0.0, random)


def found_in(life: Life, people: int, judge: Callable[..., Recurrence] = recurrence_of) -> list[Recurrence]:
    found = []
    for number in range(people):
        days, today = life(Random(f"{life.__name__} {number}"))
        if days:
            found.append(judge(sorted(days)[-DAYS_KEPT_MAX:], today, is_open))
    return found


def share(found: list[Recurrence], holds: Callable[[Recurrence], bool]) -> float:
    return sum(map(holds, found)) / len(found)


def measured(people: int) -> dict[str, float]:
    """Return the shares of people of whom the right thing was found, and of whom something was that is not there."""
    payday = found_in(paid, people, payday_of)
    return {
        "weekly": share(found_in(weekly, people), lambda each: isinstance(each.form, Weeks) and each.form.weeks == 1),
        "payday": share(payday, lambda each: isinstance(each.form, Months) and each.form.day == 25),
        "payday, right shift": share(payday, lambda each: getattr(each.form, "shift", "") == "previous"),
        "every ten days": share(found_in(every_ten_days, people), lambda each: isinstance(each.form, Interval)),
        "wrong: irregular": share(found_in(irregular, people), lambda each: each.form is not None),
        "wrong: bursts": share(found_in(in_bursts, people), lambda each: each.form is not None),
        "wrong: weekly taken for pay": share(found_in(weekly, people, payday_of), lambda each: each.form is not None),
        "wrong: bursts taken for pay": share(
            found_in(in_bursts, people, payday_of), lambda each: each.form is not None
        ),
    }


def check(figures: dict[str, float], slack: float) -> None:
    least = {"weekly": 0.97, "payday": 0.9, "payday, right shift": 0.88, "every ten days": 0.95}
    most = {"wrong: irregular": 0.01, "wrong: bursts": 0.08}
    for name, figure in figures.items():
        assert figure >= least.get(name, 0.0) - slack, name
        assert figure <= most.get(name, 0.01 if name.startswith("wrong") else 1.0) + slack, name


def test_what_repeats_is_found_and_what_does_not_is_not() -> None:
    check(measured(40), 0.05)


@pytest.mark.nightly
def test_the_figures_that_the_documentation_tells() -> None:
    figures = measured(1000)
    check(figures, 0.0)


# ---- cases ---------------------------------------------------------------------------------------------------------


def test_the_next_likely_day_is_the_next_occasion_after_the_last_time() -> None:
    fridays = [BEGAN + 7 * week + 4 for week in range(12)]
    found = recurrence_of(fridays, fridays[-1], is_open)
    assert found.form == Weeks(1, (4,))
    assert (found.came, found.of) == (11, 11)
    assert found.next_day(fridays[-1]) == fridays[-1] + 7, "today's has come already"
    assert found.next_day(fridays[-1] + 7) == fridays[-1] + 7, "today's may come yet"
    assert found.next_day(fridays[-1] + 8) == fridays[-1] + 14


def test_two_weekdays_are_a_form_and_the_one_that_was_given_up_is_left_out() -> None:
    twice = [BEGAN + 7 * week + day for week in range(12) for day in (1, 5)]
    assert recurrence_of(twice, twice[-1] + 1, is_open).form == Weeks(1, (1, 5))
    once = [*twice, *(BEGAN + 7 * week + 5 for week in range(12, 18))]
    assert recurrence_of(once, once[-1] + 1, is_open).form == Weeks(1, (5,))


def test_every_second_week_is_told_from_every_week() -> None:
    fortnights = [BEGAN + 14 * n + 3 for n in range(10)]
    assert isinstance(recurrence_of(fortnights, fortnights[-1] + 3, is_open).form, Weeks | Interval)
    found = payday_of([*fortnights, fortnights[-1] + 2], fortnights[-1] + 3, is_open)
    assert found.form is None or found.form.weeks == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(("shift", "day"), [("previous", 25), ("next", 25), ("none", 10), ("previous", 31)])
def test_a_payday_is_found_with_the_way_in_which_it_moves(shift: str, day: int) -> None:
    starts = list(Months(day, shift, is_open).starts(BEGAN, BEGAN + 400))  # type: ignore[arg-type]
    found = payday_of(starts, starts[-1] + 1, is_open)
    assert isinstance(found.form, Months)
    assert (found.form.day, found.form.shift) == (day, shift)
    following = list(Months(day, shift, is_open).starts(starts[-1] + 1, starts[-1] + 40))  # type: ignore[arg-type]
    assert found.next_day(starts[-1] + 1) == following[0]


def test_who_stopped_has_nothing_that_repeats() -> None:
    fridays = [BEGAN + 7 * week + 4 for week in range(12)]
    assert recurrence_of(fridays, fridays[-1] + 20, is_open).form is not None
    assert recurrence_of(fridays, fridays[-1] + 22, is_open).form is None


@pytest.mark.parametrize("number", range(1, DAYS_LEAST))
def test_few_days_are_not_enough(number: int) -> None:
    found = recurrence_of([BEGAN + 7 * week for week in range(number)], BEGAN + 60, is_open)
    assert found.form is None
    assert found.next_day(BEGAN + 60) is None


def test_every_day_is_about_every_day() -> None:
    days = list(range(BEGAN, BEGAN + 40))
    found = recurrence_of(days, BEGAN + 40, is_open)
    assert isinstance(found.form, Interval)
    assert found.next_day(BEGAN + 40) == BEGAN + 40


def test_without_days_there_is_nothing_to_ask() -> None:
    with pytest.raises(ValueError, match="nothing has happened"):
        recurrence_of([], BEGAN, is_open)


@given(st.sets(st.integers(0, 4000), min_size=1, max_size=40), st.integers(-30, 5000))
def test_whatever_the_days_the_answer_is_one_and_the_next_day_is_no_past_one(away: set[int], today: int) -> None:
    days = sorted(BEGAN + day for day in away)
    now = BEGAN + today
    found = recurrence_of(days, now, is_open)
    assert found == recurrence_of(days, now, is_open)
    assert 0.0 <= found.sure <= 1.0
    day = found.next_day(now)
    assert day is None or (day >= now and day > days[-1])
