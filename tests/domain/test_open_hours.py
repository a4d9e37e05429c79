from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.localtime import WEEKDAYS, load_zone
from kairos.domain.open_hours import SEARCH_MAX, OpenHours
from tests.domain.clock_changes import one_change_of_each_kind

OFFICE = {"mon-fri": "09:00-18:00", "sat": ["10:00-12:00", "13:00-14:00"]}
SEOUL = load_zone("Asia/Seoul")
MINUTE = timedelta(minutes=1)


def local(text: str, zone: ZoneInfo = SEOUL) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-02T08:59:59", "2026-03-02T09:00"),  # a Monday
        ("2026-03-02T09:00", "2026-03-02T09:00"),
        ("2026-03-02T17:59:59", "2026-03-02T17:59:59"),
        ("2026-03-02T18:00", "2026-03-03T09:00"),
        ("2026-03-06T18:00", "2026-03-07T10:00"),
        ("2026-03-07T12:00", "2026-03-07T13:00"),
        ("2026-03-07T14:00", "2026-03-09T09:00"),
    ],
)
def test_what_is_closed_opens_at_the_next_window_its_start_inside_its_end_not(at: str, opens: str) -> None:
    assert OpenHours.parse(OFFICE).ends_after(local(at), SEOUL) == local(opens)


def test_a_window_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    hours = OpenHours.parse({"fri": "20:00-02:00"})
    assert hours.contains(local("2026-03-07T01:59:59"), SEOUL)
    assert not hours.contains(local("2026-03-07T02:00"), SEOUL)
    assert not hours.contains(local("2026-03-06T01:00"), SEOUL)
    assert hours.ends_after(local("2026-03-07T02:00"), SEOUL) == local("2026-03-13T20:00")


def test_all_day_is_a_whole_day_and_days_may_run_over_the_weekend() -> None:
    hours = OpenHours.parse({"sat-mon": "all day"})
    assert [hours.week[day] != () for day in range(7)] == [True, False, False, False, False, True, True]
    assert hours.contains(local("2026-03-09T23:59:59"), SEOUL)
    assert not hours.contains(local("2026-03-10T00:00"), SEOUL)


def test_a_public_holiday_has_windows_of_its_own_where_the_author_says_so() -> None:
    def feast(day: date) -> bool:
        return day == date(2026, 3, 2)

    closed = OpenHours.parse(OFFICE | {"holidays": "closed"}, feast)
    assert closed.ends_after(local("2026-03-02T10:00"), SEOUL) == local("2026-03-03T09:00")
    short = OpenHours.parse(OFFICE | {"holidays": "11:00-12:00"}, feast)
    assert short.ends_after(local("2026-03-02T10:00"), SEOUL) == local("2026-03-02T11:00")
    silent = OpenHours.parse(OFFICE, feast)
    assert silent.contains(local("2026-03-02T10:00"), SEOUL)


def test_where_every_day_is_a_holiday_there_is_no_opening() -> None:
    hours = OpenHours.parse({"mon": "09:00-10:00", "holidays": "closed"}, lambda day: True)
    at = local("2026-03-02T09:30")
    assert hours.ends_after(at, SEOUL) > at + SEARCH_MAX


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("9-18", "no clock time"),
        ("09:00", "write"),
        ("09:00-09:00", "all day"),
        (540, "int is no window"),
        ({}, "no weekday has a window"),
        ({"mon": "closed", "holidays": "09:00-10:00"}, "no weekday has a window"),
        ({"mon-fri": "09:00-18:00", "fri": "09:00-12:00"}, "fri is named twice"),
        ({"monday": "09:00-18:00"}, "names no days"),
        ({"mon-": "09:00-18:00"}, "names no days"),
        ([], "list is no window"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_would_be_right(written: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        OpenHours.parse(written)


clocks = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 59])).map(lambda pair: f"{pair[0]:02}:{pair[1]:02}")
spans = st.tuples(clocks, clocks).filter(lambda pair: pair[0] != pair[1]).map("-".join)
weeks = st.dictionaries(st.sampled_from(WEEKDAYS), spans | st.just("all day"), min_size=1)


def inside(week: dict[str, str], shown: datetime) -> bool:
    """Walk from midnight of each of two days to the clock in seconds, and see whether a window covers it."""
    for days_ago in (0, 1):
        text = week.get(WEEKDAYS[(shown.weekday() - days_ago) % 7])
        if text is None:
            continue
        start, end = (0, 86_400) if text == "all day" else map(_seconds, text.split("-"))
        clock = shown.hour * 3600 + shown.minute * 60 + shown.second + 86_400 * days_ago
        if start <= clock < (end if end > start else end + 86_400):
            return True
    return False


def _seconds(clock: str) -> int:
    return int(clock[:2]) * 3600 + int(clock[3:]) * 60


@given(weeks, st.sampled_from(one_change_of_each_kind()), st.integers(-2 * 1440, 1440), st.sampled_from([-1, 0, 1]))
def test_around_every_change_of_every_zone_it_opens_at_the_first_minute_that_is_inside(
    week: dict[str, str], change: Any, minutes: int, seconds: int
) -> None:
    """Never early, never inside a closed time, idempotent, and not later than the first open minute of a day's walk."""
    hours, at = OpenHours.parse(week), change.at + minutes * MINUTE + timedelta(seconds=seconds)
    opens = hours.ends_after(at, change.zone)
    assert opens >= at
    assert inside(week, opens.astimezone(change.zone))
    assert hours.ends_after(opens, change.zone) == opens
    between = [at] + [(at + step * MINUTE).replace(second=0) for step in range(1, 1441)]
    assert not any(inside(week, one.astimezone(change.zone)) for one in between if at <= one < opens)
