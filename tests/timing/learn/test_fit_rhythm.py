"""What the nightly job learns, and that the hot path computes what was fitted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from tests.timing.conftest import Histories, make_shop

pytest.importorskip("scipy")

import numpy as np

from kairos.timing.builtin import SPREAD_MAX
from kairos.timing.learn.baselines import own_mean
from kairos.timing.learn.fit_rhythm import fit_rhythm
from kairos.timing.learn.measure import Scores, score
from kairos.timing.learn.panel import make_panel
from kairos.timing.learn.pool import pool_curves
from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import replay
from kairos.timing.weekday import WeekdayPrior

START = date(2025, 1, 1).toordinal()


def _score(prior: RhythmPrior, histories: Histories, until: int, horizon: int) -> Scores:
    end = max(days[-1] for days in histories.values() if days)
    panel = make_panel(histories, end, prior.lognormal.keep, prior.gamma.keep)
    test = panel.where((panel.day > until) & (panel.day + horizon <= end))
    return score(pool_curves(prior, test, horizon), np.where(test.seen, test.gap, np.inf))


def test_the_hot_path_computes_what_was_fitted() -> None:
    histories = make_shop(60, 300, 6, shut=6)
    prior = fit_rhythm(histories, START + 200)
    prior = replace(prior, lognormal=replace(prior.lognormal, keep=0.9), gamma=replace(prior.gamma, keep=0.8))
    curves, row = pool_curves(prior, make_panel(histories, START + 299, 0.9, 0.8), 40), 0
    for days in histories.values():
        for at in range(len(days)):
            assert prior.forecast(replay(days[: at + 1], 0.9, 0.8)).cdf(40) == pytest.approx(curves[row], abs=1e-9)
            row += 1
    assert row == len(curves)


def test_a_fit_is_deterministic_whatever_the_order_of_customers() -> None:
    histories = make_shop(300, 200, 7)
    backwards = dict(reversed(histories.items()))
    assert fit_rhythm(histories, START + 199, 100) == fit_rhythm(backwards, START + 199, 100)


def test_what_comes_after_the_cut_teaches_nothing() -> None:
    histories = make_shop(80, 300, 8)
    known = {customer: [day for day in days if day <= START + 150] for customer, days in histories.items()}
    assert fit_rhythm(histories, START + 150) == fit_rhythm(known, START + 150)


def test_a_shut_weekday_is_learned_and_even_weekdays_are_left_alone() -> None:
    shut, even = (
        fit_rhythm(make_shop(250, 250, 9, shut=6), START + 299),
        fit_rhythm(make_shop(250, 250, 9), START + 249),
    )
    assert shut.weekday.lengths((1, 0, 0, 0, 0, 0, 0))[6] < 0.05
    assert max(even.weekday.lengths((1, 0, 0, 0, 0, 0, 0))) < 1.35


@pytest.mark.parametrize("orders", [0, 1, 50])
def test_a_small_shop_gets_a_sensible_prior(orders: int) -> None:
    kept: Histories = {}
    for customer, days in make_shop(60, 200, 10).items():
        if sum(len(known) for known in kept.values()) + len(days) <= orders:
            kept[customer] = days
    prior = fit_rhythm(kept, START + 199)
    assert prior.fitted_on <= orders
    point = prior.forecast(replay([START, START + 30, START + 60])).point()
    assert point is not None
    assert 12 <= point <= 60


def test_fifty_orders_already_beat_the_products_own_prior() -> None:
    test = make_shop(300, 400, 11)
    few = fit_rhythm(dict(list(make_shop(40, 200, 12).items())), START + 199)
    assert _score(few, test, START + 100, 60).crps < _score(fit_rhythm({}, START), test, START + 100, 60).crps


def test_a_shop_of_subscriptions_is_foretold_to_a_day_or_two() -> None:
    """Every thirty or sixty days, give or take one: regularities far beyond what a gamma of people needs."""
    random = Random(4)
    shop: Histories = {}
    for customer in range(150):
        pace, day = random.choice((30, 60)), START + random.randrange(200)
        days = range(day, START + 500, pace)[: random.randrange(1, 20)]
        shop[f"c{customer:03}"] = [each + random.choice((0, 0, 1, -1)) for each in days]
    prior = fit_rhythm(shop, START + 350)
    assert prior.gamma.spread <= SPREAD_MAX
    panel = make_panel(shop, START + 500)
    test = panel.where((panel.day > START + 350) & (panel.day + 60 <= START + 500))
    gaps = np.where(test.seen, test.gap, np.inf)
    found = score(pool_curves(prior, test, 60), gaps)
    assert found.hits > 0.7
    ratios = score(own_mean(make_panel(shop, START + 350), test, 60), gaps)  # the best that there is by hand here
    assert found.crps < 1.03 * ratios.crps
    assert found.log_score > ratios.log_score
    assert 0.75 < found.cover_80 < 0.9


def test_online_retail_is_forecast_as_well_as_the_best_published(online_retail: Histories) -> None:
    until = date(2011, 6, 30).toordinal()
    prior = fit_rhythm(online_retail, until, 1000)
    with_weekdays = _score(prior, online_retail, until, 90)
    assert with_weekdays.crps <= 13.04
    assert with_weekdays.log_score >= -3.38
    assert 0.78 <= with_weekdays.cover_80 <= 0.825
    assert with_weekdays.hits > 0.155
    off = _score(replace(prior, weekday=WeekdayPrior()), online_retail, until, 90)
    assert with_weekdays.log_score > off.log_score + 0.14


def test_cdnow_is_forecast_better_than_a_poisson_would(cdnow: Histories) -> None:
    until = date(1997, 9, 30).toordinal()
    scores = _score(fit_rhythm(cdnow, until, 1000), cdnow, until, 120)
    assert scores.crps <= 20.9
    assert scores.log_score >= -3.53
    assert 0.77 <= scores.cover_80 <= 0.83
