"""Days from an event to its answer, with those still silent counted for as long as they were watched."""

from __future__ import annotations

from random import Random

import pytest

from kairos.timing.lag import DAYS_MAX, LagCounts, LagCurve, count_lags, lag_curve


def _answers(seed: int, many: int, middle: float) -> list[tuple[int, bool]]:
    random, lags = Random(seed), []
    for _ in range(many):
        days, watched = max(0, round(random.gauss(middle, 2.0))), random.randrange(5, 60)
        came = days <= watched and random.random() < 0.4
        lags.append((days if came else watched, came))
    return lags


def test_censoring_does_not_make_early_answers_look_like_all() -> None:
    """Two of four answer on day 1 and 3; one is watched for a day only, one for ten: Kaplan–Meier by hand."""
    counts = count_lags([(1, True), (3, True), (1, False), (10, False)])
    assert counts.came[:4] == (0, 1, 0, 1)
    curve = lag_curve(counts, shrink=0.0)
    assert curve.at_risk[:5] == (4, 4, 2, 2, 1)
    assert curve.within()[3] == pytest.approx(1 - (3 / 4) * (1 / 2))


def test_the_best_window_lies_around_the_answers() -> None:
    first, last, share = lag_curve(count_lags(_answers(1, 4000, 12.0))).best_window(7)
    assert (first, last) in ((8, 14), (9, 15))
    assert share > 0.75


def test_chances_are_chances() -> None:
    for lags in ([], [(0, True)], [(0, False)], [(5000, True), (5000, False)], _answers(2, 50, 3.0)):
        curve = lag_curve(count_lags(lags))
        within = curve.within()
        assert within == sorted(within)
        assert all(0.0 <= chance <= 1.0 for chance in [*within, *curve.on_day(), *curve.hazards])
        first, last, share = curve.best_window()
        assert 0 <= first <= last < DAYS_MAX
        assert 0.0 <= share <= 1.0 + 1e-12


def test_a_product_with_few_answers_speaks_with_the_voice_of_its_type() -> None:
    parent = lag_curve(count_lags(_answers(3, 5000, 5.0)))
    few = lag_curve(count_lags(_answers(4, 8, 30.0)), parent)
    many = lag_curve(count_lags(_answers(5, 20000, 20.0)), parent)
    assert few.best_window()[0] == pytest.approx(parent.best_window()[0], abs=1)
    assert many.best_window()[0] == pytest.approx(17, abs=1)


def test_counts_add_up_in_any_order() -> None:
    lags = _answers(6, 300, 9.0)
    whole = count_lags(lags)
    parts = count_lags(lags[200:]).plus(count_lags(lags[:200]))
    assert parts == whole == count_lags(list(reversed(lags)))
    assert LagCounts((1,), (0,)).plus(LagCounts((0, 2), (1, 0))) == LagCounts((1, 2), (1, 0))


def test_no_answer_at_all_has_no_window_worth_naming() -> None:
    assert LagCurve((0.0, 0.0), (2, 1)).best_window() == (0, 1, 0.0)
