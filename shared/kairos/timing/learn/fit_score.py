"""Learn what each signal of a score adds, from the author's numbers on: logistic regression whose ridge pulls to them.

Few observations leave the author's numbers as they are, many replace them; the base is pulled little, so what is said
in all comes as often as it is said. (Hoerl and Kennard 1970, with a prior mean: the mode under a normal prior.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from kairos.timing.learn.judge import Judged, parted
from kairos.timing.weights import Weights

OBSERVED_LEAST, EVENTS_LEAST = 100, 15
_PULL, _PULL_OF_BASE = 4.0, 0.1
_LEAST = 1e-12

Numbers = NDArray[np.float64]
Seen = Mapping[int, tuple[int, int]]
"""A set of signals (a bit each) → how often it was seen, and how often what is foretold came."""


def fit_weights(seen: Iterable[Seen], own: Weights) -> Weights:
    """Return the numbers that make what was seen likeliest, pulled to the author's `own`."""
    rows, times, came = _columns(seen, len(own.adds))
    start = np.array([own.base, *own.adds])
    pull = np.array([_PULL_OF_BASE, *[_PULL] * len(own.adds)])

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        odds, away = rows @ weights, weights - start
        value = (times * np.logaddexp(0.0, odds)).sum() - came @ odds + 0.5 * (pull * away) @ away
        return float(value), rows.T @ (times * expit(odds) - came) + pull * away

    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return Weights(float(found[0]), tuple(float(number) for number in found[1:]), own.print)


def log_score(seen: Iterable[Seen], weights: Weights) -> float:
    """Return the mean log-probability of what came and what did not."""
    rows, times, came = _columns(seen, len(weights.adds))
    chances = np.clip(expit(rows @ np.array([weights.base, *weights.adds])), _LEAST, 1.0 - _LEAST)
    total = came @ np.log(chances) + (times - came) @ np.log1p(-chances)
    return float(total / max(float(times.sum()), 1.0))


def _columns(seen: Iterable[Seen], signals: int) -> tuple[Numbers, Numbers, Numbers]:
    sums: dict[int, list[int]] = {}
    for each in seen:
        for mask, (times, came) in each.items():
            known = sums.setdefault(mask, [0, 0])
            known[0] += times
            known[1] += came
    rows = [[1.0, *((mask >> place) & 1 for place in range(signals))] for mask in sums]
    columns = np.array(list(sums.values()), dtype=float).reshape(-1, 2)
    return np.array(rows, dtype=float).reshape(-1, signals + 1), columns[:, 0], columns[:, 1]


def judge_score(customers: Mapping[str, Seen], own: Weights, live: Weights) -> Judged:
    """Learn from customers that are not held out, and judge on the others, beside the numbers that are live."""
    observed = sum(times for each in customers.values() for times, _ in each.values())
    came = sum(came for each in customers.values() for _, came in each.values())
    learned, held = (list(each.values()) for each in parted(customers))
    if observed < OBSERVED_LEAST or min(came, observed - came) < EVENTS_LEAST or not held or not learned:
        return Judged(None, observed)
    found = fit_weights(learned, own)
    return Judged(found, observed, log_score(held, found), log_score(held, live))
