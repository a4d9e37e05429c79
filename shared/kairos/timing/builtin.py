"""What Kairos believes of a shop before it learned anything there: the centres of the weak priors of `learn`.

Forty orders of one shop move these; nothing here is fitted to any. A week without a shape is deliberate: where nothing
is known of a customer every hour is as good as another, and the earliest of them wins.
"""

from __future__ import annotations

from math import exp

from kairos.timing.gamma_gaps import GammaPrior
from kairos.timing.lognormal import LognormalPrior
from kairos.timing.next_order import RhythmPrior
from kairos.timing.send_time import HourPrior
from kairos.timing.weekday import WeekdayPrior

LOGNORMAL_CENTRE = (3.7, -0.3, 0.9, 0.5, -1.5, 1.0)
"""Mean of ln days; then logarithms of weight, shape, scale, leave and stay (`LognormalPrior`)."""
GAMMA_CENTRE = (-0.1, 3.6, 0.2, -1.5, 1.0)
"""Logarithms of shape, days, regularity, leave and stay (`GammaPrior`)."""

RHYTHM = RhythmPrior(
    LognormalPrior(LOGNORMAL_CENTRE[0], *(exp(value) for value in LOGNORMAL_CENTRE[1:])),
    GammaPrior(*(exp(value) for value in GAMMA_CENTRE)),
    WeekdayPrior(),
)
HOURS = HourPrior()
