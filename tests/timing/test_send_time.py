"""Which hour of the week suits a customer, on a clock that is a circle."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from kairos.timing.send_time import (
    WEEK_HOURS,
    HourPrior,
    Hours,
    ResponseType,
    active_week,
    choose_hour,
    hour_of_week,
    week_of,
)

SLOTS = range(WEEK_HOURS)
MORNINGS = tuple(0.0 if slot % 24 == 9 else -2.0 for slot in SLOTS)
EVENINGS = tuple(0.0 if slot % 24 == 20 else -2.0 for slot in SLOTS)
PRIOR = HourPrior(types=(ResponseType(0.5, MORNINGS), ResponseType(0.5, EVENINGS)))


def _customer(active: list[int], sent: list[int], answered: list[int]) -> Hours:
    hours = Hours()
    for slot in active:
        hours = hours.with_active(slot)
    for slot in sent:
        hours = hours.with_sent(slot)
    for slot in answered:
        hours = hours.with_answered(slot)
    return hours


def test_the_week_begins_on_monday_at_midnight() -> None:
    assert hour_of_week(datetime(2026, 3, 2, 0, 59)) == 0
    assert hour_of_week(datetime(2026, 3, 8, 23, 0)) == 167


def test_a_customer_who_is_unknown_has_everybodys_week() -> None:
    shares = tuple((1 + slot % 3) / 336 for slot in SLOTS)
    week = week_of(HourPrior(shares), Hours())
    assert week == pytest.approx(shares)


def test_every_week_is_a_distribution() -> None:
    random = Random(7)
    for count in (0, 1, 15, 16, 400):
        sent = [random.randrange(168) for _ in range(count)]
        hours = _customer([random.randrange(168) for _ in range(count)], sent, sent[::2])
        week = week_of(PRIOR, hours)
        assert sum(week) == pytest.approx(1.0)
        assert min(week) >= 0.0


def test_midnight_has_two_neighbours() -> None:
    """The median of 23 and 0 is noon on a line; on the clock it is midnight."""
    week = active_week(
        HourPrior(weight=1.0), _customer([24 * d + 23 for d in range(7)] + [24 * d for d in range(7)], [], []), SLOTS
    )
    assert max(SLOTS, key=week.__getitem__) % 24 in (23, 0)
    assert min(range(24), key=week.__getitem__) in (11, 12)


def test_answers_count_per_send_so_our_own_habit_confounds_nothing() -> None:
    """Forty sends at nine brought eight answers, eight at twenty brought six: evenings are better, though fewer."""
    nine, twenty = [24 * (n % 7) + 9 for n in range(40)], [24 * (n % 7) + 20 for n in range(8)]
    hours = _customer(nine[:8] + twenty[:6], nine + twenty, nine[:8] + twenty[:6])
    week = week_of(PRIOR, hours)
    assert max(SLOTS, key=week.__getitem__) % 24 == 20
    assert max(SLOTS, key=active_week(PRIOR, hours, SLOTS).__getitem__) % 24 == 9  # what counting opens would say


def test_counts_are_the_same_in_any_order_and_an_answer_may_overtake_its_send() -> None:
    answer_first = Hours().with_answered(5).with_sent(5).with_active(7)
    assert answer_first == Hours().with_active(7).with_sent(5).with_answered(5)
    assert sum(week_of(PRIOR, _customer([], [3] * 20, [5]))) == pytest.approx(1.0)


def test_the_best_allowed_hour_is_chosen_and_its_propensity_told() -> None:
    hours = _customer([20] * 30, [], [])
    allowed = [9, 12, 19, 20, 21]
    chosen = choose_hour(HourPrior(weight=1.0), hours, allowed, draw=0.5)
    assert (chosen.slot, chosen.explored) == (20, False)
    assert chosen.propensity == pytest.approx(0.9 + 0.1 / 5)


def test_exploration_reaches_every_allowed_hour_at_its_stated_share() -> None:
    hours, allowed = _customer([20] * 30, [], []), [9, 12, 19, 20, 21]
    counted = dict.fromkeys(allowed, 0)
    for step in range(1000):
        chosen = choose_hour(PRIOR, hours, allowed, draw=(step + 0.5) / 1000, explore=0.2)
        counted[chosen.slot] += 1
        expected = 0.2 / 5 + (0.8 if chosen.slot == 20 else 0.0)
        assert chosen.propensity == pytest.approx(expected)
    assert counted == {9: 40, 12: 40, 19: 40, 20: 840, 21: 40}


def test_without_an_allowed_hour_there_is_no_choice() -> None:
    with pytest.raises(ValueError):
        choose_hour(PRIOR, Hours(), [], 0.5)


def test_what_a_release_stores_reads_back_as_it_was() -> None:
    assert HourPrior.from_document(json.loads(json.dumps(PRIOR.to_document()))) == PRIOR


def test_what_somebody_unknown_answers_is_known_once_answers_were_learned_from() -> None:
    assert HourPrior().usual_rate() is None
    keen, cold = (ResponseType(0.5, (odds,) * WEEK_HOURS) for odds in (2.0, -2.0))
    assert HourPrior(types=(keen, cold)).usual_rate() == pytest.approx(0.5)
    assert HourPrior(types=(replace(cold, share=1.0),)).usual_rate() == pytest.approx(0.14, abs=0.03)
