"""Likelihoods of two published models, kept to reproduce their papers' digits: the yardstick stays honest.

Both describe a customer by x repeat purchases, the time of the last of them and the time watched, in weeks. Neither
runs in the product: Pareto/NBD is slow and fragile where customers hardly leave, and both take a Poisson process for a
rhythm. Their kin with a regularity, `gamma_gaps`, does the work.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1

from kairos.timing.learn.panel import Histories, Numbers

WEEK = 7.0


def recency_frequency(histories: Histories, until: int) -> tuple[Numbers, Numbers, Numbers]:
    """Return repeats, weeks from first to last purchase, and weeks from first purchase to the ordinal `until`."""
    rows = []
    for days in histories.values():
        past = [day for day in days if day <= until]
        if past:
            rows.append((len(past) - 1, (past[-1] - past[0]) / WEEK, (until - past[0]) / WEEK))
    x, last, watched = np.array(rows, dtype=float).T
    return x, last, watched


def bg_nbd_log_likelihood(parameters: Sequence[float], x: Numbers, last: Numbers, watched: Numbers) -> float:
    """Return the log-likelihood at (r, α, a, b): Fader, Hardie and Lee (2005, "… the easy way")."""
    r, alpha, a, b = parameters
    rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stays = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + watched)
    repeats = np.maximum(x, 1.0)
    leaves = betaln(a + 1.0, b + repeats - 1.0) - betaln(a, b) - (r + x) * np.log(alpha + last)
    return float((rate + np.logaddexp(stays, np.where(x > 0, leaves, -np.inf))).sum())


def pareto_nbd_log_likelihood(parameters: Sequence[float], x: Numbers, last: Numbers, watched: Numbers) -> float:
    """Return the log-likelihood at (r, α, s, β): Schmittlein, Morrison and Colombo (1987), as Fader and Hardie (2005)
    derive it ("A note on deriving the Pareto/NBD model"). The hypergeometric function is taken of the larger of α, β.
    """
    r, alpha, s, beta = parameters
    total, largest = r + s + x, max(alpha, beta)
    second = s + 1.0 if alpha >= beta else r + x
    gap = abs(alpha - beta)

    def part(weeks: Numbers) -> Numbers:
        held = hyp2f1(total, second, total + 1.0, gap / (largest + weeks))
        return np.asarray(np.log(held) - total * np.log(largest + weeks))

    early, late = part(last), part(watched)
    left = early + np.log(-np.expm1(np.minimum(late - early, -1e-300))) + np.log(s / total)
    stayed = -(r + x) * np.log(alpha + watched) - s * np.log(beta + watched)
    front = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return float((front + np.logaddexp(stayed, left)).sum())
