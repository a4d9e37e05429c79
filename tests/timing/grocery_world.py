"""A world whose truth is known: Pareto/GGG shoppers, the oracle who knows each of them, and the best that can be known.

Gaps of a customer are Gamma(k, kλ) until they leave, at an exponential time of rate μ; k, λ and μ are gammas over
customers. The parameters, in weeks, are of the size that Platzer and Reutterer (2016) find at an online grocer. The
Bayes limit is the forecast of one who knows these six numbers, the law, and every purchase to the second: nothing
that learns from days can do better, but by luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc, gammaln
from scipy.stats import gamma as gamma_law

Numbers = NDArray[np.float64]
T, GAMMA, R, ALPHA, S, BETA = 1.695, 0.373, 0.948, 5.243, 0.432, 4.348
WEEKS, BORN_WEEKS = 104, 52
START = date(2024, 1, 1).toordinal()
NODES = 32
"""Points on which the unknown regularity is integrated, each as likely before anything is seen."""


@dataclass(frozen=True)
class Shopper:
    """One customer: the truth, and when they bought, in days from `START`."""

    regularity: float
    rate: float
    leaving: float
    times: Numbers

    @property
    def days(self) -> list[int]:
        """Return the ordinals of the days with a purchase."""
        return sorted({START + int(time) for time in self.times})


def make_shoppers(count: int, seed: int) -> dict[str, Shopper]:
    """Return customers who come in the first year and are watched for two."""
    random = np.random.default_rng(seed)
    shoppers = {}
    for customer in range(count):
        k, rate = random.gamma(T, 1.0 / GAMMA), random.gamma(R, 1.0 / ALPHA)
        leaving, week = random.gamma(S, 1.0 / BETA), random.uniform(0.0, BORN_WEEKS)
        end, times = min(WEEKS, week + random.exponential(1.0 / leaving)), []
        while week < end:
            times.append(7.0 * week)
            week += random.gamma(k, 1.0 / (k * rate))
        if times:
            shoppers[f"c{customer:05}"] = Shopper(k, rate / 7.0, leaving / 7.0, np.array(times))
    return shoppers


def told(shoppers: dict[str, Shopper], until: int, end: int, horizon: int) -> list[tuple[Shopper, int]]:
    """Return (shopper, place of a purchase) for the last purchase of every day that is forecast from, in the order of a
    panel: by customer, then by day."""
    rows = []
    for customer in sorted(shoppers):
        times = shoppers[customer].times
        for place, time in enumerate(times):
            day = START + int(time)
            last = place + 1 == len(times) or int(times[place + 1]) > int(time)
            if last and day > until and day + horizon <= end:
                rows.append((shoppers[customer], place))
    return rows


def oracle(rows: list[tuple[Shopper, int]], horizon: int) -> Numbers:
    """Return P(next order within 1 … horizon days) of one who knows each customer's own three numbers."""
    curves = []
    for shopper, place in rows:
        edges = _edges(shopper.times[place], horizon)
        reached = gammainc(shopper.regularity, shopper.regularity * shopper.rate * edges)
        curves.append(_whole_days(np.diff(reached), np.exp(-shopper.leaving * _middles(edges))))
    return np.array(curves)


def bayes_limit(rows: list[tuple[Shopper, int]], horizon: int) -> Numbers:
    """Return P(next order within 1 … horizon days) of one who knows the law and all purchases up to each."""
    nodes = gamma_law.ppf((np.arange(NODES) + 0.5) / NODES, T, scale=1.0 / GAMMA)
    curves = []
    for shopper, place in rows:
        gaps = np.maximum(np.diff(shopper.times[: place + 1]), 1e-9)
        age = shopper.times[place] - shopper.times[0]
        start, shape = 7.0 * ALPHA / nodes, R + nodes * len(gaps)
        logs = gammaln(shape) + R * np.log(start) - shape * np.log(start + age)
        logs += (nodes - 1.0) * np.log(gaps).sum() - len(gaps) * gammaln(nodes)
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        kept = weights > 1e-4
        edges = _edges(shopper.times[place], horizon)
        known = (start + age)[kept][:, None]
        parts = 1.0 - betainc(shape[kept][:, None], nodes[kept][:, None], known / (known + edges[None, :]))
        stays = ((7.0 * BETA + age) / (7.0 * BETA + age + _middles(edges))) ** S
        curves.append(_whole_days(np.diff(weights[kept] @ parts), stays))
    return np.array(curves)


def _edges(time: float, horizon: int) -> Numbers:
    """Return how far the purchase's own midnight and the following `horizon` lie ahead, after now."""
    return np.concatenate([[0.0], np.arange(1, horizon + 2) - time % 1.0])


def _middles(edges: Numbers) -> Numbers:
    return np.asarray((edges[1:] + edges[:-1]) / 2.0)


def _whole_days(falls: Numbers, stays: Numbers) -> Numbers:
    """Return the curve over whole days, given that nothing more came on the day of the purchase."""
    chances = falls * stays
    return np.asarray(np.cumsum(chances[1:]) / (1.0 - chances[0]))
