from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairos.domain.localtime import load_zone
from kairos.domain.quiet_hours import SEARCH_MAX, Window, next_open
from tests.domain.clock_changes import all_zones, one_change_of_each_kind, scan

NIGHT = Window.parse("21:00-08:00")
SEOUL, NEW_YORK = load_zone("Asia/Seoul"), load_zone("America/New_York")
TROLL, NUUK = load_zone("Antarctica/Troll"), load_zone("America/Nuuk")

clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 0, 1, 15, 30, 45, 59]))
windows = st.tuples(clocks, clocks).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Window(*pair))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def is_quiet(instant: datetime, quiet: Iterable[tuple[Window, ZoneInfo]]) -> bool:
    """Ask the wall clock in minutes since midnight, walking round the dial from the window's start."""
    for window, zone in quiet:
        shown = instant.astimezone(zone)
        since_start = (shown.hour * 3600 + shown.minute * 60 + shown.second - seconds(window.start)) % 86_400
        if since_start < (seconds(window.end) - seconds(window.start)) % 86_400:
            return True
    return False


def seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def brute_next_open(instant: datetime, quiet: list[tuple[Window, ZoneInfo]], minutes: int) -> datetime | None:
    if not is_quiet(instant, quiet):
        return instant
    return next((minute for minute in scan(instant, minutes) if minute > instant and not is_quiet(minute, quiet)), None)


@pytest.mark.parametrize(
    ("local_time", "quiet"),
    [
        ("20:59:59.999999", False),
        ("21:00", True),
        ("23:59:59", True),
        ("00:00", True),
        ("07:59:59", True),
        ("08:00", False),
    ],
)
def test_an_overnight_window_is_one_window_its_start_inside_its_end_not(local_time: str, quiet: bool) -> None:
    instant = datetime.fromisoformat(f"2026-06-10T{local_time}").replace(tzinfo=SEOUL).astimezone(UTC)
    assert NIGHT.contains(instant, SEOUL) is quiet


def test_a_window_by_day_is_quiet_by_day() -> None:
    lunch = Window.parse("12:00-13:00")
    assert [lunch.contains(utc(f"2026-06-10T{hour:02}:00"), SEOUL) for hour in (2, 3, 4)] == [False, True, False]


def test_a_window_until_midnight_ends_there() -> None:
    late = Window.parse("22:00-00:00")
    assert late.ends_after(utc("2026-06-10T14:30"), SEOUL) == utc("2026-06-10T15:00")
    assert not late.contains(utc("2026-06-10T15:00"), SEOUL)


@pytest.mark.parametrize(
    "text",
    [
        "21:00",
        "21:00-21:00",
        "21:00-24:00",
        "21-08",
        "-",
        "",
        "21:00\u201308:00",
        "21:00-08:00-09:00",
        75_600,
        None,
        ["21:00-08:00"],
    ],
)
def test_what_is_no_window_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"is no window|is no clock time|different times"):
        Window.parse(text)  # type: ignore[arg-type]


def test_a_window_reads_back() -> None:
    assert str(NIGHT) == "21:00-08:00"
    assert Window.parse("21:00 - 08:00") == NIGHT


