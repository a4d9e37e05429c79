"""The two models of gaps over columns: the same formulas as on the hot path, which a test holds together.

Two questions are asked of each: how likely no purchase is by a day, and how dense the next purchase is on a day. The
second costs no beta function, so it is the one that fitting asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaln, logsumexp, stdtr

from kairos.timing.gamma_gaps import COMMON, LEAST, MOST, STEPS, WEIGHT_LEAST, GammaPrior
from kairos.timing.learn.panel import Numbers
from kairos.timing.lognormal import LognormalPrior
from kairos.timing.next_order import HALF_DAY

Sums = Mapping[str, Numbers]
Rows = NDArray[np.bool_]
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class StudentColumns:
    """One row of `LognormalGap` per customer, but for `gone`."""

    df: Numbers
    middle: Numbers
    spread: Numbers
    front: Numbers
    """What of the log-density does not depend on the days asked about."""

    def where(self, rows: Rows) -> StudentColumns:
        """Return the rows chosen."""
        return StudentColumns(self.df[rows], self.middle[rows], self.spread[rows], self.front[rows])

    def survival(self, days: Numbers) -> Numbers:
        """Return P(gap > days) of each row."""
        return np.asarray(stdtr(self.df, (self.middle - np.log(days)) / self.spread))

    def density(self, days: Numbers) -> Numbers:
        """Return the density of each row's gap at its days."""
        away = (np.log(days) - self.middle) / self.spread
        power = -0.5 * (self.df + 1.0)
        return np.asarray(np.exp(self.front + power * np.log1p(away * away / self.df)) / days)

    def within_half_day(self) -> Numbers:
        """Return P(gap ≤ ½ day) of each row."""
        return 1.0 - self.survival(np.full(len(self.df), HALF_DAY))


@dataclass(frozen=True, slots=True)
class BetaColumns:
    """One row of `GammaGap` per customer, but for `gone`: each field is customers × regularities."""

    weights: Numbers
    shape: Numbers
    regularity: Numbers
    days: Numbers
    front: Numbers
    """What of the log-density does not depend on the days asked about."""

    def where(self, rows: Rows) -> BetaColumns:
        """Return the rows chosen."""
        return BetaColumns(self.weights[rows], self.shape[rows], self.regularity, self.days[rows], self.front[rows])

    def survival(self, days: Numbers) -> Numbers:
        """Return P(gap > days) of each row."""
        at = self.days / (self.days + days[:, None])
        asked = self.weights > 0.0
        parts = np.zeros(self.weights.shape)
        parts[asked] = betainc(self.shape[asked], np.broadcast_to(self.regularity, asked.shape)[asked], at[asked])
        return np.asarray((self.weights * parts).sum(1))

    def density(self, days: Numbers) -> Numbers:
        """Return the density of each row's gap at its days."""
        at = days[:, None]
        logs = (
            self.front + (self.regularity - 1.0) * np.log(at) - (self.shape + self.regularity) * np.log(self.days + at)
        )
        return np.asarray((self.weights * np.exp(logs)).sum(1))

    def within_half_day(self) -> Numbers:
        """Return about P(gap ≤ ½ day) of each row: the density's power of days, with the rest of it taken as even."""
        k = self.regularity
        logs = self.front + k * np.log(HALF_DAY) - np.log(k)
        logs -= (self.shape + k) * np.log(self.days + HALF_DAY * k / (k + 1.0))
        return np.asarray((self.weights * np.exp(np.minimum(logs, 0.0))).sum(1))


def for_customers(
    prior: LognormalPrior | GammaPrior, sums: Sums, least: float = WEIGHT_LEAST
) -> StudentColumns | BetaColumns:
    """Return every row's distribution of the next gap, as `for_customer` does for one.

    `least` is the weight below which a regularity is left out.
    """
    return _students(prior, sums) if isinstance(prior, LognormalPrior) else _betas(prior, sums, least)


def likelihood(prior: LognormalPrior | GammaPrior, sums: Sums, gap: Numbers, seen: Rows) -> Numbers:
    """Return the probability of what each row saw: the next purchase on the day of the gap, or none by its end.

    A day's probability is taken for the density at its middle, and no regularity is left out, so it changes smoothly
    with the prior and costs a beta function for silent rows only.
    """
    gaps, remain = for_customers(prior, sums, 0.0), stays(prior, sums)
    weight = remain / np.maximum(1.0 - gaps.within_half_day(), _LEAST)
    chances = weight * gaps.density(np.maximum(gap, 1.0))
    silent = ~seen
    chances[silent] = 1.0 - remain[silent] + weight[silent] * gaps.where(silent).survival(gap[silent] + HALF_DAY)
    return np.asarray(np.minimum(chances, 1.0))


def stays(prior: LognormalPrior | GammaPrior, sums: Sums) -> Numbers:
    """Return P(not gone) of each row, right after its purchase."""
    model: Any = prior
    return np.asarray(1.0 - model.leave / (model.leave + model.stay + sums["count"]))


def _students(prior: LognormalPrior, sums: Sums) -> StudentColumns:
    logs = sums["logs"]
    weight = prior.weight + logs
    own = sums["mean_log"] + prior.recent * (sums["log_pace"] - sums["mean_log"])
    away = own - prior.mean
    mean = prior.mean + logs * away / weight
    shape = prior.shape + 0.5 * logs
    scale = prior.scale + 0.5 * (sums["square_log"] + prior.weight * logs * away**2 / weight)
    spread = np.sqrt(scale * (weight + 1.0) / (shape * weight))
    front = gammaln(shape + 0.5) - gammaln(shape) - 0.5 * np.log(2.0 * shape * np.pi) - np.log(spread)
    return StudentColumns(2.0 * shape, mean, spread, front)


def _betas(prior: GammaPrior, sums: Sums, least: float) -> BetaColumns:
    steps = np.array(STEPS if prior.spread else (0.0,))
    k = prior.regularity * np.exp(prior.spread * steps)[None, :]
    if prior.spread:
        k = np.clip(k, LEAST, MOST)
    start = prior.days * prior.regularity / k
    count, days = sums["gaps"][:, None], sums["days"][:, None]
    shape = prior.shape + k * count
    own = np.maximum(days / np.maximum(count, 1e-9), 1e-9)
    faster = np.where(days > 0, np.maximum(sums["pace"][:, None], 1e-9) / own, 1.0) ** prior.recent
    weights = np.ones((len(count), 1))
    if prior.spread:
        mean_log = np.minimum(sums["mean_log"][:, None], np.log(own))
        logs = gammaln(shape) + prior.shape * np.log(start) - shape * np.log(start + days)
        logs += np.log(COMMON) + np.where(count > 0, count * ((k - 1.0) * mean_log - gammaln(k)), 0.0)
        weights = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
        weights = np.where(weights >= least, weights, 0.0)
        weights /= weights.sum(1, keepdims=True)
    reach = start + days * faster
    front = gammaln(shape + k) - gammaln(shape) - gammaln(k) + shape * np.log(reach)
    return BetaColumns(weights, shape, k, reach, front)
