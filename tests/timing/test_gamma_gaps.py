"""The gamma whose pace and regularity are the customer's own, against the integrals that it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp, gamma, log

import pytest

from kairos.timing.gamma_gaps import COMMON, STEPS, GammaPrior
from kairos.timing.rhythm import replay

PRIOR = GammaPrior(0.8, 32.0, 2.0, 0.1, 4.0, spread=0.6)
CLOCK = [100 + 14 * n for n in range(8)]
RAGGED = [100, 101, 103, 130, 131, 170, 172, 198]


def _by_hand(gaps: list[int], asked: Sequence[float]) -> list[float]:
    """Return P(gap > days), by sums over the rate: the density of what was seen, then of what is asked."""
    above, whole = [0.0] * len(asked), 0.0
    for step, common in zip(STEPS, COMMON, strict=True):
        k = PRIOR.regularity * exp(PRIOR.spread * step)
        start = PRIOR.days * PRIOR.regularity / k
        for cell in range(200):
            log_rate = -12.0 + 14.0 * (cell + 0.5) / 200
            rate = exp(log_rate)
            weight = common * rate**PRIOR.shape * start**PRIOR.shape * exp(-start * rate)
            for gap in gaps:
                weight *= rate**k * gap ** (k - 1.0) / gamma(k) * exp(-rate * gap)
            whole += weight
            above = [each + weight * _gamma_tail(k, rate * days) for each, days in zip(above, asked, strict=True)]
    return [each / whole for each in above]


def _gamma_tail(k: float, x: float) -> float:
    """Return Q(k, x) by the series of the lower incomplete gamma function."""
    if x > 60:
        return 0.0
    term = total = 1.0 / k
    for n in range(1, 200):
        term *= x / (k + n)
        total += term
    return max(0.0, 1.0 - total * exp(k * log(x) - x) / gamma(k))


@pytest.mark.parametrize("days", [CLOCK, RAGGED, [100], [100, 140]])
def test_survival_is_the_integral_over_pace_and_regularity(days: list[int]) -> None:
    gaps = [after - before for before, after in pairwise(days)]
    found = PRIOR.for_customer(replay(days).sums())
    assert sum(part.weight for part in found.parts) == pytest.approx(1.0)
    asked = (1.0, 9.5, 20.0, 60.0)
    by_hand = _by_hand(gaps, asked)  # which leaves out no regularity for being unlikely
    assert [found.survival(days) for days in asked] == pytest.approx(by_hand, abs=0.004)


def test_who_buys_by_the_clock_is_known_for_it() -> None:
    def regularity(days: list[int]) -> float:
        parts = PRIOR.for_customer(replay(days).sums()).parts
        return sum(part.weight * part.regularity for part in parts)

    assert regularity(CLOCK) > 1.5 * regularity([100]) > 2.5 * regularity(RAGGED)


def test_without_a_spread_one_regularity_serves_all() -> None:
    one = GammaPrior(0.8, 32.0, 2.0, 0.1, 4.0)
    sums = replay(CLOCK).sums()
    (part,) = one.for_customer(sums).parts
    assert (part.weight, part.shape, part.regularity, part.days) == (1.0, 0.8 + 2.0 * 7, 2.0, 32.0 + 98.0)


def test_the_pace_of_late_counts_as_far_as_it_was_found_to_pay() -> None:
    slowing = replay([100, 105, 110, 115, 120, 125, 155, 185])
    sums, pace = slowing.sums(), slowing.pace()
    deaf, keen = (GammaPrior(0.8, 32.0, 2.0, 0.1, 4.0, recent=recent) for recent in (0.0, 0.5))
    assert deaf.for_customer(sums, pace) == deaf.for_customer(sums)
    assert keen.for_customer(sums, pace).survival(14.0) > deaf.for_customer(sums, pace).survival(14.0) + 0.1


def test_sums_that_forget_at_their_own_speeds_stay_within_reason() -> None:
    mixed = replay(sorted({*range(100, 4000, 90), *range(4000, 4060, 2)}), 0.8, 1.0).sums(0.8, 1.0)
    for asked in (0.5, 3.0, 400.0):
        assert 0.0 <= PRIOR.for_customer(mixed).survival(asked) <= 1.0
