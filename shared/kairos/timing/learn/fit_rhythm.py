"""Learn what a shop's customers are like, from the gaps of a sample of them.

Empirical Bayes: the priors are those under which each next gap, predicted from the gaps before it, was least
surprising, with the open silence of every customer as a censored gap. A weak prior on the priors, the same for all
shops and worth a few gaps, keeps forty orders from saying something absurd; with thousands it is not felt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from kairos.timing.builtin import GAMMA_CENTRE, LOGNORMAL_CENTRE, gamma_of, lognormal_of
from kairos.timing.gamma_gaps import GammaPrior
from kairos.timing.learn.columns import likelihood
from kairos.timing.learn.fit_weekday import fit_weekday
from kairos.timing.learn.panel import Histories, Numbers, Panel, make_panel, sample_customers
from kairos.timing.lognormal import LognormalPrior
from kairos.timing.next_order import RhythmPrior
from kairos.timing.weekday import WeekdayPrior

CUSTOMERS_MAX = 2000
KEEPS = (1.0, 0.95, 0.9)
_LEAST = 1e-12
_BOUND = 4.0  # standard deviations of the weak prior within which the search stays
_SHARE_WIDTHS = np.array([1.0, 0.5])

# Centre and standard deviation of each parameter, on the scale it is searched on.
_LOGNORMAL = tuple(zip(LOGNORMAL_CENTRE, (1.5, 1.0, 0.8, 1.0, 1.5, 1.2, 1.0), strict=True))
_GAMMA = tuple(zip(GAMMA_CENTRE, (1.0, 1.5, 0.8, 1.5, 1.2, 0.7, 1.0), strict=True))
Make = Callable[[Sequence[float]], LognormalPrior | GammaPrior]


def fit_rhythm(histories: Histories, until: int, customers_max: int = CUSTOMERS_MAX) -> RhythmPrior:
    """Return the priors learned from purchases on or before the ordinal `until`.

    Deterministic: the sample is a hash of customer ids. Without any purchase it is the product's own prior.
    """
    sample = sample_customers({c: days for c, days in histories.items() if days and days[0] <= until}, customers_max)
    gamma, panel = _fit_gamma(sample, until)
    start = [centre for centre, _ in _LOGNORMAL]
    lognormal = lognormal_of(_search(panel, _LOGNORMAL, lognormal_of, start)[1], gamma.keep)
    share, trend = _fit_share(panel, _chances(lognormal, panel), _chances(gamma, panel))
    prior = RhythmPrior(lognormal, gamma, WeekdayPrior(), share, int(panel.seen.sum()), trend)
    return replace(prior, weekday=fit_weekday(prior, panel))


def _fit_gamma(sample: Histories, until: int) -> tuple[GammaPrior, Panel]:
    """Return the best prior over how fast gaps are forgotten, and the rows it was fitted on; remembering all wins
    unless forgetting pays. The lognormal forgets as fast, for what it counts is evidence of regularity here."""
    values = [centre for centre, _ in _GAMMA]
    best, rows, least = gamma_of(values), make_panel(sample, until), np.inf
    for keep in KEEPS:
        panel = make_panel(sample, until, keep, keep)
        loss, values = _search(panel, _GAMMA, gamma_of, values)
        if loss > least - 0.5:  # a slower memory is worse already: a quicker one will not be better
            break
        best, rows, least = gamma_of(values, keep), panel, loss
    return best, rows


def _search(
    panel: Panel, scales: Sequence[tuple[float, float]], make: Make, start: Sequence[float]
) -> tuple[float, list[float]]:
    centres = np.array([centre for centre, _ in scales])
    widths = np.array([width for _, width in scales])

    def loss(steps: Numbers) -> float:
        return float(0.5 * steps @ steps - np.log(_chances(make(list(centres + widths * steps)), panel)).sum())

    found = minimize(
        loss,
        (np.array(start) - centres) / widths,
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND)] * len(scales),
        options={"maxiter": 60, "ftol": 1e-7},
    )
    return float(found.fun), [float(value) for value in centres + widths * found.x]


def _chances(prior: LognormalPrior | GammaPrior, panel: Panel) -> Numbers:
    """Return the probability of what each row saw: the day of the next purchase, or none so far."""
    return np.asarray(np.maximum(likelihood(prior, panel.sums, panel.gap, panel.seen), _LEAST))


def _fit_share(panel: Panel, lognormal: Numbers, gamma: Numbers) -> tuple[float, float]:
    """Return the lognormal's weight in the pool without a gap, and the trend of its log-odds: a weak prior holds them
    near one half for all. Which model is the better one changes with what is known of a customer."""
    known = np.log1p(panel.sums["count"])

    def loss(steps: Numbers) -> float:
        odds, trend = _SHARE_WIDTHS * steps
        shares = expit(odds + trend * known)
        return float(0.5 * steps @ steps - np.log(shares * lognormal + (1.0 - shares) * gamma).sum())

    found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * 2)
    odds, trend = _SHARE_WIDTHS * found.x
    return float(expit(odds)), float(trend)
