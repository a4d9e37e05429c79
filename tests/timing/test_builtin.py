"""What is believed before anything was learned: probabilities, and sensible ones."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kairos.timing.builtin import HOURS, RHYTHM
from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import replay
from kairos.timing.send_time import Hours, week_of

TODAY = 739_000
histories = st.lists(st.integers(TODAY - 4000, TODAY), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(histories)
def test_every_probability_is_one_and_who_is_silent_is_never_less_gone(days: list[int]) -> None:
    forecast = RHYTHM.forecast(replay(days))
    gone = [forecast.p_gone(silence) for silence in (0, 1, 2, 3, 7, 8, 30, 31, 90, 365, 1000, 3650)]
    assert all(0 <= p <= 1 for p in gone)
    assert gone == sorted(gone)
    for silence in (0, 1, 45, 3650):
        reached = forecast.cdf(30, silence)
        assert all(0 <= p <= 1 for p in reached)
        assert reached == sorted(reached)


def test_a_monthly_buyer_is_expected_after_a_month_and_one_order_says_little() -> None:
    monthly = RHYTHM.forecast(replay(range(TODAY - 300, TODAY + 1, 30)))
    assert 28 <= (monthly.point() or 0) <= 33
    assert monthly.p_gone(30) < 0.2 < 0.9 < monthly.p_gone(365)
    first, last = RHYTHM.forecast(replay([TODAY])).interval()
    assert last is None or last - first > 60


def test_a_release_carries_it_and_a_week_is_flat() -> None:
    assert RhythmPrior.from_document(RHYTHM.to_document()) == RHYTHM
    assert len(set(week_of(HOURS, Hours()))) == 1
