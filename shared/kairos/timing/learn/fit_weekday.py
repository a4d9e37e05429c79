"""How much weekdays say in this shop: fitted, so that a set whose dates are coarse turns them off by itself."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from kairos.timing.learn.panel import Numbers, Panel
from kairos.timing.learn.pool import clock_of, pool_columns
from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import weekday_of
from kairos.timing.weekday import WeekdayPrior

GAIN_LEAST = 3.0
"""Nats by which weekdays must better the likelihood to be used: one for each number they cost."""
_SMOOTH = 2.0
_START = (1.0, 1.0, float(np.log(30.0)))
_BOUNDS = ((0.0, 1.5), (0.0, 1.5), (float(np.log(2.0)), float(np.log(500.0))))
_LEAST = 1e-12


def fit_weekday(prior: RhythmPrior, panel: Panel) -> WeekdayPrior:
    """Return the strength of weekdays under these priors of gaps, whose weights the panel was made with."""
    if not len(panel.day):
        return WeekdayPrior()
    counts = np.bincount([weekday_of(int(day)) for day in panel.day], minlength=7) + _SMOOTH
    shares = tuple(float(share) for share in counts / counts.sum())
    rows = (panel.where(panel.seen), panel.where(~panel.seen))
    pool = pool_columns(prior, panel)
    bought, silent = pool.where(panel.seen), pool.where(~panel.seen)

    def loss(values: Numbers) -> float:
        weekday = WeekdayPrior(shares, float(values[0]), float(values[1]), float(np.exp(values[2])))
        before, after = (clock_of(weekday, rows[0], days) for days in (rows[0].gap - 1.0, rows[0].gap))
        came = np.log(np.maximum(bought.chance_between(before, after), _LEAST)).sum()
        stayed = np.log(np.maximum(silent.survival(clock_of(weekday, rows[1], rows[1].gap)), _LEAST)).sum()
        return -float(came + stayed)

    found = minimize(loss, _START, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 30, "ftol": 1e-7})
    if loss(np.zeros(3)) - float(found.fun) < GAIN_LEAST:
        return WeekdayPrior(shares)
    shop, own, weight = found.x
    return WeekdayPrior(shares, float(shop), float(own), float(np.exp(weight)))
