"""Days in every zone of the world, 2020 to 2040: never early, never on the wrong local day, in order, always the same.

What is compared with shares nothing with the code: `dateutil` for rules and birthdays, the lunar package, the clock.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st
from korean_lunar_calendar import KoreanLunarCalendar

from kairos.app.definitions.days import resolve_days
from kairos.domain.anchor import Anniversary, Holiday, Payday, SharedAnchor
from kairos.domain.moment import Moment, moments, next_moment
from kairos.domain.offset import Offset
from kairos.domain.profile import Profile
from tests.domain.clock_changes import all_zones

FIRST, LAST = date(2020, 1, 1), date(2040, 12, 31)
OFFSETS = [Offset.parse(text) for text in ("0d 09:00", "+1d 02:30", "-3d 10:00", "0d 00:00", "+30d 23:59")]
SHARED: tuple[SharedAnchor, ...] = (Holiday("Chuseok", "KR"), Payday(day=25, shift="previous"), Payday(day="last"))
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
EXAMPLES = 3_000 if NIGHTLY else 25

births = st.dates(date(1930, 1, 1), date(2019, 12, 31)) | st.sampled_from([date(2000, 2, 29), date(1988, 12, 31)])


@cache
def days_of(anchor: SharedAnchor) -> tuple[Moment, ...]:
    found = resolve_days(anchor, {"timezone": "UTC", "country": "KR"}, range(2020, 2041))
    return tuple(sorted((Moment(key, date.fromisoformat(day)) for key, day in found.items()), key=lambda m: m.day))


def listed(anchor: Any, zone: ZoneInfo, **traits: Any) -> list[Moment]:
    return list(takewhile(lambda moment: moment.day <= LAST, moments(anchor, traits, FIRST, zone, days_of)))


def is_on_the_day(due: datetime, wanted: date, clock: time, zone: ZoneInfo) -> bool:
    """Whether the zone's clock shows at least `clock` on the wanted day, and a second before it showed less, or a gap
    ended there: asked of `zoneinfo` alone."""
    local, before = due.astimezone(zone), (due - timedelta(seconds=1)).astimezone(zone)
    target = datetime.combine(wanted, clock)
    return local.replace(tzinfo=None) >= target > before.replace(tzinfo=None)


def check(found: list[Moment], zone: ZoneInfo) -> None:
    for offset in OFFSETS:
        dues = [offset.resolve_day(moment.day, zone) for moment in found]
        assert dues == [offset.resolve_day(moment.day, zone) for moment in found]
        assert all(one < other for one, other in pairwise(dues)), (zone.key, offset)
        for moment, due in zip(found, dues, strict=True):
            wanted = moment.day + timedelta(days=offset.days or 0)
            assert is_on_the_day(due, wanted, offset.clock or time(0), zone), (zone.key, str(offset), moment)


@pytest.mark.parametrize("anchor", SHARED, ids=lambda anchor: str(anchor.key))
def test_a_day_that_all_share_is_on_its_day_in_every_zone(anchor: SharedAnchor) -> None:
    found = listed(anchor, ZoneInfo("UTC"))
    assert len(found) >= 21
    for zone in all_zones()[:: 1 if NIGHTLY else 75]:
        check(found, zone)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(all_zones()), births, st.sampled_from(["feb28", "mar1"]))
def test_birthdays_are_those_of_an_independent_computation(zone: ZoneInfo, born: date, feb29: Any) -> None:
    found = listed(Anniversary("b", feb29=feb29), zone, b=born.isoformat())
    late = timedelta(days=1)  # relativedelta keeps 29 February on the 28th
    for moment in found:
        assert moment.n is not None
        expected = born + relativedelta(years=moment.n)
        leaping = (born.month, born.day) == (2, 29) and expected.day == 28 and feb29 == "mar1"
        assert moment.day == (expected + late if leaping else expected)
    assert [moment.day.year for moment in found] == list(range(2020, 2041))
    check(found, zone)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(all_zones()), births)
def test_monthly_days_are_those_of_an_independent_computation(zone: ZoneInfo, born: date) -> None:
    found = listed(Anniversary("b", every="month"), zone, b=born.isoformat())
    assert [moment.day for moment in found] == [born + relativedelta(months=moment.n or 0) for moment in found]
    assert len(found) == 21 * 12


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(1930, 2019), st.integers(1, 12), st.integers(1, 30), st.sampled_from(all_zones()))
def test_lunar_birthdays_are_those_of_the_lunar_package(year: int, month: int, day: int, zone: ZoneInfo) -> None:
    found = listed(Anniversary("b", "lunar"), zone, b=f"{year}-{month:02d}-{day:02d}")
    calendar, expected = KoreanLunarCalendar(), []
    for lunar in range(2018, 2042):
        if calendar.setLunarDate(lunar, month, day, False) or calendar.setLunarDate(lunar, month, 29, False):
            expected.append((date.fromisoformat(calendar.SolarIsoFormat()), lunar - year))
    wanted = [(solar, n) for solar, n in expected if FIRST <= solar <= LAST and n >= 1]
    assert [(moment.day, moment.n) for moment in found] == wanted


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.sampled_from(all_zones()),
    births,
    st.datetimes(datetime(2020, 1, 1), datetime(2039, 12, 31)),
    st.sampled_from([*SHARED, Anniversary("b"), Anniversary("b", "lunar"), Anniversary("b", every="month")]),
)
def test_the_next_is_strictly_later_and_nothing_lies_between(
    zone: ZoneInfo, born: date, after: datetime, anchor: Any
) -> None:
    someone = Profile(id="p", created_at=datetime(2020, 1, 1, tzinfo=UTC), traits={"b": born.isoformat()[:8] + "15"})
    after = after.replace(tzinfo=UTC)
    found = next_moment(anchor, someone, after, zone, days_of)
    assert found is not None
    assert found > after
    assert next_moment(anchor, someone, found - timedelta(microseconds=1), zone, days_of) == found
    between = after + (found - after) / 2
    assert between == found or next_moment(anchor, someone, between, zone, days_of) == found
