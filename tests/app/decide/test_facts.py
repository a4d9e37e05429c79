"""What events say, in whatever order they say it."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.domain.budget import BUDGETS
from kairos.domain.errors import NoRoom
from kairos.domain.event import ConsentFact
from tests.app.decide.world import NOON, World, make_event

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def told(at: Any, id: str = "", **traits: Any) -> Any:
    return make_event("profile_updated", at, id=f"{id}{traits}@{at}", traits=traits)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_newest_trait_wins_and_a_null_removes_it_in_any_order(order: tuple[int, ...]) -> None:
    words = [
        told(NOON, tier="gold", city="Seoul"),
        told(NOON + H, tier=None),
        told(NOON + 2 * H, city="Busan"),
        told(NOON - H, tier="old"),
    ]
    world = World()
    world.hear(*(words[index] for index in order), at=NOON + 3 * H)
    assert world.known.traits == {"city": "Busan"}


def test_two_traits_of_one_instant_settle_on_the_same_value_in_both_orders() -> None:
    found = []
    for words in permutations([told(NOON, tier="gold"), told(NOON, tier="silver")]):
        world = World()
        world.hear(*words)
        found.append(world.known.traits["tier"])
    assert found == ["silver", "silver"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_word_on_an_address_wins_in_any_order(order: tuple[int, ...]) -> None:
    words = [
        make_event("x", NOON + n * M, reach={"email": reachable}) for n, reachable in enumerate([True, False, True])
    ]
    world = World()
    world.hear(*(words[index] for index in order), at=NOON + H)
    assert world.known.reach["email"] is True
    world.hear(make_event("x", NOON + M, id="late", reach={"email": False}, received_at=NOON + 2 * H))
    assert world.known.reach["email"] is True


def test_a_clock_that_runs_ahead_is_set_to_when_the_event_was_received() -> None:
    world = World()
    world.decide([make_event("profile_updated", NOON + 30 * D, traits={"tier": "future"}, received_at=NOON)], NOON)
    world.decide([told(NOON + H, tier="now")], NOON + H)
    assert world.known.traits == {"tier": "now"}
    assert world.known.trait_times["tier"] == NOON + H


def test_five_minutes_of_skew_are_believed() -> None:
    world = World()
    world.decide([make_event("profile_updated", NOON + 5 * M, traits={"a": 1}, received_at=NOON)], NOON)
    assert world.known.trait_times["a"] == NOON + 5 * M


def test_an_event_counts_once_however_often_it_arrives() -> None:
    world = World(segments={"often": {"did": "page_viewed", "times": {"gte": 2}}})
    viewed = make_event("page_viewed")
    world.hear(viewed, viewed)
    world.hear(viewed, at=NOON + H)
    (counter,) = world.known.counters.values()
    assert counter.times == (NOON,)


def test_an_event_is_known_for_as_long_as_its_source_may_repeat_it() -> None:
    world = World()
    world.hear(make_event("x", id="one", retry_horizon=2 * D))
    world.wake(NOON + 2 * D - M)
    assert world.known.has_seen("one")
    world.wake(NOON + 2 * D + M)
    assert not world.known.has_seen("one")


def test_a_counter_keeps_the_last_times_in_order_whatever_the_order_of_arrival() -> None:
    segments = {"often": {"did": "page_viewed", "times": {"gte": 2}, "where": {"field": "page", "eq": "shoes"}}}
    found = set()
    events = [make_event("page_viewed", NOON + n * M, properties={"page": "shoes"}) for n in range(4)]
    events.append(make_event("page_viewed", NOON + H, properties={"page": "hats"}))
    for order in permutations(events):
        world = World(segments=segments)
        world.hear(*order, at=NOON + 2 * H)
        (counter,) = world.known.counters.values()
        found.add(counter.times)
    assert found == {(NOON + M, NOON + 2 * M, NOON + 3 * M)}


def test_a_trait_too_large_to_keep_is_left_out_and_said() -> None:
    world = World()
    world.hear(told(NOON, id="big", note="x" * 2000, tier="gold"))
    assert world.known.traits == {"tier": "gold"}
    assert world.said("ignored") == ["the trait note is larger than 1000 bytes"]


def test_a_kind_of_consent_beyond_the_budget_is_refused_and_none_is_forgotten() -> None:
    world = World()
    most = BUDGETS["consents"].most
    for n in range(most - 2):
        world.hear(make_event("consent_given", NOON, id=f"c{n}", consent=ConsentFact(f"channel{n}", "marketing")))
    with pytest.raises(NoRoom, match="consents"):
        world.hear(make_event("consent_given", NOON, consent=ConsentFact("one-more", "marketing")))
    assert len(world.known.consents) == most
    world.hear(make_event("consent_withdrawn", NOON + M, consent=ConsentFact("email", "marketing")))
    assert not world.known.consents["email", "marketing"].given


def test_an_update_step_is_what_the_journey_says_now() -> None:
    steps = {
        "id": "j",
        "class": "transactional",
        "trigger": {"event": "go"},
        "steps": [{"update": {"tier": "gold", "old": None}}],
    }
    world = World(steps)
    world.hear(told(NOON - H, tier="none", old=1), make_event("go"))
    assert world.known.traits == {"tier": "gold"}
