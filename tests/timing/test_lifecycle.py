"""The stages of a customer, from what they bought, and the index."""

from __future__ import annotations

from datetime import date

import pytest

from kairos.timing import Rhythm, replay
from kairos.timing.builtin import RHYTHM
from kairos.timing.lifecycle import course_of, lifecycle_index

START = date(2026, 1, 5).toordinal()


def bought(*gaps: int) -> Rhythm:
    days = [START]
    for gap in gaps:
        days.append(days[-1] + gap)
    return replay(days)


@pytest.mark.parametrize(
    ("gaps", "stage"),
    [
        ((), "new"),
        ((30,), "growing"),
        ((30, 31, 29), "growing"),
        ((30, 31, 29, 30, 32, 28), "steady"),
        ((40, 40, 40, 20, 21, 20), "growing"),
        ((20, 21, 20, 40, 40, 40), "steady"),
        ((14, 15, 14, 15, 14, 300), "returned"),
        ((14, 15, 14, 15, 14, 300, 14), "steady"),
    ],
)
def test_the_stage_follows_from_the_gaps(gaps: tuple[int, ...], stage: str) -> None:
    assert course_of(RHYTHM, bought(*gaps), 0.5, 0.8).stage == stage


def test_at_risk_comes_before_lapsed_and_each_on_the_first_day_of_its_chance() -> None:
    rhythm = bought(14, 15, 14, 15, 14, 13)
    course, forecast = course_of(RHYTHM, rhythm, 0.5, 0.8), RHYTHM.forecast(rhythm)
    for day, chance in ((course.at_risk_from, 0.5), (course.lapsed_from, 0.8)):
        assert day is not None
        silence = day - forecast.last_day
        assert forecast.p_gone(silence - 1) < chance <= forecast.p_gone(silence)
    assert (course.at_risk_from or 0) < (course.lapsed_from or 0)


def test_the_index_rises_with_orders_and_falls_in_silence() -> None:
    assert lifecycle_index(RHYTHM, Rhythm(), START) == 0.0
    one, many = bought(), bought(*[30] * 9)
    at_last = [lifecycle_index(RHYTHM, each, each.days[-1]) for each in (one, many)]
    assert 0 < at_last[0] <= 0.5 < at_last[1] < 1
    silence = [lifecycle_index(RHYTHM, many, many.days[-1] + days) for days in (0, 40, 100, 400)]
    assert silence == sorted(silence, reverse=True)
    assert silence[-1] < 0.1
