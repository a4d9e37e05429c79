"""How much weekdays say in this shop: fitted, so that a set whose dates are coarse turns them off by itself."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from kairos.timing.learn.columns import survive
from kairos.timing.learn.panel import Numbers, Panel
from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import weekday_of
from kairos.timing.weekday import WeekdayPrior

GAIN_LEAST = 3.0
"""Nats by which weekdays must better the likelihood to be used: one for each number they cost."""
_SMOOTH = 2.0
_START = (1.0, 1.0, float(np.log(30.0)))
_BOUNDS = ((0.0, 1.5), (0.0, 1.5), (float(np.log(2.0)), float(np.log(500.0))))
_LEAST = 1e-12


def fit_weekday(prior: RhythmPrior, logs: Panel, gaps: Panel) -> WeekdayPrior:
    """Return the strength of weekdays under these priors of gaps; both panels hold the same rows."""
    if not len(logs.day):
        return WeekdayPrior()
    counts = np.bincount([weekday_of(int(day)) for day in logs.day], minlength=7) + _SMOOTH
    shares = tuple(float(share) for share in counts / counts.sum())

    def loss(values: Numbers) -> float:
        weekday = WeekdayPrior(shares, float(values[0]), float(values[1]), float(np.exp(values[2])))
        return -float(np.log(_likelihood(prior, weekday, logs, gaps)).sum())

    found = minimize(loss, _START, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 30, "ftol": 1e-7})
    even = -float(np.log(_likelihood(prior, WeekdayPrior(), logs, gaps)).sum())
    if even - float(found.fun) < GAIN_LEAST:
        return WeekdayPrior(shares)
    shop, own, weight = found.x
    return WeekdayPrior(shares, float(shop), float(own), float(np.exp(weight)))


def clock_of(weekday: WeekdayPrior, panel: Panel, days: Numbers) -> Numbers:
    """Return how long the `days` after each row's purchase last on the clock of `days_on_clock`, by columns."""
    if weekday.shop == 0.0 and weekday.own == 0.0:
        return days
    shares = np.array(weekday.shares)
    own = (panel.weekdays + weekday.weight * shares) / (panel.weekdays.sum(1, keepdims=True) + weekday.weight) / shares
    powers = (7.0 * shares) ** weekday.shop * own**weekday.own
    lengths = 7.0 * powers / powers.sum(1, keepdims=True)
    after = np.arange(1, 7)
    places = (panel.day[:, None] + after + 6) % 7
    reached = np.concatenate([np.zeros((len(days), 1)), np.take_along_axis(lengths, places, 1).cumsum(1)], 1)
    weeks, rest = np.divmod(days, 7.0)
    return np.asarray(7.0 * weeks + reached[np.arange(len(days)), rest.astype(int)])


def pool_curves(prior: RhythmPrior, logs: Panel, gaps: Panel, horizon: int) -> Numbers:
    """Return P(next order within 1 … `horizon` days) for the rows of two panels, as `Forecast.cdf` does one by one."""
    days = [clock_of(prior.weekday, logs, np.full(len(logs.day), float(day))) for day in range(1, horizon + 1)]
    return np.stack([1.0 - _silent(prior, logs, gaps, clock) for clock in days], axis=1)


def _likelihood(prior: RhythmPrior, weekday: WeekdayPrior, logs: Panel, gaps: Panel) -> Numbers:
    silent = _silent(prior, logs, gaps, clock_of(weekday, logs, logs.gap))
    before = _silent(prior, logs, gaps, clock_of(weekday, logs, np.maximum(logs.gap - 1.0, 0.0)))
    return np.asarray(np.maximum(np.where(logs.seen, before - silent, silent), _LEAST))


def _silent(prior: RhythmPrior, logs: Panel, gaps: Panel, clock: Numbers) -> Numbers:
    share = prior.lognormal_share
    of_lognormal, of_gamma = survive(prior.lognormal, logs.sums, clock), survive(prior.gamma, gaps.sums, clock)
    return np.asarray(share * of_lognormal + (1.0 - share) * of_gamma)
