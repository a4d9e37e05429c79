"""Gaps between purchases as a gamma whose pace and whose regularity are the customer's own.

The Pareto/GGG of Platzer and Reutterer (2016, "Ticking away the moments") with the dropout of their MBG/CNBD-k, in
closed form: gaps are Gamma(k, kλ), λ is Gamma(r, α) over customers, and a customer may leave after any purchase.
Mixing over λ makes the next gap a beta prime, S(t) = I_{a/(a+t)}(r + kx, k) with a = α/k + the days seen. The
regularity k, 1 for a Poisson process and more for a clock, differs between people too: it is one of five, lognormal
about the shop's, and how likely each is follows from the number, the sum and the sum of logarithms of a customer's
gaps. So nobody is thought to be late on the word of other people's clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log

from kairos.timing.rhythm import GapSums, Pace
from kairos.timing.special import beta_cdf

STEPS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Where the five regularities stand, in standard deviations of ln k, with the weights of a normal law."""
COMMON = tuple(exp(-0.5 * step * step) / sum(exp(-0.5 * each * each) for each in STEPS) for step in STEPS)
LEAST, MOST = 0.05, 2000.0
"""The bounds of a regularity: beyond, whole days can tell no more."""
WEIGHT_LEAST = 0.01
"""Below this a regularity is left out for a customer: it costs a beta function and says nothing."""


@dataclass(frozen=True, slots=True)
class GammaPrior:
    """What the shop's customers are like: rates Gamma(`shape`, `days`) of stages, gaps of about `regularity` k stages.

    `spread` is the standard deviation of ln k over customers, 0 where all share one. `keep`, `leave`, `stay` and
    `recent` are as in `LognormalPrior`.
    """

    shape: float
    days: float
    regularity: float
    leave: float
    stay: float
    keep: float = 1.0
    spread: float = 0.0
    recent: float = 0.0

    def for_customer(self, sums: GapSums, pace: Pace | None = None) -> GammaGap:
        """Return the distribution of this customer's next gap."""
        gone = self.leave / (self.leave + self.stay + sums.count)
        seen = sums.days
        if pace and sums.days > 0:
            seen *= (pace.days * sums.gaps / sums.days) ** self.recent
        parts = []
        for weight, regularity in self._regularities(sums):
            days = self.days * self.regularity / regularity + seen
            parts.append(GammaPart(weight, self.shape + regularity * sums.gaps, regularity, days))
        return GammaGap(tuple(parts), gone)

    def _regularities(self, sums: GapSums) -> list[tuple[float, float]]:
        """Return (probability, k) of the regularities that this customer's gaps leave likely."""
        if self.spread == 0.0:
            return [(1.0, self.regularity)]
        each = [min(max(self.regularity * exp(self.spread * step), LEAST), MOST) for step in STEPS]
        logs = [log(common) + self._log_evidence(k, sums) for common, k in zip(COMMON, each, strict=True)]
        top = max(logs)
        likely = [exp(value - top) for value in logs]
        least = WEIGHT_LEAST * sum(likely)
        kept = [(weight, k) for weight, k in zip(likely, each, strict=True) if weight >= least]
        total = sum(weight for weight, _ in kept)
        return [(weight / total, k) for weight, k in kept]

    def _log_evidence(self, k: float, sums: GapSums) -> float:
        """Return ln P(the gaps seen, given k), the rate integrated out, up to what all k share."""
        start = self.days * self.regularity / k
        shape = self.shape + k * sums.gaps
        of_rate = lgamma(shape) + self.shape * log(start) - shape * log(start + sums.days)
        if not sums.gaps:
            return of_rate
        mean_log = min(sums.mean_log, log(sums.days / sums.gaps))  # no mean of logarithms is above the log of the mean
        return of_rate + sums.gaps * ((k - 1.0) * mean_log - lgamma(k))


@dataclass(frozen=True, slots=True)
class GammaPart:
    """One regularity's next gap: beta prime of `regularity` and `shape`, scaled by `days`; and how likely it is."""

    weight: float
    shape: float
    regularity: float
    days: float


@dataclass(frozen=True, slots=True)
class GammaGap:
    """One customer's next gap, unless they are `gone`: a mixture over regularities, whose weights sum to 1."""

    parts: tuple[GammaPart, ...]
    gone: float

    def survival(self, days: float) -> float:
        """Return P(gap > days) of a customer who is not gone, for days > 0."""
        total = 0.0
        for part in self.parts:
            reach = part.days + days
            total += part.weight * beta_cdf(part.shape, part.regularity, part.days / reach, days / reach)
        return total
