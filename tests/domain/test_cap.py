from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.cap import CALENDARS, Cap, first_weekday, parse_per
from kairos.domain.localtime import load_zone
from tests.domain.clock_changes import one_change_of_each_kind

SEOUL = load_zone("Asia/Seoul")


def test_a_span_that_rolls_ends_exactly_so_much_later() -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert Cap("email", 1, timedelta(days=7)).leaves_at(at, SEOUL, 0) == at + timedelta(days=7)


@pytest.mark.parametrize(
    ("per", "week_starts", "over"),
    [
        ("day", 0, "2026-03-05T15:00"),  # the local midnight after Thursday the 5th
        ("week", 0, "2026-03-08T15:00"),
        ("week", 6, "2026-03-07T15:00"),
        ("week", 5, "2026-03-06T15:00"),
        ("week", 3, "2026-03-11T15:00"),
        ("month", 0, "2026-03-31T15:00"),
    ],
)
def test_a_calendar_span_ends_with_the_customers_day_week_or_month(per: Any, week_starts: int, over: str) -> None:
    at = datetime(2026, 3, 4, 16, tzinfo=UTC)  # Thursday the 5th, one o'clock in the night, in Seoul
    cap = Cap("email", 1, per)
    assert cap.leaves_at(at, SEOUL, week_starts) == datetime.fromisoformat(over).replace(tzinfo=UTC)


@given(st.sampled_from(one_change_of_each_kind()), st.integers(-3000, 3000), st.sampled_from(CALENDARS))
def test_in_every_zone_a_calendar_span_ends_after_it_began_on_the_first_instant_of_another(
    change: Any, minutes: int, per: Any
) -> None:
    at = change.at + timedelta(minutes=minutes)
    leaves = Cap("any", 1, per).leaves_at(at, change.zone, 0)
    assert leaves > at
    assert _span(per, leaves.astimezone(change.zone).date()) > _span(per, at.astimezone(change.zone).date())
    before = (leaves - timedelta(seconds=1)).astimezone(change.zone).date()
    assert _span(per, before) <= _span(per, at.astimezone(change.zone).date()) or before.day != at.day


def _span(per: str, day: date) -> tuple[int, ...]:
    if per == "week":
        return day.isocalendar()[:2]
    return (day.year, day.month, day.day)[: 3 if per == "day" else 2]


@pytest.mark.parametrize(("country", "day"), [("KR", 6), ("US", 6), ("DE", 0), ("GB", 0), ("EG", 5), (None, 0)])
def test_a_week_begins_as_the_country_has_it(country: str | None, day: int) -> None:
    assert first_weekday(country) == day


@pytest.mark.parametrize("written", ["0m", "367d", "year", "daily", 7, None, ""])
def test_a_span_that_is_none_or_longer_than_is_remembered_is_refused(written: Any) -> None:
    with pytest.raises(ValueError):
        parse_per(written)


@pytest.mark.parametrize(
    ("channel", "kind", "counted"),
    [
        ("email", "marketing", {("email", True)}),
        ("any", "marketing", {("email", True), ("sms", True)}),
        ("any", "transactional", {("email", False), ("sms", False)}),
        ("email", "any", {("email", True), ("email", False)}),
    ],
)
def test_a_cap_concerns_its_channel_and_class(channel: str, kind: str, counted: set[tuple[str, bool]]) -> None:
    cap = Cap(channel, 1, "day", kind)
    all_of_them = {(name, marketing) for name in ("email", "sms") for marketing in (True, False)}
    assert {one for one in all_of_them if cap.concerns(*one)} == counted
