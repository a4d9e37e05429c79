"""Gaps between purchases as a lognormal whose mean and spread are the customer's own, shrunk to the shop's.

With a normal-inverse-gamma prior on mean and variance of ln(gap), the next gap of a customer with known gaps is a
Student-t on ln days in closed form (Murphy 2007, "Conjugate Bayesian analysis of the Gaussian distribution", §6).
The heavy tail of the t is what keeps a short history humble about silence. People speed up and slow down: the mean
leans towards the gaps of late, as far as that was found to pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

from kairos.timing.rhythm import GapSums, Pace
from kairos.timing.special import student_t_cdf


@dataclass(frozen=True, slots=True)
class LognormalPrior:
    """What the shop's customers are like: mean of ln days, its weight in gaps, shape and scale of the variance.

    `keep` is what a gap still weighs when the next one is known; `leave` and `stay` are the beta prior of leaving for
    good after a purchase. `recent` is how far a customer's mean leans from all gaps (0) to those of late (1).
    """

    mean: float
    weight: float
    shape: float
    scale: float
    leave: float
    stay: float
    keep: float = 1.0
    recent: float = 0.0

    def for_customer(self, sums: GapSums, pace: Pace | None = None) -> LognormalGap:
        """Return the distribution of this customer's next gap."""
        weight = self.weight + sums.logs
        own = sums.mean_log + (self.recent * (pace.log - sums.mean_log) if pace else 0.0)
        away = own - self.mean
        mean = self.mean + sums.logs * away / weight
        shape = self.shape + 0.5 * sums.logs
        scale = self.scale + 0.5 * (sums.square_log + self.weight * sums.logs * away * away / weight)
        spread = sqrt(scale * (weight + 1.0) / (shape * weight))
        gone = self.leave / (self.leave + self.stay + sums.count)
        return LognormalGap(2.0 * shape, mean, spread, gone)


@dataclass(frozen=True, slots=True)
class LognormalGap:
    """One customer's next gap: ln days are `middle` + `spread` · t with `df` degrees, unless they are `gone`."""

    df: float
    middle: float
    spread: float
    gone: float

    def survival(self, days: float) -> float:
        """Return P(gap > days) of a customer who is not gone, for days > 0."""
        return student_t_cdf(self.df, (self.middle - log(days)) / self.spread)
