"""How long a connection may be silent: its own rhythm, a day at least, and what its owner says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.app.heard import (
    AT_FIRST,
    AT_LEAST,
    NEVER,
    SEASON,
    TIMES_MIN,
    Heard,
    heard_from_json,
    heard_to_json,
    is_limit,
    limit_of,
    span,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
H, D = timedelta(hours=1), timedelta(days=1)
BLANK = Heard("shopify", "main")


def living(*gaps: timedelta, times: int = 1, limit: str = "") -> Heard:
    """Return a connection that was heard after each gap, `times` over."""
    heard, at = BLANK.with_events(1, NOW, limit), NOW
    for gap in gaps * times:
        at += gap
        heard = heard.with_events(1, at, limit)
    return heard


def silent_from(heard: Heard) -> timedelta:
    assert heard.silent_after is not None
    assert heard.event_at is not None
    assert not heard.is_silent(heard.event_at + heard.silent_after)
    assert heard.is_silent(heard.event_at + heard.silent_after + timedelta(microseconds=1))
    return heard.silent_after


def test_a_shop_that_sells_all_day_is_silent_after_a_day() -> None:
    assert silent_from(living(H, times=48)) == AT_LEAST


def test_a_shop_that_is_closed_at_weekends_is_not_silent_on_sunday() -> None:
    week = (*([H] * 8, 16 * H)[0], 16 * H) * 4 + (64 * H,)
    assert silent_from(living(*week, times=2)) == 2 * 64 * H


def test_a_week_is_waited_while_little_is_known() -> None:
    assert silent_from(living(H, times=TIMES_MIN - 2)) == AT_FIRST
    assert silent_from(living(H, times=TIMES_MIN - 1)) == AT_LEAST


def test_a_teacher_with_a_lesson_a_week_is_not_silent_on_the_day_of_the_next() -> None:
    weekly = living(7 * D + H, times=20)
    assert weekly.event_at is not None
    assert not weekly.is_silent(weekly.event_at + 8 * D)


def test_an_outage_widens_what_is_allowed_twofold_and_no_further() -> None:
    before = living(H, times=48)
    assert before.event_at is not None
    assert silent_from(before.with_events(1, before.event_at + 20 * D, "")) == 2 * AT_LEAST


def test_a_silence_is_forgotten_when_its_season_and_the_next_are_over() -> None:
    heard = living(*[H] * 20, 20 * H, times=1)
    assert silent_from(heard) == 40 * H
    for _ in range(int(SEASON / (6 * H)) + 1):
        assert heard.event_at is not None
        heard = heard.with_events(1, heard.event_at + 6 * H, "")
    assert silent_from(heard) == 40 * H
    for _ in range(int(SEASON / (6 * H)) + 1):
        assert heard.event_at is not None
        heard = heard.with_events(1, heard.event_at + 6 * H, "")
    assert silent_from(heard) == AT_LEAST


def test_the_owner_says_otherwise() -> None:
    assert silent_from(living(H, times=48, limit="90m")) == timedelta(minutes=90)
    never = living(H, times=48, limit=NEVER)
    assert never.silent_after is None
    assert not never.is_silent(NOW + 3_000 * D)


def test_what_never_said_anything_cannot_fall_silent() -> None:
    assert not BLANK.is_silent(NOW + 3_000 * D)


def test_events_are_counted_whatever_their_order_and_the_latest_is_the_last() -> None:
    heard = BLANK.with_events(2, NOW, "").with_events(3, NOW - H, "")
    assert (heard.event_at, heard.events, heard.times) == (NOW, 5, 1)


def test_what_was_refused_last_is_told_until_something_comes() -> None:
    heard = BLANK.with_refusals(1, NOW, "the signature proves nothing").with_refusals(2, NOW - H, "older")
    assert (heard.refused, heard.refused_at, heard.refusal) == (3, NOW, "the signature proves nothing")
    assert heard.is_refused()
    assert not heard.with_events(1, NOW + H, "").is_refused()
    assert heard.with_events(1, NOW - H, "").is_refused()


@pytest.mark.parametrize(
    ("said", "limit"), [("12h", "12h"), (" 2d ", "2d"), (NEVER, NEVER), ("soon", ""), ("0m", ""), (7, ""), (None, "")]
)
def test_a_setting_that_says_nothing_is_none(said: object, limit: str) -> None:
    assert limit_of("shopify", {"silent_after": said}) == limit
    assert is_limit(limit) == bool(limit)


def test_what_speaks_only_when_we_act_is_never_silent() -> None:
    assert limit_of("imports", {"silent_after": "1h"}) == NEVER


@pytest.mark.parametrize(("length", "said"), [(49 * H, "2d1h"), (90 * timedelta(minutes=1), "1h30m"), (7 * D, "7d")])
def test_a_span_is_said_by_its_two_largest_units(length: timedelta, said: str) -> None:
    assert span(length + timedelta(seconds=1)) == said


heards = st.lists(
    st.tuples(st.integers(0, 40 * 86_400), st.booleans(), st.integers(1, 5), st.sampled_from(["", "12h", NEVER])),
    max_size=12,
)


@given(heards)
def test_every_part_of_it_survives_being_written_down(story: list[tuple[int, bool, int, str]]) -> None:
    heard, at = BLANK, NOW
    for seconds, refused, number, limit in story:
        at += timedelta(seconds=seconds)
        heard = heard.with_refusals(number, at, "왜") if refused else heard.with_events(number, at, limit)
    heard = replace(heard, revision=3)
    assert heard_from_json("shopify", "main", 3, heard_to_json(heard)) == heard
