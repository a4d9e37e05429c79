"""In a world of known truth, what can be known of the next order is known, to within one part in a hundred."""

from __future__ import annotations

import pytest

pytest.importorskip("scipy")

import numpy as np

from kairos.timing.learn.fit_rhythm import fit_rhythm
from kairos.timing.learn.measure import score
from kairos.timing.learn.panel import make_panel
from kairos.timing.learn.pool import pool_curves
from tests.timing.grocery_world import START, WEEKS, bayes_limit, make_shoppers, oracle, told

UNTIL, END, HORIZON = START + 7 * 52 - 1, START + 7 * WEEKS - 1, 90


def _crps(customers: int, seed: int) -> tuple[float, float, float]:
    """Return the CRPS of the oracle, of the Bayes limit and of the product, over the purchases of the second year."""
    shoppers = make_shoppers(customers, seed)
    histories = {customer: shopper.days for customer, shopper in shoppers.items()}
    panel = make_panel(histories, END)
    test = panel.where((panel.day > UNTIL) & (panel.day + HORIZON <= END))
    gaps, rows = np.where(test.seen, test.gap, np.inf), told(shoppers, UNTIL, END, HORIZON)
    assert len(rows) == len(gaps)
    ours = pool_curves(fit_rhythm(histories, UNTIL), test, HORIZON)
    best, known = (score(curves(rows, HORIZON), gaps).crps for curves in (oracle, bayes_limit))
    return best, known, score(ours, gaps).crps


@pytest.mark.nightly
def test_forecasts_come_within_one_percent_of_the_bayes_limit() -> None:
    worlds = np.array([_crps(2000, seed) for seed in (1, 2)])
    best, limit, ours = worlds.mean(0)
    assert best < 0.95 * limit  # so the limit is one, and not what the truth would reach
    assert ours <= 1.01 * limit
    assert (worlds[:, 2] <= 1.015 * worlds[:, 1]).all()


def test_the_limit_is_what_is_left_where_nobody_can_be_known() -> None:
    """One purchase says nothing of the customer: everybody's curve is the same, and rises to no more than one."""
    shoppers = make_shoppers(60, 3)
    first = [(shopper, 0) for shopper in shoppers.values()]
    curves = bayes_limit(first, 30)
    assert curves.std(0).max() < 0.02  # but for the hour of the day
    assert (np.diff(curves, axis=1) >= 0).all()
    assert curves.max() < 1.0
