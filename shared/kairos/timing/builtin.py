"""What Kairos believes of a shop before it learned anything there: the centres of the weak priors of `learn`.

Forty orders of one shop move these; nothing here is fitted to any. A week without a shape is deliberate: where nothing
is known of a customer every hour is as good as another, and the earliest of them wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from kairos.timing.gamma_gaps import GammaPrior
from kairos.timing.lognormal import LognormalPrior
from kairos.timing.next_order import RhythmPrior
from kairos.timing.send_time import HourPrior
from kairos.timing.weekday import WeekdayPrior

LOGNORMAL_CENTRE = (3.7, -0.3, 0.9, 0.5, -1.5, 1.0, -0.5)
"""Mean of ln days; logarithms of weight, shape, scale, leave and stay; log-odds of recent (`LognormalPrior`)."""
GAMMA_CENTRE = (-0.1, 3.6, 0.2, -1.5, 1.0, -0.7, -0.5)
"""Logarithms of shape, days, regularity, leave, stay and spread; log-odds of recent (`GammaPrior`)."""

SPREAD_MAX = 2.0
"""The most by which ln k differs between customers: with more, five regularities would leave nothing between them."""


def lognormal_of(values: Sequence[float], keep: float = 1.0) -> LognormalPrior:
    """Return the prior at these numbers, on the scales of `LOGNORMAL_CENTRE`."""
    mean, (weight, shape, scale, leave, stay) = values[0], map(exp, values[1:6])
    return LognormalPrior(mean, weight, shape, scale, leave, stay, keep, _chance(values[6]))


def gamma_of(values: Sequence[float], keep: float = 1.0) -> GammaPrior:
    """Return the prior at these numbers, on the scales of `GAMMA_CENTRE`."""
    shape, days, regularity, leave, stay, spread = map(exp, values[:6])
    return GammaPrior(shape, days, regularity, leave, stay, keep, min(spread, SPREAD_MAX), _chance(values[6]))


def _chance(odds: float) -> float:
    return 1.0 / (1.0 + exp(-odds))


RHYTHM = RhythmPrior(lognormal_of(LOGNORMAL_CENTRE), gamma_of(GAMMA_CENTRE), WeekdayPrior())
HOURS = HourPrior()
