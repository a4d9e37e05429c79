import importlib.resources
import os
import subprocess
import sys
import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kairos
from kairos.domain.localtime import (
    SEARCH_DAYS_MAX,
    UnknownZone,
    format_clock,
    load_zone,
    local,
    next_clock,
    parse_clock,
    parse_weekdays,
    to_instant,
)
from tests.domain.clock_changes import Change, all_changes, all_zones, brute_to_instant, one_change_of_each_kind, scan

DAY = timedelta(days=1)
MICRO = timedelta(microseconds=1)
minutes_of_day = st.builds(time, st.integers(0, 23), st.integers(0, 59))
some_weekdays = st.none() | st.frozensets(st.integers(0, 6), min_size=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(instant: datetime, offset: timedelta) -> datetime:
    return instant.replace(tzinfo=None) + offset


class TestZones:
    @pytest.mark.parametrize(
        "name",
        [
            "../../etc/passwd",
            "/etc/localtime",
            "",
            ".",
            "Asia",
            "Asia/",
            "Asia/Seoul\0",
            "\0",
            "asia/seoul",
            "Factory",
            "tzdata.zi",
            "__init__.py",
            "Asia/__init__.py",
            "\ud800",
            "x" * 1_000_000,
            None,
            9,
            b"Asia/Seoul",
            ["Asia/Seoul"],
            {},
        ],
    )
    def test_what_is_no_zone_is_refused(self, name: object) -> None:
        with pytest.raises(UnknownZone, match="no IANA time zone") as refused:
            load_zone(name)  # type: ignore[arg-type]
        assert isinstance(refused.value, ValueError)
        assert len(str(refused.value)) < 400

    def test_a_zone_is_loaded_once(self) -> None:
        assert load_zone("Asia/Seoul") is load_zone("Asia/Seoul")
        assert load_zone("Asia/Seoul").key == "Asia/Seoul"

    def test_the_pinned_package_wins_over_the_machine_without_the_environment_saying_so(self, tmp_path: Path) -> None:
        """A machine whose "Asia/Seoul" holds New York's rules, and a zone that was loaded before Kairos was."""
        (tmp_path / "Asia").mkdir()
        data = importlib.resources.files("tzdata").joinpath("zoneinfo", "America", "New_York").read_bytes()
        (tmp_path / "Asia" / "Seoul").write_bytes(data)
        code = (
            "from zoneinfo import ZoneInfo; from datetime import datetime as d\n"
            "before = ZoneInfo('Asia/Seoul').utcoffset(d(2026, 1, 1))\n"
            "from kairos.domain.localtime import load_zone\n"
            "print(before, load_zone('Asia/Seoul').utcoffset(d(2026, 1, 1)), sep='|')"
        )
        package = str(Path(kairos.__file__).parents[1])
        environment = os.environ | {"PYTHONTZPATH": str(tmp_path), "PYTHONPATH": package}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout.strip() == "-1 day, 19:00:00|9:00:00"

    def test_the_system_copy_is_out_of_reach(self) -> None:
        assert zoneinfo.TZPATH == ()


class TestWords:
    @pytest.mark.parametrize(
        ("text", "clock"), [("09:00", time(9)), ("00:00", time(0)), ("23:59:59", time(23, 59, 59))]
    )
    def test_a_clock_time_reads_back(self, text: str, clock: time) -> None:
        assert parse_clock(text) == clock
        assert format_clock(clock) == text

    @pytest.mark.parametrize(
        "text", ["24:00", "9:00", "09:60", "09:00:60", "0900", "", "09:00 ", "09:00\n", "٠٩:00", 1260, None, time(9)]
    )
    def test_what_is_no_clock_time_is_refused(self, text: object) -> None:
        with pytest.raises(ValueError, match='write "HH:MM" in quotes'):
            parse_clock(text)  # type: ignore[arg-type]

    def test_weekdays_count_from_monday(self) -> None:
        assert parse_weekdays(["mon", "thu", "mon"]) == {0, 3}
        assert parse_weekdays(("sun",)) == {6}

    @pytest.mark.parametrize("names", [[], "mon", ["Monday"], ["mon", 3], [None], [["mon"]], None, 3, {}])
    def test_what_lists_no_weekdays_is_refused(self, names: object) -> None:
        with pytest.raises(ValueError, match="such as \\[mon, thu\\]"):
            parse_weekdays(names)  # type: ignore[arg-type]


class TestToInstant:
    @pytest.mark.parametrize(
        ("zone", "day", "clock", "instant"),
        [
            ("Asia/Seoul", "2026-03-08", "09:00", "2026-03-08T00:00"),
            ("America/New_York", "2026-03-08", "09:00", "2026-03-08T13:00"),
            ("America/New_York", "2026-03-08", "01:59", "2026-03-08T06:59"),
            ("America/New_York", "2026-03-08", "02:00", "2026-03-08T07:00"),
            ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00"),
            ("America/New_York", "2026-03-08", "03:00", "2026-03-08T07:00"),
            ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),
            ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),
            ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
            ("Antarctica/Troll", "2026-03-29", "01:30", "2026-03-29T01:00"),
            ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00"),
            ("America/Nuuk", "2026-03-28", "23:30", "2026-03-29T01:00"),
            ("Pacific/Apia", "2011-12-30", "00:00", "2011-12-30T10:00"),
            ("Pacific/Apia", "2011-12-30", "10:00", "2011-12-30T10:00"),
            ("Pacific/Apia", "2011-12-30", "23:59", "2011-12-30T10:00"),
            ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00"),
            ("Pacific/Kwajalein", "1993-08-21", "12:00", "1993-08-21T12:00"),
        ],
    )
    def test_known_edges(self, zone: str, day: str, clock: str, instant: str) -> None:
        assert to_instant(date.fromisoformat(day), time.fromisoformat(clock), load_zone(zone)) == utc(instant)

    def test_the_second_of_a_repeated_time_still_means_the_first(self) -> None:
        """A clock read off the second pass carries fold=1; it names the same clock time."""
        second = local(utc("2026-11-01T06:30"), load_zone("America/New_York"))
        assert second.fold == 1
        assert to_instant(second.date(), second.time(), load_zone("America/New_York")) == utc("2026-11-01T05:30")

    def test_every_change_of_every_zone_from_2020_to_2040(self) -> None:
        """What a gap skips is its end, what an overlap repeats is the first, and the minutes around are themselves."""
        for change in all_changes():
            low, high = sorted((wall(change.at, change.before), wall(change.at, change.after)))
            width, at = high - low, change.at
            moments = (low - MICRO, low, low + width / 2, high - MICRO, high)
            instants = [to_instant(moment.date(), moment.time(), change.zone) for moment in moments]
            if change.before < change.after:
                assert instants == [at - MICRO, at, at, at, at], change
            else:
                assert instants == [at - width - MICRO, at - width, at - width / 2, at - MICRO, at + width], change

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_it_agrees_with_a_scan_of_the_wall_clock(self, data: st.DataObject) -> None:
        change = data.draw(st.sampled_from(one_change_of_each_kind()))
        moment = wall(change.at, change.before) + timedelta(minutes=data.draw(st.integers(-1500, 1500)))
        instant = to_instant(moment.date(), moment.time(), change.zone)
        assert instant == brute_to_instant(moment, moment.time(), change)

    def test_every_local_time_that_is_shown_once_comes_back(self) -> None:
        for zone in all_zones():
            for instant in (utc("2026-01-15T03:07:11"), utc("2026-07-15T15:44:59.000001"), utc("2039-10-02T00:00")):
                shown = local(instant, zone)
                assert to_instant(shown.date(), shown.time(), zone) == instant


