"""What a cell says, in the forms that spreadsheets and shops write, and nothing where it says none of it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kairos.cli.import_cells import NO, YES, read_day, read_identifier, read_instant, read_zone

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1990-02-28", "1990-02-28"),
        ("1990. 2. 28.", "1990-02-28"),
        ("19900228", "1990-02-28"),
        ("1990/2/28 00:00", "1990-02-28"),
        ("1990-02-30", None),
        ("28 Feb 1990", None),
        ("", None),
    ],
)
def test_a_day_is_read_in_the_forms_of_spreadsheets(text: str, day: str | None) -> None:
    assert read_day(text) == day


def test_a_date_alone_is_its_beginning_or_its_end_on_the_brands_clock() -> None:
    assert read_instant("2025-01-31", SEOUL, "start") == datetime(2025, 1, 30, 15, tzinfo=UTC)
    assert read_instant("2025-01-31", SEOUL, "end") == datetime(2025, 1, 31, 14, 59, 59, tzinfo=UTC)
    assert read_instant("2025-01-31 09:00:00+00:00", SEOUL, "end") == datetime(2025, 1, 31, 9, tzinfo=UTC)
    assert read_instant("yesterday", SEOUL, "start") is None


def test_an_id_that_a_spreadsheet_rounded_names_nobody() -> None:
    assert [read_identifier(text) for text in ("1.2E+11", "5e+3", "120000000000")] == [None, None, "120000000000"]


def test_a_zone_is_one_of_the_iana_names() -> None:
    assert [read_zone(text) for text in ("Asia/Seoul", "KST", "+09:00")] == ["Asia/Seoul", None, None]


def test_no_word_is_both_yes_and_no() -> None:
    assert not YES & NO
