"""Nothing takes the place of what is live that does not foretell customers better whom it has not seen."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

pytest.importorskip("scipy")

from kairos.timing.builtin import HOURS, RHYTHM
from kairos.timing.learn.judge import answer_score, judge_hours, judge_rhythm, log_score, thinned
from kairos.timing.next_order import RhythmPrior
from kairos.timing.send_time import WEEK_HOURS, HourPrior, Hours
from tests.timing.conftest import make_shop

SHOP = make_shop(240, 500, seed=3)
END = max(days[-1] for days in SHOP.values())


def habits(customers: int, seed: int) -> dict[str, Hours]:
    """Return people of the morning and people of the evening, who answer when they are there."""
    random, found = Random(seed), {}
    for n in range(customers):
        best = 8 if n % 2 else 20
        active: dict[int, float] = {}
        sent: dict[int, float] = {}
        answered: dict[int, float] = {}
        for _ in range(24):
            slot = 24 * random.randrange(7) + (best + random.choice((-1, 0, 0, 1)))
            active[slot] = active.get(slot, 0.0) + 1
            hour = random.randrange(WEEK_HOURS)
            sent[hour] = sent.get(hour, 0.0) + 1
            near = abs(hour % 24 - best) <= 2
            if random.random() < (0.6 if near else 0.05):
                answered[hour] = answered.get(hour, 0.0) + 1
        found[f"c{n:04}"] = Hours(active, sent, answered)
    return found


def test_a_shop_with_its_own_rhythm_is_learned_and_learning_again_gains_nothing() -> None:
    first = judge_rhythm(SHOP, END, RHYTHM)
    assert first.better
    assert isinstance(first.prior, RhythmPrior)
    assert first.observed == sum(len(days) - 1 for days in SHOP.values())
    again = judge_rhythm(SHOP, END, first.prior)
    assert again.prior == first.prior
    assert not again.better


def test_worse_priors_are_told_by_the_score() -> None:
    slow = replace(RHYTHM, lognormal=replace(RHYTHM.lognormal, mean=7.0, weight=50.0), lognormal_share=1.0)
    assert log_score(slow, SHOP, END) < log_score(RHYTHM, SHOP, END) - 0.5
    days = [date for days in SHOP.values() for date in days]
    assert log_score(RHYTHM, {"one": [min(days)]}, min(days)) == pytest.approx(0.0)


def test_fifty_gaps_are_asked_for() -> None:
    few = dict(list(SHOP.items())[:3])
    assert judge_rhythm(few, END, RHYTHM).prior is None
    assert not judge_rhythm({}, END, RHYTHM).better


def test_people_of_mornings_and_evenings_are_learned_with_their_types() -> None:
    found = judge_hours(habits(200, 1), HOURS)
    assert found.better
    assert isinstance(found.prior, HourPrior)
    assert found.prior.types
    parts = [thinned(hours) for hours in habits(60, 2).values()]
    assert answer_score(found.prior, parts) > answer_score(HOURS, parts)


def test_too_few_visits_teach_nothing() -> None:
    assert judge_hours({"c1": Hours({3: 5.0})}, HOURS).prior is None


def test_halves_add_up_and_are_as_even_as_it_goes() -> None:
    for hours in habits(20, 4).values():
        first, second = thinned(hours)
        for name in ("active", "sent", "answered"):
            whole, one, other = (getattr(each, name) for each in (hours, first, second))
            assert {slot: one[slot] + other[slot] for slot in whole} == whole
            assert all(abs(one[slot] - other[slot]) <= 1 for slot in whole)
