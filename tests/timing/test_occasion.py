"""Occasions by the calendar: each once, in order, moved where nobody works."""

from __future__ import annotations

from datetime import date

import pytest

from kairos.timing.occasion import LAST, Interval, Months, Weeks


def days(*written: str) -> list[int]:
    return [date.fromisoformat(each).toordinal() for each in written]


def is_open(day: date) -> bool:
    return day.weekday() < 5 and day != date(2026, 12, 25)


def test_weekdays_come_every_week_and_every_second_week_keeps_its_weeks() -> None:
    (since, until) = days("2026-11-01", "2026-11-21")
    assert list(Weeks(1, (0, 4)).starts(since, until)) == days(
        "2026-11-02", "2026-11-06", "2026-11-09", "2026-11-13", "2026-11-16", "2026-11-20"
    )
    every = [start for residue in range(14) for start in Weeks(2, (residue,)).starts(since, until)]
    assert sorted(every) == list(range(since, until + 1)), "each day belongs to one of the fourteen"


@pytest.mark.parametrize(
    ("day", "shift", "expected"),
    [
        (25, "none", ("2026-10-25", "2026-11-25", "2026-12-25")),
        (25, "previous", ("2026-10-23", "2026-11-25", "2026-12-24")),
        (25, "next", ("2026-10-26", "2026-11-25", "2026-12-28")),
        (LAST, "none", ("2026-10-31", "2026-11-30", "2026-12-31")),
    ],
)
def test_a_day_of_the_month_moves_off_days_on_which_nobody_works(day: int, shift: str, expected: tuple[str]) -> None:
    form = Months(day, shift, is_open)  # type: ignore[arg-type]
    since, until = days("2026-10-05", "2026-12-31")
    assert list(form.starts(since, until)) == days(*expected)


def test_a_day_that_moves_into_the_month_before_is_found_there_and_keeps_its_month() -> None:
    form = Months(1, "previous", is_open)
    (since, until) = days("2026-10-25", "2026-10-31")
    assert list(form.starts(since, until)) == days("2026-10-30")
    assert form.by_month(since, until)["2026-11"] == days("2026-10-30")[0]


def test_about_so_many_days_after_the_last_time() -> None:
    assert Interval(9.6, (8, 12)).next_after(100) == 110
    assert Interval(0.2, (0, 1)).next_after(100) == 101
