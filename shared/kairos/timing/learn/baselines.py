"""What a forecast has to beat: rules and curves that a shop could have without any of this."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from kairos.timing.learn.panel import Numbers, Panel


def population_curve(train: Panel, test: Panel, horizon: int) -> Numbers:
    """Return the same curve for everyone: Kaplan–Meier over all gaps of the past."""
    return np.tile(1.0 - kaplan_meier(train.gap, train.seen, horizon), (len(test.gap), 1))


def own_mean(train: Panel, test: Panel, horizon: int) -> Numbers:
    """Return the customer's mean gap times a curve of ratios, by how many gaps are known (0, 1, 2, 3 or more)."""
    return _by_ratio(train, test, horizon, train.sums["days"], test.sums["days"])


def fixed_interval(test: Panel, horizon: int, days: int = 30) -> Numbers:
    """Return certainty in the seven days around a fixed interval: what "remind after 30 days" believes."""
    ramp = np.clip((np.arange(1, horizon + 1) - (days - 4)) / 7.0, 0.0, 1.0)
    return np.tile(ramp, (len(test.gap), 1))


def poisson_gamma(train: Panel, test: Panel, horizon: int) -> Numbers:
    """Return the exponential–gamma curve (NBD): each customer a Poisson rate, rates Gamma over customers."""

    def loss(values: Numbers) -> float:
        shape, days = np.exp(values)
        at = shape + train.sums["count"]
        known = days + train.sums["days"]
        silent = at * np.log(known / (known + train.gap))
        return -float((silent + np.where(train.seen, np.log(at / (known + train.gap)), 0.0)).sum())

    shape, days = np.exp(minimize(loss, [0.0, 3.5], method="L-BFGS-B", bounds=[(-4, 4), (-2, 9)]).x)
    known = days + test.sums["days"][:, None]
    return np.asarray(1.0 - (known / (known + np.arange(1, horizon + 1))) ** (shape + test.sums["count"])[:, None])


def kaplan_meier(gaps: Numbers, seen: np.ndarray, horizon: int) -> Numbers:
    """Return P(gap > 1 … horizon) of whole-day gaps, those not `seen` censored (Kaplan and Meier 1958)."""
    days = np.arange(1, horizon + 1)
    came = np.bincount(np.minimum(gaps[seen], horizon + 1).astype(int), minlength=horizon + 2)[1 : horizon + 1]
    at_risk = len(gaps) - np.searchsorted(np.sort(gaps), days, side="left")  # came that day or later, or was watched
    return np.asarray(np.cumprod(1.0 - came / np.maximum(at_risk, 1)))


def _by_ratio(train: Panel, test: Panel, horizon: int, past: Numbers, then: Numbers) -> Numbers:
    curves = np.empty((len(test.gap), horizon))
    days = np.arange(1, horizon + 1)
    known, asked = (np.minimum(panel.sums["count"], 3) for panel in (train, test))
    for count in range(4):
        rows, mine = known == count, asked == count
        if count == 0 or not (train.seen & rows).any():
            curves[mine] = 1.0 - kaplan_meier(train.gap[rows], train.seen[rows], horizon)
            continue
        ratios = train.gap[rows] / (past[rows] / train.sums["count"][rows])
        grid = np.unique(np.concatenate([[0.0], np.quantile(ratios, np.linspace(0, 1, 200))]))
        steps = np.searchsorted(grid, ratios, side="left")
        curve = 1.0 - np.concatenate([[1.0], kaplan_meier(steps.astype(float), train.seen[rows], len(grid) - 1)])
        mean = then[mine] / test.sums["count"][mine]
        curves[mine] = np.interp(days[None, :] / mean[:, None], grid, curve)
    return curves
