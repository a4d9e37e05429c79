"""Learn what a shop's customers are like, from the gaps of a sample of them.

Empirical Bayes: the priors are those under which each next gap, predicted from the gaps before it, was least
surprising, with the open silence of every customer as a censored gap. A weak prior on the priors, the same for all
shops and worth a few gaps, keeps forty orders from saying something absurd; with thousands it is not felt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from kairos.timing.builtin import GAMMA_CENTRE, LOGNORMAL_CENTRE
from kairos.timing.gamma_gaps import GammaPrior
from kairos.timing.learn.columns import survive
from kairos.timing.learn.fit_weekday import fit_weekday
from kairos.timing.learn.panel import Histories, Numbers, Panel, make_panel, sample_customers
from kairos.timing.lognormal import LognormalPrior
from kairos.timing.next_order import RhythmPrior
from kairos.timing.weekday import WeekdayPrior

CUSTOMERS_MAX = 2000
KEEPS = (1.0, 0.95, 0.9, 0.8)
_LEAST = 1e-12
_BOUND = 4.0  # standard deviations of the weak prior within which the search stays

# Centre and standard deviation of each parameter, on the scale it is searched on (ln, but for the mean of ln days).
_LOGNORMAL = tuple(zip(LOGNORMAL_CENTRE, (1.5, 1.0, 0.8, 1.0, 1.5, 1.2), strict=True))
_GAMMA = tuple(zip(GAMMA_CENTRE, (1.0, 1.5, 0.6, 1.5, 1.2), strict=True))
Make = Callable[[Sequence[float]], LognormalPrior | GammaPrior]


def fit_rhythm(histories: Histories, until: int, customers_max: int = CUSTOMERS_MAX) -> RhythmPrior:
    """Return the priors learned from purchases on or before the ordinal `until`.

    Deterministic: the sample is a hash of customer ids. Without any purchase it is the product's own prior.
    """
    sample = sample_customers({c: days for c, days in histories.items() if days and days[0] <= until}, customers_max)
    panels = {keep: make_panel(sample, until, keep, keep) for keep in KEEPS}
    lognormal = _best_keep(panels, _LOGNORMAL, _lognormal)
    gamma = _best_keep(panels, _GAMMA, _gamma)
    assert isinstance(lognormal, LognormalPrior)
    assert isinstance(gamma, GammaPrior)
    sides = ((lognormal, panels[lognormal.keep]), (gamma, panels[gamma.keep]))
    share = _fit_share(*(_likelihood(prior, panel, panel.gap, panel.gap - 1.0) for prior, panel in sides))
    seen = int(panels[1.0].seen.sum())
    prior = RhythmPrior(lognormal, gamma, WeekdayPrior(), share, seen)
    return replace(prior, weekday=fit_weekday(prior, panels[lognormal.keep], panels[gamma.keep]))


def _best_keep(
    panels: dict[float, Panel], scales: Sequence[tuple[float, float]], make: Make
) -> LognormalPrior | GammaPrior:
    """Return the best prior over how fast gaps are forgotten; remembering all wins unless forgetting pays."""
    start = [centre for centre, _ in scales]
    best, least = make(start), np.inf
    for keep, panel in panels.items():
        loss, start = _search(panel, scales, make, start)
        if loss > least - 0.5:  # a slower memory is worse already: a quicker one will not be better
            break
        best, least = replace(make(start), keep=keep), loss
    return best


def _search(
    panel: Panel, scales: Sequence[tuple[float, float]], make: Make, start: Sequence[float]
) -> tuple[float, list[float]]:
    centres = np.array([centre for centre, _ in scales])
    widths = np.array([width for _, width in scales])

    def loss(steps: Numbers) -> float:
        chances = _likelihood(make(list(centres + widths * steps)), panel, panel.gap, panel.gap - 1.0)
        return float(0.5 * steps @ steps - np.log(chances).sum())

    found = minimize(
        loss,
        (np.array(start) - centres) / widths,
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND)] * len(scales),
        options={"maxiter": 60, "ftol": 1e-7},
    )
    return float(found.fun), [float(value) for value in centres + widths * found.x]


def _lognormal(values: Sequence[float]) -> LognormalPrior:
    return LognormalPrior(values[0], *(float(np.exp(value)) for value in values[1:]))


def _gamma(values: Sequence[float]) -> GammaPrior:
    return GammaPrior(*(float(np.exp(value)) for value in values))


def _likelihood(prior: LognormalPrior | GammaPrior, panel: Panel, clock: Numbers, before: Numbers) -> Numbers:
    """Return the probability of what each row saw: the day of the next purchase, or none so far."""
    silent = survive(prior, panel.sums, clock)
    bought = survive(prior, panel.sums, np.maximum(before, 0.0)) - silent
    return np.asarray(np.maximum(np.where(panel.seen, bought, silent), _LEAST))


def _fit_share(lognormal: Numbers, gamma: Numbers) -> float:
    """Return the lognormal's weight in the pool; a beta prior worth a few gaps holds it near one half."""

    def loss(share: float) -> float:
        pooled = share * lognormal + (1.0 - share) * gamma
        return float(-np.log(pooled).sum() - 5.0 * np.log(share * (1.0 - share)))

    return float(minimize_scalar(loss, bounds=(0.02, 0.98), method="bounded").x)
