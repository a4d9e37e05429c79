"""Learn everybody's week, how far to trust one customer's own, and what types of people answer when."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from scipy.special import expit, logit, logsumexp

from kairos.timing.learn.panel import Numbers
from kairos.timing.send_time import LEVELS, WEEK_HOURS, HourPrior, Hours, ResponseType

TYPES = 10
ROUNDS = 50
_WEIGHTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 1e9)
_SPREADS = (0.7, 1.2, 2.0, 3.5)
_SAME_DAYS = (0.0, 0.15, 0.3, 0.5, 0.7)
_SHRINKS = ((10.0, (1.5, 0.0)), (48.0, (1.0, 0.5)), (168.0, (0.0, 1.0)))
"""For each view of everybody's week, from the smoothest: events that the one before is worth, and its kernel."""
_LEAST = 1e-12
_TYPE_SPREAD, _TYPE_SAME_DAY = 1.0, 0.7
_SHRINK = 3.0  # sends' worth of information by which a type is held to everybody's odds, in each slot


def fit_week(before: Sequence[Hours], after: Sequence[Hours]) -> HourPrior:
    """Return the shrinkage of active hours that foretells `after` best from `before`, customer by customer.

    The last weight tried is as good as infinite: where customers do not differ, one histogram for all is what is left.
    `shares` is then learned from both.
    """
    known, ahead = counts_of(before, "active"), counts_of(after, "active")
    shares = week_shares(known.sum(0))
    best, most = HourPrior(tuple(week_shares(known.sum(0) + ahead.sum(0)))), -np.inf
    if ahead.sum() < WEEK_HOURS:  # too little to tell: the product's own shrinkage stands
        return best
    totals = known.sum(1, keepdims=True)
    for spread, same_day in product(_SPREADS, _SAME_DAYS):
        smooth = known @ kernel(spread, same_day)
        for weight in _WEIGHTS:
            chances = (smooth + weight * shares) / (totals + weight)
            value = float((ahead * np.log(np.maximum(chances, _LEAST))).sum())
            if value > most:
                most, best = value, HourPrior(best.shares, weight, spread, same_day)
    return best


def fit_types(customers: Sequence[Hours], types: int = TYPES) -> tuple[tuple[ResponseType, ...], tuple[float, ...]]:
    """Return the types of people, and how common each level of keenness is; no types where too little was answered.

    Expectation–maximisation of a mixture of logistic curves over the week, each shrunk to everybody's and smoothed.
    Answers per send are what is modelled, so the habits of our own sending drop out.
    """
    sent = counts_of(customers, "sent")
    answered = np.minimum(counts_of(customers, "answered"), sent)
    if answered.sum() < WEEK_HOURS or (sent - answered).sum() < WEEK_HOURS:
        return (), HourPrior().levels
    everyone = _everyones_odds(sent, answered)
    levels, shares = np.array(HourPrior().levels), np.full(types, 1.0 / types)
    keen = _weigh(sent, answered, everyone[None, :], np.ones(1), levels)
    weights = _first_guess(sent, answered, everyone, keen, types)
    odds = np.tile(everyone, (types, 1))
    for _ in range(ROUNDS):
        odds = _step(odds, everyone, weights, sent, answered)
        shares = (weights.sum((0, 2)) + 1.0) / (len(customers) + types)
        levels = (weights.sum((0, 1)) + 1.0) / (len(customers) + len(LEVELS))
        weights = _weigh(sent, answered, odds, shares, levels)
    return tuple(
        ResponseType(float(share), tuple(map(float, each))) for share, each in zip(shares, odds, strict=True)
    ), tuple(map(float, levels))


def _everyones_odds(sent: Numbers, answered: Numbers) -> Numbers:
    smooth, mean = kernel(_TYPE_SPREAD, _TYPE_SAME_DAY), answered.sum() / sent.sum()
    rates = (answered.sum(0) @ smooth + 8.0 * mean) / (sent.sum(0) @ smooth + 8.0)
    return np.asarray(logit(np.clip(rates, 1e-4, 1.0 - 1e-4)))