def brute_next_clock(
    after: datetime, change: Change, clock: time, wanted: Callable[[date], bool], days: int = 9
) -> datetime | None:
    """Look at every minute after `after`, remembering which clock minutes were shown and which jumped over."""
    shown = {
        minute.astimezone(change.zone).replace(tzinfo=None) for minute in scan(after - timedelta(minutes=240), 240)
    }
    shown |= {after.astimezone(change.zone).replace(tzinfo=None)}
    for minute in scan(after + MICRO, days * 24 * 60):
        if minute == change.at and change.before < change.after:
            jumped = wall(minute, change.before)
            while jumped < wall(minute, change.after):
                if jumped.time() == clock and wanted(jumped.date()):
                    return minute
                jumped += timedelta(minutes=1)
        moment = minute.astimezone(change.zone).replace(tzinfo=None)
        if moment.time() == clock and wanted(moment.date()) and moment not in shown:
            return minute
        shown.add(moment)
    return None


class TestNextClock:
    @pytest.mark.parametrize(
        ("zone", "after", "clock", "days", "instant"),
        [
            ("Asia/Tokyo", "2026-01-06T23:00", "06:00", ["thu"], "2026-01-07T21:00"),
            ("Asia/Seoul", "2026-01-06T00:00", "09:00", None, "2026-01-07T00:00"),
            ("Asia/Seoul", "2026-01-05T23:59:59.999999", "09:00", None, "2026-01-06T00:00"),
            ("America/New_York", "2026-11-01T05:30", "01:30", None, "2026-11-02T06:30"),
            ("America/New_York", "2026-11-01T05:45", "01:30", None, "2026-11-02T06:30"),
            ("America/New_York", "2026-03-08T07:00", "02:30", None, "2026-03-09T06:30"),
            ("Pacific/Apia", "2011-12-29T20:00", "10:00", None, "2011-12-30T20:00"),
            ("Pacific/Apia", "2011-12-29T20:00", "10:00", ["fri"], "2012-01-05T20:00"),
            ("Pacific/Kwajalein", "1993-08-20T22:00", "10:00", None, "1993-08-21T22:00"),
            ("America/Nuuk", "2026-03-28T12:00", "23:30", ["sat"], "2026-03-29T01:00"),
        ],
    )
    def test_known_edges(self, zone: str, after: str, clock: str, days: list[str] | None, instant: str) -> None:
        weekdays = parse_weekdays(days) if days else None
        assert next_clock(utc(after), load_zone(zone), parse_clock(clock), weekdays) == utc(instant)

    def test_a_business_day_is_asked_of_the_local_date(self) -> None:
        closed = {date(2026, 9, 24), date(2026, 9, 25), date(2026, 9, 26), date(2026, 9, 27)}
        found = next_clock(
            utc("2026-09-23T00:00"), load_zone("Asia/Seoul"), time(9), is_business_day=lambda day: day not in closed
        )
        assert found == utc("2026-09-28T00:00")

    def test_days_that_never_come_end_in_an_error_not_in_a_loop(self) -> None:
        asked: list[date] = []

        def never_open(day: date) -> bool:
            asked.append(day)
            return False

        with pytest.raises(ValueError, match="no day within 400 days"):
            next_clock(utc("2026-01-01T00:00"), load_zone("Asia/Seoul"), time(9), is_business_day=never_open)
        assert len(asked) == SEARCH_DAYS_MAX
        with pytest.raises(ValueError, match="no day within"):
            next_clock(utc("2026-01-01T00:00"), load_zone("Asia/Seoul"), time(9), frozenset())

    @settings(max_examples=120, deadline=None)
    @given(st.data())
    def test_it_agrees_with_a_scan_of_every_minute(self, data: st.DataObject) -> None:
        change = data.draw(st.sampled_from(one_change_of_each_kind()))
        after = change.at + timedelta(seconds=data.draw(st.integers(-200_000, 20_000)))
        near = wall(change.at, change.before) + timedelta(minutes=data.draw(st.integers(-90, 90)))
        clock = data.draw(minutes_of_day | st.just(near.time()))
        weekdays = data.draw(some_weekdays)
        expected = brute_next_clock(after, change, clock, lambda day: weekdays is None or day.weekday() in weekdays)
        assert next_clock(after, change.zone, clock, weekdays) == expected

    @settings(max_examples=300, deadline=None)
    @given(st.data())
    def test_it_is_never_early_never_on_a_wrong_day_idempotent_and_monotone(self, data: st.DataObject) -> None:
        if data.draw(st.booleans()):
            change = data.draw(st.sampled_from(all_changes()))
            zone, after = change.zone, change.at + timedelta(microseconds=data.draw(st.integers(-(10**12), 10**12)))
        else:
            zone = data.draw(st.sampled_from(all_zones()))
            after = data.draw(st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC)))
        clock, weekdays = data.draw(minutes_of_day), data.draw(some_weekdays)
        found = next_clock(after, zone, clock, weekdays)
        assert found > after
        assert_right_local_day(found, zone, clock, weekdays)
        assert next_clock(found - MICRO, zone, clock, weekdays) == found
        between = min(after + (found - after) * data.draw(st.floats(0, 1)), found - MICRO)
        assert next_clock(between, zone, clock, weekdays) == found
        assert next_clock(found, zone, clock, weekdays) > found

    def test_every_zone_shows_the_clock_asked_for_through_a_year(self) -> None:
        for zone in all_zones():
            at = utc("2026-01-01T00:00")
            for _ in range(60):
                at = next_clock(at, zone, time(2, 30), frozenset({6}))
                assert_right_local_day(at, zone, time(2, 30), frozenset({6}))


def assert_right_local_day(
    found: datetime, zone: zoneinfo.ZoneInfo, clock: time, weekdays: frozenset[int] | None
) -> None:
    shown = local(found, zone)
    if shown.time() == clock:
        assert shown.fold == 0
        assert weekdays is None or shown.weekday() in weekdays
        return
    # Else it is a gap's end, and the clock time was jumped over on a day that was wanted.
    jumped_from = local(found - MICRO, zone).replace(tzinfo=None) + MICRO
    jumped_to = shown.replace(tzinfo=None)
    skipped = datetime.combine(jumped_from.date(), clock)
    assert jumped_from <= skipped < jumped_to
    assert weekdays is None or skipped.weekday() in weekdays
    assert jumped_to.date() == skipped.date() or jumped_to == datetime.combine(skipped.date() + DAY, time(0))
