"""The papers' own digits on the data that they were printed for."""

from __future__ import annotations

from datetime import date

import pytest

from tests.timing.conftest import Histories

pytest.importorskip("scipy")

import numpy as np
from scipy.optimize import minimize

from kairos.timing.learn.published import bg_nbd_log_likelihood, pareto_nbd_log_likelihood, recency_frequency

CALIBRATED_UNTIL = date(1997, 9, 30).toordinal()


def test_bg_nbd_has_its_published_maximum_on_cdnow(cdnow: Histories) -> None:
    told = recency_frequency(cdnow, CALIBRATED_UNTIL)
    found = minimize(
        lambda logs: -bg_nbd_log_likelihood(list(np.exp(logs)), *told), [0.0] * 4, method="L-BFGS-B", tol=1e-12
    )
    r, alpha, a, b = np.exp(found.x)
    assert (round(r, 3), round(alpha, 3)) == (0.243, 4.414)
    assert (round(a, 3), round(b, 3)) == (0.793, 2.426)
    assert round(-found.fun, 1) == -9582.4


def test_pareto_nbd_has_its_published_maximum_on_cdnow(cdnow: Histories) -> None:
    told = recency_frequency(cdnow, CALIBRATED_UNTIL)
    found = minimize(
        lambda logs: -pareto_nbd_log_likelihood(list(np.exp(logs)), *told),
        np.log([0.5, 10.0, 0.5, 10.0]),
        method="L-BFGS-B",
        options={"ftol": 1e-13, "gtol": 1e-6},
    )
    r, alpha, s, beta = np.exp(found.x)
    assert r == pytest.approx(0.553, abs=0.0006)
    assert alpha == pytest.approx(10.578, abs=0.02)  # the ridge is flat: the paper's third digit is its optimiser's
    assert s == pytest.approx(0.606, abs=0.002)
    assert beta == pytest.approx(11.669, abs=0.05)
    assert round(-found.fun, 1) == -9595.0


def test_pareto_nbd_does_not_care_which_of_its_scales_is_larger() -> None:
    """The two forms of the hypergeometric function meet where α = β."""
    told = np.array([0.0, 2.0]), np.array([0.0, 30.4]), np.array([38.9, 38.9])
    low = pareto_nbd_log_likelihood([0.55, 10.6, 0.6, 10.6 - 1e-7], *told)
    high = pareto_nbd_log_likelihood([0.55, 10.6, 0.6, 10.6 + 1e-7], *told)
    assert low == pytest.approx(high, abs=1e-6)
