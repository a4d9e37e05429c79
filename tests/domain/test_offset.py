from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairos.domain.localtime import load_zone, local
from kairos.domain.offset import Offset
from tests.domain.clock_changes import all_changes

NEW_YORK = load_zone("America/New_York")
SEOUL = load_zone("Asia/Seoul")

clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
offsets = st.builds(Offset, days=st.integers(-3652, 3652), clock=st.none() | clocks) | st.builds(
    Offset, elapsed=st.integers(-315_000_000, 315_000_000).map(lambda seconds: timedelta(seconds=seconds))
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "offset", "canonical"),
    [
        ("-14d 10:00", Offset(days=-14, clock=time(10)), "-14d 10:00"),
        ("-1d", Offset(days=-1), "-1d"),
        ("+3d", Offset(days=3), "+3d"),
        ("+1w 09:00", Offset(days=7, clock=time(9)), "+7d 09:00"),
        ("-1w2d", Offset(days=-9), "-9d"),
        ("0d", Offset(days=0), "0d"),
        ("-0d 09:00", Offset(days=0, clock=time(9)), "0d 09:00"),
        ("+1d 09:00:30", Offset(days=1, clock=time(9, 0, 30)), "+1d 09:00:30"),
        ("-2h", Offset(elapsed=timedelta(hours=-2)), "-2h"),
        ("+90m", Offset(elapsed=timedelta(minutes=90)), "+1h30m"),
        ("-48h", Offset(elapsed=timedelta(hours=-48)), "-48h"),
        ("0m", Offset(elapsed=timedelta(0)), "0m"),
        ("+0h", Offset(elapsed=timedelta(0)), "0m"),
    ],
)
def test_an_offset_is_local_days_or_elapsed_time(text: str, offset: Offset, canonical: str) -> None:
    assert Offset.parse(text) == offset
    assert str(offset) == canonical


@given(offsets)
def test_the_canonical_text_reads_back(offset: Offset) -> None:
    assert Offset.parse(str(offset)) == offset


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("2h", 'write "-2h" for before'),
        ("1d 10:00", "no sign"),
        ("-1d12h", "mixes"),
        ("-2h 10:00", "clock time to elapsed"),
        ("0m 10:00", "clock time to elapsed"),
        ("-1d 24:00", "00:00"),
        ("-1d 10", "HH:MM"),
        ("-1d  10:00", "no offset"),
        ("-1d ", "no offset"),
        ("- 1d", "no offset"),
        ("--1d", "no offset"),
        ("-1.5d", "no offset"),
        ("-1D", "no offset"),
        ("-3653d", "ten years"),
        ("+12h1h", "no duration"),
        ("10:00", "no offset"),
        ("", "no offset"),
        (-1, "int"),
        (None, "NoneType"),
        (timedelta(1), "timedelta"),
    ],
)
def test_what_is_no_offset_is_refused_with_what_would_be_right(text: object, hint: str) -> None:
    with pytest.raises(ValueError, match=hint) as refused:
        Offset.parse(text)  # type: ignore[arg-type]
    assert len(str(refused.value)) < 300


def test_an_offset_is_never_both_kinds_nor_neither() -> None:
    for days, clock, elapsed in ((1, None, timedelta(1)), (None, None, None), (None, time(9), timedelta(1))):
        with pytest.raises(ValueError, match="one of the two"):
            Offset(days, clock, elapsed)


@pytest.mark.parametrize(
    ("text", "is_before", "is_local"),
    [
        ("-14d 10:00", True, True),
        ("-2h", True, False),
        ("0d 10:00", False, True),
        ("0m", False, False),
        ("+1d", False, True),
    ],
)
def test_an_offset_knows_its_side_and_whether_the_zone_matters(text: str, is_before: bool, is_local: bool) -> None:
    offset = Offset.parse(text)
    assert (offset.is_before, offset.is_local) == (is_before, is_local)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("-2d 10:00", "2026-03-07T15:00"),
        ("-1d", "2026-03-08T07:30"),  # 03:30 local both days; 24 hours would be 02:30, which does not exist
        ("-24h", "2026-03-08T07:30"),
        ("-2d", "2026-03-07T08:30"),
        ("-48h", "2026-03-07T07:30"),
        ("-1d 02:30", "2026-03-08T07:00"),
        ("0d 10:00", "2026-03-09T14:00"),
        ("0d", "2026-03-09T07:30"),
        ("0m", "2026-03-09T07:30"),
        ("+1d 11:00", "2026-03-10T15:00"),
    ],
)
def test_local_days_follow_the_calendar_and_elapsed_time_the_stopwatch(text: str, instant: str) -> None:
    assert Offset.parse(text).resolve(utc("2026-03-09T07:30"), NEW_YORK) == utc(instant)


def test_the_day_counted_from_is_the_anchors_local_one() -> None:
    """20:00 UTC on the 1st is already the 2nd in Seoul."""
    anchor = utc("2026-06-01T20:00")
    assert Offset.parse("-1d 10:00").resolve(anchor, SEOUL) == utc("2026-06-01T01:00")
    assert Offset.parse("-1d 10:00").resolve(anchor, NEW_YORK) == utc("2026-05-31T14:00")


def test_zero_days_is_the_anchor_also_when_its_local_time_is_the_second_of_two() -> None:
    second = utc("2026-11-01T06:30")
    assert local(second, NEW_YORK).fold == 1
    assert Offset.parse("0d").resolve(second, NEW_YORK) == second
    assert Offset.parse("0d 01:30").resolve(second, NEW_YORK) == utc("2026-11-01T05:30")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("0d 09:00", "2026-03-08T13:00"),
        ("-3d 10:00", "2026-03-05T15:00"),
        ("+1d 02:30", "2026-03-09T06:30"),
        ("0d", "2026-03-08T05:00"),
        ("+1d", "2026-03-09T04:00"),
        ("0m", "2026-03-08T05:00"),
        ("+24h", "2026-03-09T05:00"),
        ("-2h", "2026-03-08T03:00"),
        ("0d 00:00", "2026-03-08T05:00"),
    ],
)
def test_a_whole_day_begins_at_its_local_midnight(text: str, instant: str) -> None:
    assert Offset.parse(text).resolve_day(date(2026, 3, 8), NEW_YORK) == utc(instant)


def test_a_day_without_a_midnight_begins_where_its_gap_ends() -> None:
    assert Offset.parse("0d").resolve_day(date(2026, 4, 24), load_zone("Africa/Cairo")) == utc("2026-04-23T22:00")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_local_day_never_lands_on_a_wrong_one(data: st.DataObject) -> None:
    change = data.draw(st.sampled_from(all_changes()))
    anchor = change.at + timedelta(seconds=data.draw(st.integers(-150_000, 150_000)))
    days, clock = data.draw(st.integers(-3, 3)), data.draw(st.none() | clocks)
    found = Offset(days=days, clock=clock).resolve(anchor, change.zone)
    shown = local(found, change.zone)
    wanted = datetime.combine(
        local(anchor, change.zone).date() + timedelta(days=days), clock or local(anchor, change.zone).time()
    )
    if shown.replace(tzinfo=None) != wanted:
        assert found == change.at, "only a gap moves a local time, and only to its own end"
        assert change.at.replace(tzinfo=None) + change.before <= wanted < shown.replace(tzinfo=None)
    elif (days, clock) != (0, None):
        assert shown.fold == 0
    assert found.tzinfo is UTC
