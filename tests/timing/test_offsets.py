"""Where around a moment people answer, and which of two offsets is better."""

from __future__ import annotations

from random import Random

import pytest

from kairos.timing.offsets import ANSWERS_LEAST, DAYS_MAX, count_around


def test_answers_are_counted_before_on_and_after_the_day_and_the_far_ones_as_none() -> None:
    around = count_around([-9, -9, 0, 3, None, DAYS_MAX + 1, -DAYS_MAX - 1])
    assert around.parts() == (0.5, 0.25, 0.25)
    assert (around.days.total(), around.silent) == (4, 3)
    assert (around.best(before=True), around.best(before=False)) == (-9, 0)
    assert around.share(-9) == pytest.approx(2 / 7)


def test_nothing_told_proposes_nothing() -> None:
    around = count_around([None, None])
    assert around.parts() == (0.0, 0.0, 0.0)
    assert (around.best(before=True), around.best(before=False), around.prefers(-9, -14)) == (None, None, None)


def test_nine_days_before_beats_fourteen_where_people_answer_then() -> None:
    random = Random(3)
    around = count_around([round(random.gauss(-9, 2)) for _ in range(400)])
    assert around.best(before=True) in (-8, -9, -10)
    low, high = around.prefers(-9, -14) or (0, 0)
    assert 0.5 < low < high <= 1
    swapped = around.prefers(-14, -9) or (1, 1)
    assert swapped == pytest.approx((1 - high, 1 - low))


def test_few_answers_and_days_that_both_share_decide_nothing() -> None:
    assert count_around([-9] * (ANSWERS_LEAST - 1)).prefers(-9, -14) is None
    assert count_around([-9] * 100).prefers(-9, -10) is None, "day -9 lies near both"
    low, high = count_around([-9] * 40 + [-14] * 40).prefers(-9, -14) or (1, 0)
    assert low < 0.5 < high
