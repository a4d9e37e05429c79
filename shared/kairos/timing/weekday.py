"""The clock that runs slow on a customer's idle weekdays and stands still when the shop is shut.

Instead of bending a day's probability and putting right the sum, time itself is bent: each weekday lasts as long as it
attracts purchases, and a week stays seven days. Whatever distribution of gaps is read off this clock remains one, and
a question about silence needs no sum over its days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from kairos.timing.rhythm import weekday_of

EVEN = (1.0,) * 7


@dataclass(frozen=True, slots=True)
class WeekdayPrior:
    """How much weekdays say in this shop.

    `shares` of purchases by weekday, Monday first, summing to 1; `shop` is the power to which the shop's own pattern is
    raised and `own` that of what sets the customer apart from it: 0 is off. `weight` is how many purchases the shop's
    pattern is worth against the customer's.
    """

    shares: tuple[float, ...] = (1 / 7,) * 7
    shop: float = 0.0
    own: float = 0.0
    weight: float = 30.0

    def lengths(self, counts: Sequence[int]) -> tuple[float, ...]:
        """Return how long each weekday lasts for a customer with these purchases by weekday; the mean is 1."""
        if self.shop == 0.0 and self.own == 0.0:
            return EVEN
        total = sum(counts) + self.weight
        powers = []
        for share, count in zip(self.shares, counts, strict=True):
            own = (count + self.weight * share) / (total * share)
            powers.append(exp(self.shop * log(7.0 * share) + self.own * log(own)))
        scale = 7.0 / sum(powers)
        return tuple(power * scale for power in powers)


def days_on_clock(lengths: Sequence[float], start: int, days: int) -> float:
    """Return how long the `days` ≥ 0 days after the ordinal `start` last on that clock."""
    weeks, rest = divmod(days, 7)
    return 7.0 * weeks + sum(lengths[weekday_of(start + day)] for day in range(1, rest + 1))
