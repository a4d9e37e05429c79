"""Whether a newly learned stack foretells silences better than the live one, on customers that it was not fitted on."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from kairos.timing.learn.fit_silence import fit_silence
from kairos.timing.learn.judge import Judged, parted
from kairos.timing.learn.panel import Histories
from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import replay
from kairos.timing.silence import HORIZON, SilencePrior, p_none

OUTCOMES_LEAST = 40
"""Held-out customers below which nothing is judged."""
_LEAST = 1e-12


def judge_silence(histories: Histories, until: int, rhythm: RhythmPrior, live: SilencePrior) -> Judged:
    """Learn from customers that are not held out what the `HORIZON` days up to the ordinal `until` held, and judge on
    the others. `rhythm` is the prior whose forecasts the stack will weigh."""
    known = {customer: days for customer, days in histories.items() if days and days[0] <= until - HORIZON}
    learned, held = parted(known)
    if len(held) < OUTCOMES_LEAST:
        return Judged(None, len(known))
    prior = fit_silence(rhythm, learned, until, HORIZON)
    if prior.horizon != HORIZON:
        return Judged(None, len(known))
    fitted, old = (silence_score(each, rhythm, held, until) for each in (prior, live))
    return Judged(prior, len(known), fitted, old)


def silence_score(prior: SilencePrior, rhythm: RhythmPrior, histories: Histories, until: int) -> float:
    """Return the mean log-probability of who came in the `HORIZON` days up to `until`, and who did not."""
    total, then = 0.0, until - HORIZON
    for days in histories.values():
        past = days[: bisect_right(days, then)]
        forecast = rhythm.forecast(replay(past, rhythm.lognormal.keep, rhythm.gamma.keep))
        none = p_none(prior, forecast, len(past), then - past[-1], HORIZON)
        came = any(then < day <= until for day in days)
        total += float(np.log(max(1.0 - none if came else none, _LEAST)))
    return total / max(len(histories), 1)
