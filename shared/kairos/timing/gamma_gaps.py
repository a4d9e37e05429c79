"""Gaps between purchases as a gamma of the shop's own regularity, at a rate that is the customer's.

The MBG/CNBD-k model of Platzer and Reutterer (2016, "Ticking away the moments") and its kin: gaps are Gamma(k, λ), λ is
Gamma(r, α) over customers, and a customer may leave after any purchase. Mixing over λ makes the next gap a beta prime,
so S(t) = I_{a/(a+t)}(r + kx, k) with a = α + the days seen: k need not be whole, it is one more parameter to fit.
"""

from __future__ import annotations

from dataclasses import dataclass

from kairos.timing.rhythm import GapSums
from kairos.timing.special import beta_cdf


@dataclass(frozen=True, slots=True)
class GammaPrior:
    """What the shop's customers are like: rates Gamma(`shape`, `days`), gaps of `regularity` k.

    k = 1 is a Poisson process, more is a clock. `keep`, `leave` and `stay` are as in `LognormalPrior`.
    """

    shape: float
    days: float
    regularity: float
    leave: float
    stay: float
    keep: float = 1.0

    def for_customer(self, sums: GapSums) -> GammaGap:
        """Return the distribution of this customer's next gap."""
        gone = self.leave / (self.leave + self.stay + sums.count)
        return GammaGap(self.shape + self.regularity * sums.gaps, self.regularity, self.days + sums.days, gone)


@dataclass(frozen=True, slots=True)
class GammaGap:
    """One customer's next gap, unless they are `gone`: beta prime of `regularity` and `shape`, scaled by `days`."""

    shape: float
    regularity: float
    days: float
    gone: float

    def survival(self, days: float) -> float:
        """Return P(gap > days) of a customer who is not gone, for days > 0."""
        total = self.days + days
        return beta_cdf(self.shape, self.regularity, self.days / total, days / total)
