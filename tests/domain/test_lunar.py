"""The table is compared with the package that its data come from, day by day, and with published feasts."""

from datetime import date, timedelta

import pytest
from korean_lunar_calendar import KoreanLunarCalendar

from kairos.domain.lunar import FIRST_YEAR, LAST_DAY, LAST_YEAR, lunar_to_solar


def by_the_package(year: int, month: int, day: int) -> date | None:
    calendar = KoreanLunarCalendar()
    return date.fromisoformat(calendar.SolarIsoFormat()) if calendar.setLunarDate(year, month, day, False) else None


def test_every_day_of_the_table_is_the_packages() -> None:
    calendar = KoreanLunarCalendar()
    wrong = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1, 13):
            for day in range(1, 31):
                known = calendar.setLunarDate(year, month, day, False)
                expected = date.fromisoformat(calendar.SolarIsoFormat()) if known else None
                if lunar_to_solar(year, month, day) != expected:
                    wrong.append((year, month, day, expected))
    assert wrong == []


def test_an_ordinary_month_comes_before_its_leap_month() -> None:
    # 2025 has a leap sixth month: the ordinary one begins on 25 June, the leap one on 25 July.
    assert lunar_to_solar(2025, 6, 1) == date(2025, 6, 25) == by_the_package(2025, 6, 1)
    assert lunar_to_solar(2025, 7, 1) == date(2025, 8, 23)


@pytest.mark.parametrize(
    ("lunar", "solar"),
    [
        ((2026, 1, 1), date(2026, 2, 17)),  # Seollal
        ((2026, 8, 15), date(2026, 9, 25)),  # Chuseok
        ((2027, 1, 1), date(2027, 2, 7)),  # a day after China's, which is on 6 February
        ((2028, 8, 15), date(2028, 10, 3)),
    ],
)
def test_the_feasts_fall_where_the_gazette_has_them(lunar: tuple[int, int, int], solar: date) -> None:
    assert lunar_to_solar(*lunar) == solar


def test_a_day_that_a_month_lacks_and_a_day_beyond_the_table_are_none() -> None:
    short = [(y, m) for y in range(2020, 2050) for m in range(1, 13) if lunar_to_solar(y, m, 30) is None]
    assert 150 < len(short) < 200
    assert all(lunar_to_solar(year, month, 29) is not None for year, month in short)
    for unknown in ((FIRST_YEAR - 1, 1, 1), (LAST_YEAR + 1, 1, 1), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0)):
        assert lunar_to_solar(*unknown) is None
    assert lunar_to_solar(LAST_YEAR, 12, 1) is None
    assert lunar_to_solar(LAST_YEAR, 11, 18) == LAST_DAY
    assert lunar_to_solar(LAST_YEAR, 11, 19) is None


def test_months_follow_one_another_without_a_gap_outside_leap_years() -> None:
    for month in range(1, 12):
        last = lunar_to_solar(2027, month, 30) or lunar_to_solar(2027, month, 29)
        assert last is not None
        assert lunar_to_solar(2027, month + 1, 1) == last + timedelta(days=1)
