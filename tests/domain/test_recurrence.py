from calendar import monthrange
from datetime import date, timedelta
from itertools import islice
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.recurrence import (
    Feb29,
    LunarDate,
    Occurrence,
    Shift,
    anniversaries,
    next_anniversary,
    next_lunar_anniversary,
    next_month_day,
    next_payday,
    nth_anniversary,
    nth_lunar_anniversary,
    nth_month_day,
    payday,
)

DAY = timedelta(days=1)
LEAPLING = date(2000, 2, 29)
days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
feb29s = st.sampled_from(["feb28", "mar1"])
paydays = st.integers(1, 31) | st.just("last")

# The gazetted days off of autumn 2026 in Korea: Chuseok with its neighbours, two national days and a substitute.
KOREAN_HOLIDAYS = {date(2026, 9, day) for day in (24, 25, 26)} | {
    date(2026, 10, 3),
    date(2026, 10, 5),
    date(2026, 10, 9),
    date(2026, 12, 25),
}


def is_korean_business_day(day: date) -> bool:
    return day.weekday() < 5 and day not in KOREAN_HOLIDAYS


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


class TestAnniversaries:
    @pytest.mark.parametrize(
        ("n", "feb28", "mar1"),
        [
            (0, date(2000, 2, 29), date(2000, 2, 29)),
            (1, date(2001, 2, 28), date(2001, 3, 1)),
            (4, date(2004, 2, 29), date(2004, 2, 29)),
            (100, date(2100, 2, 28), date(2100, 3, 1)),
            (400, date(2400, 2, 29), date(2400, 2, 29)),
        ],
    )
    def test_29_february_goes_where_the_author_says(self, n: int, feb28: date, mar1: date) -> None:
        assert nth_anniversary(LEAPLING, n) == nth_anniversary(LEAPLING, n, "feb28") == feb28
        assert nth_anniversary(LEAPLING, n, "mar1") == mar1

    def test_the_first_is_a_year_after_the_date(self) -> None:
        assert list(islice(anniversaries(date(2026, 11, 22)), 2)) == [
            Occurrence(1, date(2027, 11, 22)),
            Occurrence(2, date(2028, 11, 22)),
        ]
        assert next_anniversary(date(2026, 11, 22), date(2026, 1, 1)) == Occurrence(1, date(2027, 11, 22))

    def test_the_next_is_strictly_after(self) -> None:
        born = date(1990, 6, 1)
        assert next_anniversary(born, date(2026, 5, 31)) == Occurrence(36, date(2026, 6, 1))
        assert next_anniversary(born, date(2026, 6, 1)) == Occurrence(37, date(2027, 6, 1))

    def test_they_end_with_the_calendar(self) -> None:
        assert [found.day.year for found in anniversaries(date(9997, 12, 31))] == [9998, 9999]
        for last in (date(9999, 1, 1), date(9999, 12, 31)):
            with pytest.raises(ValueError, match="year 10000"):
                nth_anniversary(last, 1)

    @given(days, days, feb29s)
    def test_the_next_is_the_first_of_all_that_is_after(self, born: date, after: date, feb29: Feb29) -> None:
        expected = next(found for found in anniversaries(born, feb29) if found.day > after)
        assert next_anniversary(born, after, feb29) == expected


class TestMonths:
    def test_a_day_that_a_month_lacks_is_its_last_and_comes_back(self) -> None:
        born = date(2026, 1, 31)
        assert [nth_month_day(born, n).isoformat() for n in (0, 1, 2, 3, 11, 12, 25)] == [
            "2026-01-31",
            "2026-02-28",
            "2026-03-31",
            "2026-04-30",
            "2026-12-31",
            "2027-01-31",
            "2028-02-29",
        ]

    @given(days, days)
    def test_the_next_is_the_first_of_all_that_is_after(self, born: date, after: date) -> None:
        found = next_month_day(born, after)
        assert found.day == nth_month_day(born, found.n)
        assert found.day > after
        assert found.n == 1 or nth_month_day(born, found.n - 1) <= after
        assert found.day.day == min(born.day, monthrange(found.day.year, found.day.month)[1])


# Chuseok of three years, and two full moons of the last lunar month, which the solar year after sees.
LUNAR = {
    (2026, 8, 15): date(2026, 9, 25),
    (2027, 8, 15): date(2027, 9, 15),
    (2028, 8, 15): date(2028, 10, 3),
    (2025, 12, 15): date(2026, 2, 2),
    (2026, 12, 15): date(2027, 1, 22),
}


def lunar_to_solar(year: int, month: int, day: int) -> date | None:
    return LUNAR.get((year, month, day))