@pytest.mark.parametrize(
    ("window", "zone", "instant", "opening"),
    [
        ("21:00-08:00", SEOUL, "2026-06-10T12:00", "2026-06-10T23:00"),
        ("21:00-08:00", SEOUL, "2026-06-10T11:59:59", "2026-06-10T11:59:59"),
        ("21:00-08:00", SEOUL, "2026-06-09T22:59:59.999999", "2026-06-09T23:00"),
        ("21:00-08:00", NEW_YORK, "2026-03-08T02:00", "2026-03-08T12:00"),  # the night is ten hours long
        ("21:00-08:00", NEW_YORK, "2026-11-01T01:00", "2026-11-01T13:00"),  # and twelve in autumn
        ("22:00-02:30", NEW_YORK, "2026-03-08T05:00", "2026-03-08T07:00"),  # its end is skipped: the gap's end
        ("22:00-02:15", TROLL, "2026-03-29T00:30", "2026-03-29T01:00"),
        ("00:00-01:30", NEW_YORK, "2026-11-01T05:00", "2026-11-01T05:30"),  # the first of two ends
        ("00:00-01:30", NEW_YORK, "2026-11-01T06:00", "2026-11-01T06:30"),  # in it again when 01:00 comes again
        ("01:45-01:15", NEW_YORK, "2026-11-01T05:50", "2026-11-01T06:15"),
        ("23:30-00:00", NUUK, "2026-03-29T00:59", "2026-03-29T00:59"),  # skipped whole: no quiet that night
    ],
)
def test_a_message_is_held_to_the_exact_end(window: str, zone: ZoneInfo, instant: str, opening: str) -> None:
    parsed = Window.parse(window)
    assert parsed.ends_after(utc(instant), zone) == utc(opening)
    assert next_open(utc(instant), [(parsed, zone)]) == utc(opening)


def test_without_windows_every_instant_is_open() -> None:
    assert next_open(utc("2026-06-10T12:00:00.000001"), []) == utc("2026-06-10T12:00:00.000001")


def test_an_opening_is_outside_of_the_windows_of_all_zones() -> None:
    """Seoul sleeps 12:00 to 23:00 UTC, New York 01:00 to 12:00 UTC in summer: only 23:00 to 01:00 is open to both."""
    both = [(NIGHT, SEOUL), (NIGHT, NEW_YORK)]
    assert next_open(utc("2026-06-10T04:00"), both) == utc("2026-06-10T23:00")
    assert next_open(utc("2026-06-10T23:30"), both) == utc("2026-06-10T23:30")
    assert next_open(utc("2026-06-11T01:00"), iter(both)) == utc("2026-06-11T23:00")


def test_windows_that_leave_no_opening_say_so() -> None:
    around_the_world = [(NIGHT, load_zone(name)) for name in ("Asia/Seoul", "Europe/London", "America/Los_Angeles")]
    assert all(is_quiet(minute, around_the_world) for minute in scan(utc("2026-06-10T00:00"), 24 * 60))
    assert next_open(utc("2026-06-10T00:00"), around_the_world) is None
    day_and_night = [(NIGHT, SEOUL), (Window.parse("08:00-21:00"), SEOUL)]
    assert next_open(utc("2026-06-10T00:00"), day_and_night) is None


def test_the_union_of_the_whole_world_is_answered_at_once() -> None:
    assert next_open(utc("2026-06-10T00:00"), [(NIGHT, zone) for zone in all_zones()]) is None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_opening_is_what_a_scan_of_every_minute_finds(data: st.DataObject) -> None:
    change = data.draw(st.sampled_from(one_change_of_each_kind()))
    instant = change.at + timedelta(seconds=data.draw(st.integers(-90_000, 20_000)))
    shown = (change.at + change.before).time()
    near = Window(time((shown.hour - 2) % 24), time((shown.hour + data.draw(st.integers(-1, 2))) % 24, 30))
    window = data.draw(windows | st.just(near))
    expected = brute_next_open(instant, [(window, change.zone)], 2 * 24 * 60)
    assert expected is not None
    assert window.ends_after(instant, change.zone) == expected
    assert next_open(instant, [(window, change.zone)]) == expected


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_an_opening_in_several_zones_is_what_a_scan_of_every_minute_finds(data: st.DataObject) -> None:
    change = data.draw(st.sampled_from(one_change_of_each_kind()))
    others = data.draw(st.lists(st.tuples(windows, st.sampled_from(all_zones())), max_size=2))
    quiet = [(data.draw(windows), change.zone), *others]
    instant = change.at + timedelta(seconds=data.draw(st.integers(-90_000, 20_000)))
    found = next_open(instant, quiet)
    assert found == brute_next_open(instant, quiet, int(SEARCH_MAX / timedelta(minutes=1)))
    if found is not None:
        assert not is_quiet(found, quiet)
        assert next_open(found, quiet) == found
