"""Where a customer stands: from new to lapsed, worked out once an order and good until the next.

With x purchase days, the silence s since the last and P(gone | s) of `next_order`:

- *lapsed* from the first s with P(gone) ≥ the shop's `lapsed`, *at risk* from the first with P(gone) ≥ `at_risk`;
- before that, *returned* where the last gap itself would have been at risk on its last day; else *new* with one
  purchase day, *growing* up to four or where the later half of the gaps known one by one is shorter than the
  earlier half by a fifth, and *steady* otherwise.

The *lifecycle index* is (1 − P(gone | s)) · x / (x + 1): 0 for who has gone, ½ for a first order, towards 1 for a
regular customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import Rhythm

YOUNG = 4
SHORTER = 0.8
"""The later gaps' median as a share of the earlier ones', at or below which a customer grows."""


@dataclass(frozen=True, slots=True)
class Course:
    """The stage since the last order, and the ordinals from which it is another; None: out of sight."""

    stage: str
    at_risk_from: int | None
    lapsed_from: int | None


def course_of(prior: RhythmPrior, rhythm: Rhythm, at_risk: float, lapsed: float) -> Course:
    """Return the course from the last order on. Raises ValueError for a rhythm without purchases."""
    forecast = prior.forecast(rhythm)
    days = (forecast.silence_until_gone(chance) for chance in (at_risk, lapsed))
    at_risk_from, lapsed_from = (None if silence is None else forecast.last_day + silence for silence in days)
    return Course(_stage(prior, rhythm, at_risk), at_risk_from, lapsed_from)


def lifecycle_index(prior: RhythmPrior, rhythm: Rhythm, today: int) -> float:
    """Return the index on a day (an ordinal), in [0, 1); 0 without purchases."""
    if rhythm.last_day is None:
        return 0.0
    alive = 1.0 - prior.forecast(rhythm).p_gone(max(0, today - rhythm.last_day))
    return alive * rhythm.purchases / (rhythm.purchases + 1)


def _stage(prior: RhythmPrior, rhythm: Rhythm, at_risk: float) -> str:
    if rhythm.purchases == 1:
        return "new"
    if len(rhythm.days) > 1:
        before = Rhythm(rhythm.days[:-1], rhythm.folded, rhythm.folded_weekdays)
        if prior.forecast(before).p_gone(rhythm.days[-1] - rhythm.days[-2] - 1) >= at_risk:
            return "returned"
    return "growing" if rhythm.purchases <= YOUNG or _shorter(rhythm.days) else "steady"


def _shorter(days: Sequence[int]) -> bool:
    gaps = [after - before for before, after in pairwise(days)]
    half = len(gaps) // 2
    return half > 0 and median(gaps[-half:]) <= SHORTER * median(gaps[:half])