class TestLunar:
    def test_a_lunar_date_is_no_solar_one(self) -> None:
        assert LunarDate.parse("1980-02-30") == LunarDate(1980, 2, 30)
        assert str(LunarDate(1980, 2, 30)) == "1980-02-30"

    @pytest.mark.parametrize("text", ["1980-13-01", "1980-01-31", "1980-00-10", "1980-1-1", "80-01-01", "", None, 1980])
    def test_what_is_no_lunar_date_is_refused(self, text: object) -> None:
        with pytest.raises(ValueError, match="lunar date"):
            LunarDate.parse(text)  # type: ignore[arg-type]

    def test_the_return_is_a_lunar_year_later_on_another_solar_day(self) -> None:
        born = LunarDate.parse("1980-08-15")
        assert nth_lunar_anniversary(born, 46, lunar_to_solar) == date(2026, 9, 25)
        assert next_lunar_anniversary(born, date(2026, 1, 1), lunar_to_solar) == Occurrence(46, date(2026, 9, 25))
        assert next_lunar_anniversary(born, date(2026, 9, 25), lunar_to_solar) == Occurrence(47, date(2027, 9, 15))

    def test_the_last_lunar_month_belongs_to_the_lunar_year_before(self) -> None:
        born = LunarDate(2000, 12, 15)
        assert next_lunar_anniversary(born, date(2026, 1, 1), lunar_to_solar) == Occurrence(25, date(2026, 2, 2))
        assert next_lunar_anniversary(born, date(2026, 2, 2), lunar_to_solar) == Occurrence(26, date(2027, 1, 22))

    def test_the_first_return_is_never_the_birth_itself(self) -> None:
        born = LunarDate(2026, 8, 15)
        assert next_lunar_anniversary(born, date(2020, 1, 1), lunar_to_solar) == Occurrence(1, date(2027, 9, 15))

    def test_a_30th_that_the_month_lacks_is_kept_on_the_29th_and_no_other_day_is_moved(self) -> None:
        short = {(2027, 3, 29): date(2027, 5, 5)}

        def table(year: int, month: int, day: int) -> date | None:
            return short.get((year, month, day))

        assert nth_lunar_anniversary(LunarDate(1990, 3, 30), 37, table) == date(2027, 5, 5)
        assert nth_lunar_anniversary(LunarDate(1990, 3, 28), 37, table) is None
        assert nth_lunar_anniversary(LunarDate(1990, 4, 30), 37, table) is None

    def test_beyond_the_table_there_is_no_day(self) -> None:
        assert next_lunar_anniversary(LunarDate(1980, 8, 15), date(2028, 10, 3), lunar_to_solar) is None


class TestPaydays:
    @pytest.mark.parametrize(
        ("month", "day", "shift", "paid"),
        [
            (9, 25, "previous", date(2026, 9, 23)),
            (9, 25, "next", date(2026, 9, 28)),
            (9, 25, "none", date(2026, 9, 25)),
            (10, 25, "previous", date(2026, 10, 23)),
            (11, 25, "previous", date(2026, 11, 25)),
            (12, 25, "previous", date(2026, 12, 24)),
            (10, "last", "previous", date(2026, 10, 30)),
            (10, "last", "next", date(2026, 11, 2)),
            (11, 1, "previous", date(2026, 10, 30)),
            (2, 31, "none", date(2026, 2, 28)),
        ],
    )
    def test_pay_comes_on_a_business_day(
        self, month: int, day: int | Literal["last"], shift: Shift, paid: date
    ) -> None:
        assert payday(2026, month, day, shift, is_korean_business_day) == paid

    def test_the_next_is_strictly_after_also_where_pay_moved_into_another_month(self) -> None:
        assert next_payday(date(2026, 10, 31), "last", "next", is_weekday) == date(2026, 11, 2)
        assert next_payday(date(2026, 11, 1), "last", "next", is_weekday) == date(2026, 11, 2)
        assert next_payday(date(2026, 11, 2), "last", "next", is_weekday) == date(2026, 11, 30)
        assert next_payday(date(2026, 10, 29), 1, "previous", is_weekday) == date(2026, 10, 30)
        assert next_payday(date(2026, 10, 30), 1, "previous", is_weekday) == date(2026, 12, 1)

    @pytest.mark.parametrize("day", [0, 32, -1])
    def test_what_is_no_day_of_a_month_is_refused(self, day: int) -> None:
        with pytest.raises(ValueError, match='from 1 to 31, or "last"'):
            payday(2026, 1, day, "none", is_weekday)

    def test_a_country_that_never_works_is_an_error_not_a_loop(self) -> None:
        def never(day: date) -> bool:
            return False

        shifts: tuple[Shift, ...] = ("previous", "next")
        for shift in shifts:
            with pytest.raises(ValueError, match="no business day within 31 days"):
                next_payday(date(2026, 1, 1), 25, shift, never)
        assert next_payday(date(2026, 1, 1), 25, "none", never) == date(2026, 1, 25)

    @given(days, paydays, st.sampled_from(["previous", "next", "none"]))
    def test_the_next_is_the_first_of_all_that_is_after(
        self, after: date, day: int | Literal["last"], shift: Shift
    ) -> None:
        around = [
            payday(year, month, day, shift, is_weekday)
            for year in (after.year - 1, after.year, after.year + 1)
            for month in range(1, 13)
        ]
        assert around == sorted(around)
        found = next_payday(after, day, shift, is_weekday)
        assert found == next(paid for paid in around if paid > after)
        assert shift == "none" or is_weekday(found)
        assert next_payday(found - DAY, day, shift, is_weekday) == found
