"""How good forecasts of the next order are, in the measures that the field uses.

All are over gaps in whole days, censored at a horizon H. CRPS is threshold-weighted to [0, H]: the sum over days
d = 1 … H of (F(d) − [gap ≤ d])², in days, lower is better (Gneiting and Ranjan 2011). The log score is the mean of
ln P(day of the next order), or of ln P(none by H), in nats, higher is better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from kairos.timing.learn.panel import Numbers

WINDOW_DAYS = 7
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Scores:
    """The measures of one model over one set of gaps.

    `mae` is the mean absolute error of the median, both cut at H. `cover_80` and `cover_50` are the shares of gaps in
    the central intervals, `hits` the share of gaps that fall in the likeliest seven days.
    """

    crps: float
    log_score: float
    cover_80: float
    cover_50: float
    mae: float
    hits: float


def score(cdf: Numbers, gaps: Numbers) -> Scores:
    """Score rows of P(next order within 1 … H days) against gaps in days; infinity is none by the end of the data."""
    horizon = cdf.shape[1]
    days = np.arange(1, horizon + 1)
    came = gaps[:, None] <= days
    edges = np.concatenate([np.zeros((len(cdf), 1)), cdf], 1)
    cut = np.minimum(gaps, horizon + 1).astype(int)
    rows = np.arange(len(cdf))
    on_day = edges[rows, np.minimum(cut, horizon)] - edges[rows, cut - 1]
    chance = np.where(cut <= horizon, on_day, 1.0 - cdf[:, -1])
    held = edges[:, WINDOW_DAYS:] - edges[:, :-WINDOW_DAYS] if horizon >= WINDOW_DAYS else cdf[:, -1:]
    first = held.argmax(1)
    return Scores(
        float(((cdf - came) ** 2).sum(1).mean()),
        float(np.log(np.maximum(chance, _LEAST)).mean()),
        _coverage(edges, cut, 0.8),
        _coverage(edges, cut, 0.5),
        float(np.abs(np.minimum(_quantile(cdf, 0.5), horizon) - np.minimum(cut, horizon)).mean()),
        float(((cut > first) & (cut <= first + WINDOW_DAYS)).mean()),
    )


def area_under_curve(outcomes: NDArray[np.bool_], chances: Numbers) -> float:
    """Return the chance that of one who did and one who did not, the first had the higher forecast (AUC)."""
    ranks = rankdata(chances)
    came = int(outcomes.sum())
    return float((ranks[outcomes].sum() - came * (came + 1) / 2) / (came * (len(outcomes) - came)))


def log_loss(outcomes: NDArray[np.bool_], chances: Numbers) -> float:
    """Return −mean ln P(what happened), in nats."""
    happened = np.where(outcomes, chances, 1.0 - chances)
    return float(-np.log(np.maximum(happened, _LEAST)).mean())


def calibration(cdf: Numbers, gaps: Numbers, within: int, bins: int = 10) -> list[tuple[float, float, int]]:
    """Return, by tenths of P(order within `within` days): the mean forecast, the share that came, and how many."""
    chances = cdf[:, within - 1]
    order = np.argsort(chances, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [(float(chances[p].mean()), float((gaps[p] <= within).mean()), len(p)) for p in parts]


def _quantile(cdf: Numbers, probability: float) -> NDArray[np.int64]:
    """Return the first day at which each row has reached the probability, H + 1 where none has."""
    return np.asarray((cdf < probability).sum(1) + 1)


def _coverage(edges: Numbers, cut: NDArray[np.int64], probability: float) -> float:
    """Return how much of the outcomes the central interval holds, counting a day by the share of it that lies inside.

    A day's probability may straddle the interval's edge, so the middle of what a gap of that day spans on the
    probability scale is not enough: the span's overlap with the interval is (Czado, Gneiting and Held 2009).
    """
    horizon = edges.shape[1] - 1
    rows = np.arange(len(edges))
    low = edges[rows, np.minimum(cut - 1, horizon)]
    high = np.where(cut <= horizon, edges[rows, np.minimum(cut, horizon)], 1.0)
    first, last = (1.0 - probability) / 2.0, (1.0 + probability) / 2.0
    overlap = np.clip(np.minimum(high, last) - np.maximum(low, first), 0.0, None)
    return float((overlap / np.maximum(high - low, _LEAST)).mean())
