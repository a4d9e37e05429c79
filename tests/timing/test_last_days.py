"""A bounded set of days: the same whatever the order of arrival, and known at a glance."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kairos.timing.last_days import DAYS_KEPT_MAX, days_in, of_days, with_day

ordinals = st.lists(st.integers(700_000, 760_000), max_size=90)


@given(ordinals)
def test_days_are_kept_once_sorted_and_the_latest_ones(days: list[int]) -> None:
    assert days_in(of_days(set(days))) == tuple(sorted(set(days)))[-DAYS_KEPT_MAX:]


@given(ordinals, st.randoms())
def test_the_order_of_arrival_does_not_matter_while_all_are_kept(days: list[int], random: object) -> None:
    days = days[:DAYS_KEPT_MAX]
    one: list[int] = []
    other: list[int] = []
    for day in days:
        one = with_day(one, day)
    for day in sorted(days, reverse=True):
        other = with_day(with_day(other, day), day)
    assert one == other == of_days(set(days))


def test_forty_days_of_a_weekly_visitor_are_small() -> None:
    state: list[int] = []
    for week in range(60):
        state = with_day(state, 739_000 + 7 * week)
    assert state == [739_413, *[7] * 39]
    assert with_day(state, 739_000) == state, "before what is kept, nothing changes"
