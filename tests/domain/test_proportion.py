from __future__ import annotations

import random

import pytest

from kairos.domain.proportion import newcombe, wilson


@pytest.mark.parametrize(
    "successes,trials,low,high",
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3."""
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    "first,second,low,high",
    [
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((0, 10), (10, 10), 0.6075, 1.0),
        ((0, 20), (0, 10), -0.1611, 0.2775),
    ],
)
def test_newcombe_gives_the_published_intervals(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998, the difference of two, table II, method 10 (there first minus second)."""
    assert newcombe(first, second) == pytest.approx((low, high), abs=5e-5)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    chance = random.Random(20261122)
    held = 0
    for _ in range(400):
        first = (sum(chance.random() < 0.08 for _ in range(300)), 300)
        second = (sum(chance.random() < 0.11 for _ in range(300)), 300)
        low, high = newcombe(first, second)
        held += low <= 0.03 <= high
    assert 370 <= held <= 392


def test_every_interval_contains_its_share_and_narrows_with_more_trials() -> None:
    for successes in range(21):
        low, high = wilson(successes, 20)
        assert 0 <= low <= successes / 20 <= high <= 1
        wider, narrower = wilson(successes, 20), wilson(successes * 10, 200)
        assert narrower[1] - narrower[0] < wider[1] - wider[0]


@pytest.mark.parametrize("successes,trials", [(0, 0), (2, 1), (-1, 5)])
def test_counts_that_cannot_be_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="successes of"):
        wilson(successes, trials)
