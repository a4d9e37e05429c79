"""The measures, by hand."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("scipy")

import numpy as np

from kairos.timing.learn.baselines import fixed_interval, kaplan_meier, own_mean, poisson_gamma, population_curve
from kairos.timing.learn.measure import area_under_curve, calibration, log_loss, score
from kairos.timing.learn.panel import make_panel
from tests.timing.conftest import make_shop


def test_crps_and_log_score_are_the_sums_that_the_docs_say() -> None:
    cdf = np.array([[0.2, 0.5, 0.6]])
    on_second = score(cdf, np.array([2.0]))
    assert on_second.crps == pytest.approx(0.2**2 + 0.5**2 + 0.4**2)
    assert on_second.log_score == pytest.approx(math.log(0.3))
    never = score(cdf, np.array([np.inf]))
    assert never.crps == pytest.approx(0.2**2 + 0.5**2 + 0.6**2)
    assert never.log_score == pytest.approx(math.log(0.4))
    assert never.mae == 1.0  # the median is day 2; none by day 3 counts as 3


def test_intervals_of_a_true_forecast_hold() -> None:
    random = np.random.default_rng(1)
    rates = random.uniform(0.02, 0.3, 20000)
    cdf = 1 - np.exp(-rates[:, None] * np.arange(1, 41))
    found = score(cdf, np.ceil(random.exponential(1 / rates)))
    assert found.cover_80 == pytest.approx(0.8, abs=0.01)
    assert found.cover_50 == pytest.approx(0.5, abs=0.01)
    for forecast, came, _ in calibration(cdf, np.ceil(random.exponential(1 / rates)), 7):
        assert came == pytest.approx(forecast, abs=0.04)


def test_a_gap_counts_as_a_hit_inside_its_likeliest_week() -> None:
    cdf = np.minimum(1.0, np.arange(1, 31) / 30.0 * 0.3 + (np.arange(1, 31) >= 12) * 0.7)[None, :]
    assert score(cdf, np.array([12.0])).hits == 1.0
    assert score(cdf, np.array([25.0])).hits == 0.0


def test_auc_and_log_loss_by_hand() -> None:
    outcomes = np.array([True, False, True, False])
    assert area_under_curve(outcomes, np.array([0.9, 0.1, 0.4, 0.4])) == pytest.approx((1 + 1 + 1 + 0.5) / 4)
    assert log_loss(np.array([True, False]), np.array([0.8, 0.4])) == pytest.approx(
        -(math.log(0.8) + math.log(0.6)) / 2
    )


def test_kaplan_meier_by_hand() -> None:
    silent = kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True]), 4)
    assert silent == pytest.approx([3 / 4, 3 / 4 * 2 / 3, 0.0, 0.0])


def test_every_baseline_is_a_distribution() -> None:
    shop = make_shop(120, 300, 14)
    end = max(days[-1] for days in shop.values())
    train, test = make_panel(shop, end - 120), make_panel(shop, end)
    for cdf in (
        population_curve(train, test, 40),
        own_mean(train, test, 40),
        poisson_gamma(train, test, 40),
        fixed_interval(test, 40),
    ):
        assert cdf.shape == (len(test.gap), 40)
        assert (cdf >= 0).all()
        assert (cdf <= 1 + 1e-12).all()
        assert (np.diff(cdf, axis=1) >= -1e-12).all()
