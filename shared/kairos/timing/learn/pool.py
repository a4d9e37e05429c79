"""The pool of both models over columns, on the clock of weekdays: what `Forecast` computes one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kairos.timing.learn.columns import BetaColumns, Rows, StudentColumns, for_customers, stays
from kairos.timing.learn.panel import Numbers, Panel
from kairos.timing.next_order import HALF_DAY, RhythmPrior
from kairos.timing.weekday import WeekdayPrior

_SIMPSON = ((0.0, 1.0), (0.5, 4.0), (1.0, 1.0))
"""Where within a day its density is taken, and what it weighs, of six: a day may last a week on a customer's clock."""


_LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class PoolColumns:
    """Every row's next gap under both models; `weights` are the shares of those who stay, over S(½)."""

    lognormal: StudentColumns | BetaColumns
    gamma: StudentColumns | BetaColumns
    weights: tuple[Numbers, Numbers]
    gone: Numbers

    def survival(self, clock: Numbers) -> Numbers:
        """Return P(no purchase by half a day past `clock` days) of each row."""
        days = clock + HALF_DAY
        return np.asarray(
            self.gone + self.weights[0] * self.lognormal.survival(days) + self.weights[1] * self.gamma.survival(days)
        )

    def chance_between(self, before: Numbers, after: Numbers) -> Numbers:
        """Return P(the purchase falls between the two, half a day on) of each row, by Simpson's rule on the density."""
        total = np.zeros(len(before))
        for place, weight in _SIMPSON:
            days = HALF_DAY + before + place * (after - before)
            total += weight * self.weights[0] * self.lognormal.density(days)
            total += weight * self.weights[1] * self.gamma.density(days)
        return np.asarray((after - before) * total / 6.0)

    def where(self, rows: Rows) -> PoolColumns:
        """Return the rows chosen."""
        weights = (self.weights[0][rows], self.weights[1][rows])
        return PoolColumns(self.lognormal.where(rows), self.gamma.where(rows), weights, self.gone[rows])


def pool_columns(prior: RhythmPrior, panel: Panel) -> PoolColumns:
    """Return the pool for every row of a panel that was made with the prior's weights of gaps."""
    counts = panel.sums["count"].astype(int)
    share = np.array([prior.share_of(count) for count in range(int(counts.max(initial=0)) + 1)])[counts]
    weights, gone, each = [], np.zeros(len(counts)), []
    for model, part in ((prior.lognormal, share), (prior.gamma, 1.0 - share)):
        gaps, remain = for_customers(model, panel.sums), stays(model, panel.sums)
        each.append(gaps)
        weights.append(part * remain / np.maximum(gaps.survival(np.full(len(counts), HALF_DAY)), _LEAST))
        gone = gone + part * (1.0 - remain)
    return PoolColumns(each[0], each[1], (weights[0], weights[1]), gone)


def pool_curves(prior: RhythmPrior, panel: Panel, horizon: int) -> Numbers:
    """Return P(next order within 1 … `horizon` days) for the rows of a panel, as `Forecast.cdf` does one by one."""
    pool = pool_columns(prior, panel)
    clocks = [clock_of(prior.weekday, panel, np.full(len(panel.day), float(day))) for day in range(1, horizon + 1)]
    reached = np.stack([1.0 - pool.survival(clock) for clock in clocks], axis=1)
    return np.asarray(np.maximum.accumulate(np.clip(reached, 0.0, 1.0), axis=1))


def clock_of(weekday: WeekdayPrior, panel: Panel, days: Numbers) -> Numbers:
    """Return how long the `days` after each row's purchase last on the clock of `days_on_clock`, by columns."""
    if weekday.shop == 0.0 and weekday.own == 0.0:
        return days
    shares = np.array(weekday.shares)
    own = (panel.weekdays + weekday.weight * shares) / (panel.weekdays.sum(1, keepdims=True) + weekday.weight) / shares
    powers = (7.0 * shares) ** weekday.shop * own**weekday.own
    lengths = 7.0 * powers / powers.sum(1, keepdims=True)
    after = np.arange(1, 7)
    places = (panel.day[:, None] + after + 6) % 7
    reached = np.concatenate([np.zeros((len(days), 1)), np.take_along_axis(lengths, places, 1).cumsum(1)], 1)
    weeks, rest = np.divmod(days, 7.0)
    return np.asarray(7.0 * weeks + reached[np.arange(len(days)), rest.astype(int)])
