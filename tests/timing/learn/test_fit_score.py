"""Numbers of a score: the author's while little was seen, the truth where much was, and calibrated."""

from __future__ import annotations

from math import exp
from random import Random

import pytest

pytest.importorskip("scipy")

from kairos.timing.learn.fit_score import fit_weights, judge_score
from kairos.timing.weights import Weights

OWN = Weights(-3.0, (2.0, 1.5, 1.0), "p")
TRUTH = Weights(-2.0, (0.2, 2.5, 0.0), "p")


def world(customers: int, truth: Weights, seed: int = 3) -> dict[str, dict[int, tuple[int, int]]]:
    """Return what customers were seen to do, each at one to four visits."""
    random, seen = Random(seed), {}
    for customer in range(customers):
        counts: dict[int, tuple[int, int]] = {}
        for _ in range(random.randint(1, 4)):
            mask = sum((random.random() < 0.4) << place for place in range(3))
            odds = truth.base + sum(adds for place, adds in enumerate(truth.adds) if mask >> place & 1)
            times, came = counts.get(mask, (0, 0))
            counts[mask] = (times + 1, came + (random.random() < 1 / (1 + exp(-odds))))
        seen[f"c{customer}"] = counts
    return seen


def test_the_truth_is_learned_and_foretells_better_than_the_author() -> None:
    judged = judge_score(world(4_000, TRUTH), OWN, OWN)
    assert judged.better
    assert isinstance(judged.prior, Weights)
    assert judged.prior.base == pytest.approx(TRUTH.base, abs=0.25)
    assert judged.prior.adds == pytest.approx(TRUTH.adds, abs=0.3)
    assert judged.prior.print == "p"


def test_what_is_foretold_comes_as_often_as_it_is_said() -> None:
    seen = world(4_000, TRUTH)
    learned = fit_weights(seen.values(), OWN)
    for mask in range(8):
        times = sum(each.get(mask, (0, 0))[0] for each in seen.values())
        came = sum(each.get(mask, (0, 0))[1] for each in seen.values())
        odds = learned.base + sum(adds for place, adds in enumerate(learned.adds) if mask >> place & 1)
        assert came / times == pytest.approx(1 / (1 + exp(-odds)), abs=0.06)


def test_a_little_leaves_the_author_right_and_too_little_teaches_nothing() -> None:
    few = fit_weights(world(15, OWN).values(), OWN)
    assert few.adds == pytest.approx(OWN.adds, abs=0.5)
    assert fit_weights([], OWN) == OWN
    judged = judge_score(world(20, TRUTH), OWN, OWN)
    assert judged.prior is None
    assert "not enough" in judged.in_words


def test_what_is_live_is_no_better_than_itself() -> None:
    seen = world(2_000, TRUTH)
    first = judge_score(seen, OWN, OWN)
    assert isinstance(first.prior, Weights)
    assert not judge_score(seen, OWN, first.prior).better
