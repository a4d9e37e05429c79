"""Counts of a week are exact up to their bound."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.hour_counts import COUNT_MAX, WEEK_HOURS, HourCounts


@given(st.lists(st.integers(0, WEEK_HOURS - 1), max_size=60))
def test_each_hour_counts_what_happened_in_it(hours: list[int]) -> None:
    counts = HourCounts()
    for hour in hours:
        counts = counts.plus_one(hour)
    assert counts.pairs() == sorted(Counter(hours).items())
    assert counts.total() == len(hours)
    assert bool(counts) == bool(hours)
    assert counts == HourCounts.of(counts.pairs())


def test_two_weeks_add_up() -> None:
    both = HourCounts.of([(0, 2), (167, 1)]).joined(HourCounts.of([(0, 70), (3, 1)]))
    assert both.pairs() == [(0, 72), (3, 1), (167, 1)]


def test_a_count_stops_where_utf_8_would() -> None:
    most = HourCounts.of([(5, COUNT_MAX + 1)])
    assert most.plus_one(5) == most.joined(most) == most
    assert most.pairs() == [(5, COUNT_MAX)]
    assert json.loads(json.dumps(most.text, ensure_ascii=False).encode()) == most.text


@pytest.mark.parametrize("hour", [WEEK_HOURS, 10_000])
def test_an_hour_that_no_week_has_is_refused(hour: int) -> None:
    with pytest.raises(IndexError):
        HourCounts().plus_one(hour)
    with pytest.raises(IndexError):
        HourCounts.of([(hour, 1)])


def test_a_text_of_another_length_is_no_week() -> None:
    with pytest.raises(ValueError, match="168 hours"):
        HourCounts("0" * 24)
