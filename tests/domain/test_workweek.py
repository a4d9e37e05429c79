from datetime import date

from kairos.domain.workweek import Workweek


def test_without_a_country_saturday_and_sunday_are_closed() -> None:
    week = Workweek.of(None)
    assert [week.is_open(date(2026, 11, day)) for day in range(20, 24)] == [True, False, False, True]


def test_the_weekend_is_the_countrys_and_that_years() -> None:
    emirates = Workweek.of({}, {"2021": [4, 5], "2022": [5, 6]})
    assert not emirates.is_open(date(2021, 12, 31))  # a Friday of the last year with that weekend
    assert emirates.is_open(date(2021, 12, 26))
    assert emirates.is_open(date(2022, 1, 7))
    assert not emirates.is_open(date(2022, 1, 9))


def test_a_holiday_is_closed_and_a_weekend_day_that_makes_up_for_one_is_open() -> None:
    china = Workweek.of({"2026-02-17": "Chinese New Year"}, {"2026": [5, 6]}, ["2026-02-14"])
    assert not china.is_open(date(2026, 2, 17))
    assert china.is_open(date(2026, 2, 14))
    assert not china.is_open(date(2026, 2, 15))