def _weigh(sent: Numbers, answered: Numbers, odds: Numbers, shares: Numbers, levels: Numbers) -> Numbers:
    """Return P(type, level) of each customer, as customers × types × levels."""
    at = odds[:, None, :] + np.array(LEVELS)[None, :, None]
    logs = np.einsum("ns,kls->nkl", answered, at) - np.einsum("ns,kls->nkl", sent, np.logaddexp(0.0, at))
    logs += np.log(shares)[None, :, None] + np.log(levels)[None, None, :]
    return np.asarray(np.exp(logs - logsumexp(logs, axis=(1, 2), keepdims=True)))


def _step(odds: Numbers, everyone: Numbers, weights: Numbers, sent: Numbers, answered: Numbers) -> Numbers:
    """Return the types' curves after one smoothed Newton step, held to everybody's by `_SHRINK`."""
    smooth = kernel(_TYPE_SPREAD, _TYPE_SAME_DAY)
    beyond, known = weights.sum(2).T @ answered, np.zeros_like(odds)
    for place, level in enumerate(LEVELS):
        chances, exposed = expit(odds + level), weights[:, :, place].T @ sent
        beyond = beyond - exposed * chances
        known = known + exposed * chances * (1.0 - chances)
    step = (beyond @ smooth - _SHRINK * (odds - everyone)) / (known @ smooth + _SHRINK)
    return np.asarray(odds + np.clip(step, -1.0, 1.0))


def _first_guess(sent: Numbers, answered: Numbers, everyone: Numbers, keen: Numbers, types: int) -> Numbers:
    """Return first weights by groups of customers whose answers go beyond the expected in the same hours.

    The groups are k-means on the leading singular vectors of the smoothed residuals, begun on their ends, so nothing is
    drawn; equal types would never part, as their mixture is a saddle of the likelihood.
    """
    chances = np.einsum("nl,ls->ns", keen[:, 0], expit(everyone[None, :] + np.array(LEVELS)[:, None]))
    beyond = (answered - sent * chances) @ kernel(2.0, 0.6)
    left, sizes, _ = np.linalg.svd(beyond, full_matrices=False)
    axes = min((types + 1) // 2 + 1, len(sizes))
    places = left[:, :axes] * np.sign(left[np.abs(left[:, :axes]).argmax(0), np.arange(axes)]) * sizes[:axes]
    ends = [sign * 1.5 * places[:, axis].std() for axis in range(axes) for sign in (1, -1)]
    centres = np.zeros((types, axes))
    for row, end in enumerate(ends[:types]):
        centres[row, row // 2] = end
    for _ in range(30):
        group = ((places[:, None, :] - centres[None]) ** 2).sum(2).argmin(1)
        centres = np.array([places[group == k].mean(0) if (group == k).any() else centres[k] for k in range(types)])
    return np.asarray((0.9 * np.eye(types)[group] + 0.1 / types)[:, :, None] * keen)


def counts_of(customers: Sequence[Hours], kind: str) -> Numbers:
    """Return one row of 168 counts per customer; `kind` is `active`, `sent` or `answered`."""
    table = np.zeros((len(customers), WEEK_HOURS))
    for row, hours in zip(table, customers, strict=True):
        for slot, count in getattr(hours, kind).items():
            row[slot] = count
    return table


def kernel(spread: float, same_day: float) -> Numbers:
    """Return the 168 × 168 smoothing that `send_time.active_week` applies, rows summing to 1."""
    away = np.arange(24)
    around = np.exp(-0.5 * (np.minimum(away, 24 - away) / spread) ** 2)
    clock = around[(away[:, None] - away[None, :]) % 24] / around.sum()
    return np.kron(same_day * np.eye(7) + (1.0 - same_day) / 7.0, clock)


def week_shares(counts: Numbers) -> Numbers:
    """Return everybody's week: each hour shrunk to the hours around it on this day and others, those to the clock's
    hour on any day, and that to no shape at all; so a few events do not speak for a week, and no hour is impossible."""
    total, week = counts.sum(), np.full(WEEK_HOURS, 1.0 / WEEK_HOURS)
    for weight, (spread, same_day) in _SHRINKS:
        told = counts if spread == 0.0 else counts @ kernel(spread, same_day)
        week = (told + weight * week) / (total + weight)
    return np.asarray(week / week.sum())
