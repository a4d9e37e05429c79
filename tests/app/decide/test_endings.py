from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from kairos.app.decide import endings
from kairos.domain.ids import subject_key
from tests.app.decide.world import NOON, World, make_event

M = timedelta(minutes=1)
CART: dict[str, Any] = {
    "id": "cart",
    "class": "transactional",
    "trigger": {"event": "cart_updated"},
    "subject": "cart_id",
    "goal": {"event": "ordered", "within": "7d", "where": {"field": "total", "gte": 10}},
    "exit": [{"event": "emptied"}],
    "steps": [{"wait": "1h"}, {"send": "hello"}],
}


def late_cart(world: World, **properties: Any) -> list[str]:
    """Hear a cart that was filled before what the world heard; return the journeys that it starts."""
    before = len(world.reasons)
    id = f"late {properties}"
    world.hear(make_event("cart_updated", NOON, id=id, received_at=NOON + 9 * M, properties=properties))
    return [reason.journey for reason in world.reasons[before:] if reason.kind == "entered"]


def test_a_goal_that_came_first_keeps_its_own_subject_from_entering_and_no_other() -> None:
    world = World(CART)
    world.hear(make_event("ordered", NOON + M, properties={"cart_id": "c1", "total": 10}))
    assert late_cart(world, cart_id="c1") == []
    assert late_cart(world, cart_id="c2") == ["cart"]


def test_a_goal_that_names_no_subject_ends_every_one() -> None:
    world = World(CART)
    world.hear(make_event("ordered", NOON + M, properties={"total": 10}))
    assert late_cart(world, cart_id="c1") == []


def test_what_asks_for_less_than_the_goal_does_ends_nothing() -> None:
    world = World(CART)
    world.hear(make_event("ordered", NOON + M, properties={"cart_id": "c1", "total": 9}))
    assert late_cart(world, cart_id="c1") == ["cart"]


def test_an_ending_of_the_time_when_it_was_kept_by_journey_is_still_read() -> None:
    world = World(CART)
    world.hear(make_event("cart_updated", NOON, properties={"cart_id": "c1"}))
    assert world.profile is not None
    (passage,) = world.profile.enrollments.values()
    journey = world.release.journey("cart")
    former = {"cart": {endings.FORMER_GOAL + subject_key("c1"): NOON + M, subject_key("c1"): NOON + 2 * M}}
    profile = replace(world.profile, endings=former)
    assert endings.of(profile, passage, journey, goal=True) == [NOON + M]
    assert endings.of(profile, passage, journey, goal=False) == [NOON + 2 * M]
