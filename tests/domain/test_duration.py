from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.duration import DURATION_MAX, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(hours=24)),
        ("2w", timedelta(days=14)),
        ("1d12h", timedelta(hours=36)),
        ("1w2d3h4m5s", timedelta(days=9, hours=3, minutes=4, seconds=5)),
        ("0m", timedelta(0)),
        ("3652d", DURATION_MAX),
    ],
)
def test_a_duration_is_elapsed_time(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "whole number and a unit"),
        ("30", 'write "30m"'),
        ("-2h", "backwards"),
        ("1.5h", "whole number"),
        ("30M", "unit"),
        ("30 m", "unit"),
        (" 30m", "unit"),
        ("12h1d", "unit"),
        ("1h1h", "unit"),
        ("٣m", "unit"),
        ("1h\n", "unit"),
        ("3653d", "ten years"),
        ("999999999w", "ten years"),
        ("9" * 100_000 + "s", "unit"),
        (30, "int"),
        (None, "NoneType"),
        (b"30m", "bytes"),
        (["30m"], "list"),
    ],
)
def test_what_is_no_duration_is_refused_with_what_would_be_right(text: object, hint: str) -> None:
    with pytest.raises(ValueError, match=hint) as refused:
        parse_duration(text)  # type: ignore[arg-type]
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0m"), (90, "1m30s"), (1800, "30m"), (5400, "1h30m"), (129_600, "1d12h"), (1_209_600, "2w"), (691_200, "8d")],
)
def test_the_canonical_text_goes_from_large_to_small_units(seconds: int, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text


def test_the_largest_unit_can_be_bounded() -> None:
    assert format_duration(timedelta(days=14), largest="d") == "14d"
    assert format_duration(timedelta(days=2), largest="h") == "48h"
    assert format_duration(timedelta(hours=1), largest="s") == "3600s"


@given(st.integers(0, int(DURATION_MAX.total_seconds())), st.sampled_from("wdhms"))
def test_the_canonical_text_reads_back_exactly(seconds: int, largest: str) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(format_duration(length, largest)) == length


@pytest.mark.parametrize("length", [timedelta(seconds=-1), timedelta(microseconds=1)])
def test_a_length_that_the_form_cannot_say_is_not_formatted(length: timedelta) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        format_duration(length)
