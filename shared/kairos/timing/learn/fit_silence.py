"""Learn how far to trust the forecast about silence, from what happened after an earlier day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from kairos.timing.learn.panel import Histories, Numbers, sample_customers
from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import replay
from kairos.timing.silence import SilencePrior, mean_amount, p_none, stack_terms

CUSTOMERS_MAX = 4000
OUTCOMES_LEAST = 40
"""Customers who came and customers who did not, each, below which nothing is learned."""
_RIDGE = 2.0
_WEIGHTS = ("intercept", "forecast", "recency", "frequency", "money", "single")
_TARGET = np.array([0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
Amounts = Mapping[str, Sequence[tuple[int, float]]]
"""Each customer's orders as (ordinal, amount)."""


def fit_silence(
    prior: RhythmPrior,
    histories: Histories,
    until: int,
    horizon: int,
    amounts: Amounts | None = None,
    customers_max: int = CUSTOMERS_MAX,
) -> SilencePrior:
    """Return the stack for this horizon, learned from who came in the `horizon` days up to the ordinal `until`.

    `prior` is the one that the forecasts will use, fitted up to the same day: a forecast must mean the same here as
    when the stack is asked. Where too few came or stayed away, the forecast alone is returned.
    """
    amounts = amounts or {}
    then = until - horizon
    known = sample_customers({c: days for c, days in histories.items() if days and days[0] <= then}, customers_max)
    worth = {customer: mean_amount(amounts.get(customer, ()), then) for customer in known}
    usual = float(np.exp(np.mean([np.log(value) for value in worth.values() if value] or [0.0])))
    rows, stayed_away = [], []
    for customer, days in known.items():
        past = days[: bisect_right(days, then)]
        forecast = prior.forecast(replay(past, prior.lognormal.keep, prior.gamma.keep))
        alone = p_none(SilencePrior(), forecast, len(past), then - past[-1], horizon)
        rows.append((1.0, *stack_terms(alone, len(past), then - past[-1], worth[customer], usual)))
        stayed_away.append(not any(then < day <= until for day in days))
    outcomes = np.array(stayed_away, dtype=float)
    if min(outcomes.sum(), (1.0 - outcomes).sum()) < OUTCOMES_LEAST:
        return SilencePrior()
    weights = _fit(np.array(rows), outcomes)
    named = dict(zip(_WEIGHTS, (float(weight) for weight in weights), strict=True))
    return SilencePrior(horizon, usual_amount=usual, **named)


def _fit(rows: Numbers, outcomes: Numbers) -> Numbers:
    def loss(weights: Numbers) -> tuple[float, Numbers]:
        odds, away = rows @ weights, weights - _TARGET
        value = np.logaddexp(0.0, odds).sum() - outcomes @ odds + 0.5 * _RIDGE * away @ away
        return float(value), rows.T @ (expit(odds) - outcomes) + _RIDGE * away

    return np.asarray(minimize(loss, _TARGET, jac=True, method="L-BFGS-B").x)
