"""Signals and named customers: one event for many, once for each, and never late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.publish.many import NAMED_MAX, Signal, enter, send_signal
from kairos.app.walk.walk import Bounds
from kairos.domain.errors import BadInput
from tests.app.brands import segment
from tests.app.walk_world import FIVE, HOUR, MINUTE, NOW, WalkWorld

RAIN: dict[str, Any] = {
    "id": "rain",
    "class": "transactional",
    "trigger": {"event": "rain_started", "where": {"field": "mm", "gte": 5}},
    "reenter": "always",
    "steps": [{"send": "hello"}],
}


def shop(people: int = 6, **more: Any) -> WalkWorld:
    world = WalkWorld(people, **more)
    world.drafts.put("segment", "vips", segment("vips"))
    for profile in world.people[:2]:
        world.hear(world.event(profile, "profile_updated", traits={"tier": "vip", "region": "Busan"}))
    world.publish(RAIN)
    return world


def signal(world: WalkWorld, **more: Any) -> Any:
    facts = {"properties": {"mm": 7}, **more}
    (walk,) = send_signal(world.publisher, Signal("rain_started", **facts), world.clock.now()).walks
    return walk


def test_everybody_hears_it_once_within_a_minute() -> None:
    world = shop()
    signal(world)
    world.minute()
    assert world.entered() == sorted(world.people)


@pytest.mark.parametrize("audience", [{"segment": "vips"}, {"where": {"trait": "region", "eq": "Busan"}}])
def test_a_segment_or_a_region_hears_it_and_nobody_else_is_woken(audience: dict[str, Any]) -> None:
    world = shop()
    signal(world, **audience)
    world.live_until(NOW + FIVE)
    assert world.entered() == sorted(world.people[:2])
    assert world.walk().woken == 2


def test_a_signal_that_no_condition_wants_writes_nothing() -> None:
    world = shop()
    signal(world, properties={"mm": 1})
    world.live_until(NOW + FIVE)
    assert (world.entered(), world.walk().woken) == ([], 0)


def test_the_same_id_again_is_the_same_signal_even_long_after() -> None:
    world = shop()
    first = signal(world, id="storm-7")
    world.live_until(NOW + FIVE)
    again = signal(world, id="storm-7")
    assert (again.id, again.state) == (first.id, "done")
    world.live_until(NOW + HOUR)
    assert world.entered() == sorted(world.people)
    signal(world, id="storm-8")
    world.live_until(NOW + HOUR + FIVE)
    assert len(world.entered()) == 12


def test_who_is_reached_late_hears_nothing() -> None:
    world = shop(30, bounds=Bounds(page=1))
    world.drafts.put("brand", "brand", {**world.drafts.all()["brand", "brand"], "walks": {"per_second": 1}})
    world.publish()
    world.bounds = Bounds(page=1, read_units_per_second=0.1)
    signal(world, fresh_for=timedelta(minutes=2))
    world.live_until(NOW + HOUR)
    walk = next(walk for walk in world.walks.all() if walk.about == "signal")
    assert 0 < len(world.entered()) < 30
    assert (walk.state, "no longer fresh" in walk.error) == ("stopped", True)


def test_a_wake_up_that_lay_in_the_queue_too_long_starts_nothing() -> None:
    world = shop(3)
    signal(world, fresh_for=timedelta(minutes=10))
    world.minute(drain=False)
    world.clock.at += HOUR
    world.drain()
    assert world.entered() == []


def test_a_signal_counts_as_behaviour_of_whoever_heard_it() -> None:
    world = shop(3)
    asked = {"did": "rain_started", "times": {"gte": 1}, "within": "1d"}
    world.publish({**RAIN, "id": "after", "trigger": {"event": "asked", "where": asked}})
    world.live_until(NOW + FIVE)
    signal(world, segment="vips")
    world.live_until(NOW + 3 * FIVE)
    world.hear(*(world.event(profile, "asked") for profile in world.people))
    assert [r.profile for r in world.reasons if (r.kind, r.journey) == ("entered", "after")] == world.people[:2]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"segment": "nobody"}, "segment"),
        ({"where": {"segment": "nobody"}}, "segment"),
        ({"where": {"trate": 1}}, "where"),
        ({"properties": {"text": "x" * 5000}}, "properties"),
        ({"id": ""}, "signal"),
        ({"name": "entry_cancelled"}, "name"),
        ({"name": "consent_given"}, "name"),
        ({"name": "two\nlines"}, "name"),
    ],
)
def test_a_wrong_signal_is_refused_with_what_would_be_right(wrong: dict[str, Any], field: str) -> None:
    world = shop(1)
    with pytest.raises(BadInput) as refused:
        send_signal(world.publisher, Signal(**{"name": "rain_started", **wrong}), NOW)
    assert refused.value.field == field


def test_named_customers_enter_by_the_journeys_own_rules_and_nobody_is_read() -> None:
    world = shop(5)
    world.publish({**RAIN, "id": "cart", "subject": "cart_id", "reenter": "never"})
    for _ in range(2):
        enter(world.publisher, "cart", world.people[:2], {"cart_id": "c1"}, NOW)
    world.live_until(NOW + FIVE)
    assert world.entered() == sorted(world.people[:2])
    walk = next(walk for walk in world.walks.all() if walk.about == "enter")
    assert (walk.state, walk.woken, walk.looked_at) == ("done", 2, 0)
    enter(world.publisher, "cart", world.people[:1], {"cart_id": "c1"}, world.clock.now())
    world.live_until(NOW + 2 * FIVE)
    assert [r.reason for r in world.reasons if r.kind == "ignored"] == ["entered before"]


def test_nobody_and_a_stranger_are_told_apart_from_somebody() -> None:
    world = shop(1)
    with pytest.raises(BadInput, match="from 1 to"):
        enter(world.publisher, "rain", [], {}, NOW)
    with pytest.raises(BadInput, match="from 1 to"):
        enter(world.publisher, "rain", [f"p{n}" for n in range(NAMED_MAX + 1)], {}, NOW)
    with pytest.raises(BadInput, match="a live journey with steps"):
        enter(world.publisher, "unknown", world.people, {}, NOW)
    enter(world.publisher, "rain", ["z" * 26], {}, NOW)
    world.live_until(NOW + FIVE)
    assert world.entered() == []
    assert "z" * 26 not in world.customers.profiles


def test_a_passage_that_needs_a_subject_is_not_entered_without_one() -> None:
    world = shop(1)
    world.publish({**RAIN, "id": "cart", "subject": "cart_id"})
    with pytest.raises(BadInput) as refused:
        enter(world.publisher, "cart", world.people, {}, NOW + MINUTE)
    assert refused.value.field == "properties"
