"""The two models of gaps over columns: the same formulas as on the hot path, which a test holds together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import betainc, stdtr

from kairos.timing.gamma_gaps import GammaPrior
from kairos.timing.learn.panel import Numbers
from kairos.timing.lognormal import LognormalPrior
from kairos.timing.next_order import HALF_DAY


def survive(prior: LognormalPrior | GammaPrior, sums: Mapping[str, Numbers], clock: Numbers) -> Numbers:
    """Return P(no purchase by half a day past `clock` days), for a purchase on the same row; 1 at clock 0."""
    survival = _of_lognormal if isinstance(prior, LognormalPrior) else _of_gamma
    model: Any = prior
    stays = 1.0 - model.leave / (model.leave + model.stay + sums["count"])
    start = survival(model, sums, np.full(len(stays), HALF_DAY))
    return np.asarray(1.0 - stays + stays * survival(model, sums, clock + HALF_DAY) / start)


def _of_lognormal(prior: LognormalPrior, sums: Mapping[str, Numbers], days: Numbers) -> Numbers:
    logs = sums["logs"]
    weight = prior.weight + logs
    away = sums["mean_log"] - prior.mean
    mean = prior.mean + logs * away / weight
    shape = prior.shape + 0.5 * logs
    scale = prior.scale + 0.5 * (sums["square_log"] + prior.weight * logs * away**2 / weight)
    spread = np.sqrt(scale * (weight + 1.0) / (shape * weight))
    return np.asarray(stdtr(2.0 * shape, (mean - np.log(days)) / spread))


def _of_gamma(prior: GammaPrior, sums: Mapping[str, Numbers], days: Numbers) -> Numbers:
    known = prior.days + sums["days"]
    shape = prior.shape + prior.regularity * sums["gaps"]
    return np.asarray(betainc(shape, prior.regularity, known / (known + days)))
