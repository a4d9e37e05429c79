from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.instant import YEAR_MAX, YEAR_MIN, format_instant, from_micros, parse_instant, require_utc, to_micros
from kairos.domain.localtime import load_zone

instants = st.datetimes(
    datetime(YEAR_MIN, 1, 1), datetime(YEAR_MAX, 12, 31, 23, 59, 59, 999_999), timezones=st.just(UTC)
)
NOON = datetime(2026, 3, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-07T12:00:00Z",
        "2026-03-07t12:00:00z",
        "2026-03-07 12:00Z",
        "2026-03-07T21:00:00+09:00",
        "2026-03-07T21:00:00+0900",
        "2026-03-07T21:00:00+09",
        "2026-03-07T12:00:00.000000000Z",
        "2026-03-07T12:00:00,0Z",
        "2026-03-07T00:00:00-12:00",
        "2026-03-07T12:00:00-00:00",
    ],
)
def test_one_instant_has_many_spellings(text: str) -> None:
    instant = parse_instant(text)
    assert instant == NOON
    assert instant.tzinfo is UTC


def test_digits_beyond_microseconds_are_cut_not_rounded() -> None:
    assert parse_instant("2026-03-07T12:00:00.999999999Z") == NOON.replace(microsecond=999_999)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-03-07",
        "2026-03-07T12:00:00",
        "2026-03-07T24:00:00Z",
        "2026-03-07T12:00:60Z",
        "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-03-07T12:00:00+24:00",
        "2026-03-07T12:00:00 Z",
        "2026-03-07T12:00:00Z\n",
        "2026-03-07x12:00:00Z",
        "2026-W10-6T12:00:00Z",
        "٢٠٢٦-03-07T12:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "2201-01-01T00:00:00Z",
        "2200-12-31T23:59:00-00:01",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00Z",
        "2026-03-07T12:00:00." + "0" * 1_000_000 + "Z",
        1_772_884_800,
        12.5,
        None,
        NOON,
        b"2026-03-07T12:00:00Z",
    ],
)
def test_what_is_no_instant_is_a_value_error_and_never_anything_else(text: object) -> None:
    with pytest.raises(ValueError, match=r"is no instant|is outside the years|has no offset") as refused:
        parse_instant(text)  # type: ignore[arg-type]
    assert len(str(refused.value)) < 300


@given(st.text(max_size=40) | st.text("0123456789-+:.TtZz ", max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        instant = parse_instant(text)
    except ValueError:
        return
    assert instant.tzinfo is UTC


def test_the_bounds_themselves_are_instants() -> None:
    assert parse_instant("1970-01-01T00:00:00Z") == datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_instant("1969-12-31T23:00:00-01:00") == datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_instant("2200-12-31T23:59:59Z").year == 2200


def test_text_without_an_offset_needs_a_zone() -> None:
    seoul = load_zone("Asia/Seoul")
    assert parse_instant("2026-03-07T21:00:00", zone=seoul) == NOON
    assert parse_instant("2026-03-07T12:00:00Z", zone=seoul) == NOON, "an offset in the text wins"
    with pytest.raises(ValueError, match="no offset"):
        parse_instant("2026-03-07T21:00:00")
    with pytest.raises(ValueError, match="outside"):
        parse_instant("1970-01-01T00:00:00", zone=seoul)


def test_a_zone_resolves_skipped_and_repeated_local_times() -> None:
    new_york = load_zone("America/New_York")
    assert parse_instant("2026-03-08T02:30:00", zone=new_york) == datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert parse_instant("2026-11-01T01:30:00", zone=new_york) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_the_fraction_is_written_only_where_there_is_one() -> None:
    assert format_instant(NOON) == "2026-03-07T12:00:00Z"
    assert format_instant(NOON.replace(microsecond=500)) == "2026-03-07T12:00:00.000500Z"


@given(instants)
def test_both_written_forms_read_back_exactly(instant: datetime) -> None:
    assert parse_instant(format_instant(instant)) == instant
    assert from_micros(to_micros(instant)) == instant
    assert from_micros(to_micros(instant) + 1) - instant == timedelta(microseconds=1)


def test_microseconds_beyond_the_calendar_are_a_value_error() -> None:
    for micros in (10**30, -(10**30), 10**18):
        with pytest.raises(ValueError, match="outside the calendar"):
            from_micros(micros)


def test_only_utc_passes_as_utc() -> None:
    assert require_utc(NOON) is NOON
    assert require_utc(NOON.astimezone(timezone(timedelta(0), "Z"))).tzinfo is UTC
    for wrong in (NOON.replace(tzinfo=None), NOON.astimezone(load_zone("Asia/Seoul"))):
        with pytest.raises(ValueError, match="not in UTC"):
            require_utc(wrong)
    with pytest.raises(ValueError, match="not in UTC"):
        format_instant(NOON.astimezone(load_zone("Asia/Seoul")))
