"""The pure functions against scipy, over more than the models will ever ask."""

from __future__ import annotations

import math
from random import Random

import pytest

from kairos.timing.special import beta_cdf, log_beta, student_t_cdf

scipy_special = pytest.importorskip("scipy.special")


def test_the_incomplete_beta_agrees_with_scipy_to_eleven_digits() -> None:
    random = Random(1)
    for _ in range(4000):
        a, b = 10 ** random.uniform(-2, 4), 10 ** random.uniform(-2, 4)
        x = random.choice([random.random(), random.random() ** 8, min(1.0, max(0.0, random.gauss(a / (a + b), 0.01)))])
        assert beta_cdf(a, b, x) == pytest.approx(scipy_special.betainc(a, b, x), abs=1e-11)


def test_students_t_agrees_with_scipy_to_eleven_digits() -> None:
    random = Random(2)
    for _ in range(4000):
        df, t = 10 ** random.uniform(-1, 5), random.gauss(0, 1) * 10 ** random.uniform(-6, 2)
        assert student_t_cdf(df, t) == pytest.approx(scipy_special.stdtr(df, t), abs=1e-11)


def test_the_log_of_beta_keeps_its_digits_where_log_gammas_cancel() -> None:
    """Scipy's own loses two digits there, so whole numbers are the judge: B(m, n) = 1 / (n · C(m + n − 1, n))."""
    random = Random(3)
    for _ in range(200):
        m, n = int(10 ** random.uniform(0, 4)), int(10 ** random.uniform(0, 3))
        assert log_beta(m, n) == pytest.approx(-math.log(n * math.comb(m + n - 1, n)), abs=1e-11, rel=1e-14)


def test_the_edges_of_the_incomplete_beta_are_exact() -> None:
    assert beta_cdf(2.5, 0.5, 0.0) == 0.0
    assert beta_cdf(2.5, 0.5, 1.0) == 1.0
    assert beta_cdf(1.0, 3.0, 0.25) == pytest.approx(1 - 0.75**3, abs=1e-15)


@pytest.mark.parametrize("df", [0.3, 1.0, 4.5, 900.0])
def test_students_t_is_symmetric_and_rises(df: float) -> None:
    points = [student_t_cdf(df, t) for t in (-1e200, -30.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 30.0, 1e200)]
    assert points == sorted(points)
    assert points[4] == 0.5
    assert all(low + high == pytest.approx(1.0, abs=1e-15) for low, high in zip(points, reversed(points), strict=True))


def test_students_t_with_one_degree_is_cauchys() -> None:
    assert student_t_cdf(1.0, 2.0) == pytest.approx(0.5 + math.atan(2.0) / math.pi, abs=1e-14)
