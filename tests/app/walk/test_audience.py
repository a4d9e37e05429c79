from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.walk.audience import Audience, sample_audience
from kairos.domain.event import ConsentFact
from kairos.domain.walk import Walk
from kairos.memory import MemoryCustomerScan
from tests.app.walk_world import DAY, NEWS, NOW, REMINDER, WalkWorld

EVE: dict[str, Any] = {
    "id": "eve",
    "class": "marketing",
    "trigger": {"at": "2026-03-10 10:00", "where": {"trait": "tier", "eq": "vip"}},
    "steps": [{"send": "hello"}],
}


def vips(people: int = 40, every: int = 2, **more: Any) -> WalkWorld:
    """Everybody in turn is a VIP."""
    world = WalkWorld(people)
    for person in world.people[::every]:
        world.hear(world.event(person, "profile_updated", traits={"tier": "vip"}))
    world.publish(EVE | more)
    return world


def counted(world: WalkWorld, walk: Walk | None = None, most: int = 2_000) -> Audience:
    found = sample_audience(
        MemoryCustomerScan(world.customers), world.live.read(), walk or world.walk(), world.clock.now(), most
    )
    assert found is not None
    return found


def test_few_customers_are_all_asked_and_told_exactly() -> None:
    audience = counted(vips())
    assert audience == Audience(concerned=20, writable=20, looked_at=40, profiles=40, exact=True)
    assert audience.told() == "20 of 40 customers, of whom 20 may be written to"


def test_of_many_a_bounded_sample_is_asked_and_the_truth_lies_in_its_interval() -> None:
    audience = counted(vips(400, every=5), most=80)
    assert (audience.looked_at, audience.profiles, audience.exact) == (80, 400, False)
    told = audience.told()
    low, high = (int(word) for word in told.split("(")[1].split(" in ")[0].split(" to "))
    assert low <= 80 <= high
    assert told.endswith("from a sample of 80")


def test_nobody_is_changed_and_nothing_is_asked_for_by_counting() -> None:
    world = vips()
    before = {id: replace(state) for id, state in world.customers.profiles.items()}
    counted(world)
    assert world.customers.profiles == before
    assert world.sends == []


def test_who_took_their_consent_back_is_counted_and_not_written_to() -> None:
    world = vips()
    gone = ConsentFact("email", "marketing")
    for person in world.people[:4]:
        world.hear(world.event(person, "consent_withdrawn", consent=gone))
    assert (counted(world).concerned, counted(world).writable) == (20, 18)


def test_who_is_held_out_or_too_late_is_not_counted() -> None:
    assert counted(vips(holdout="50%")).concerned < 20
    late = vips()
    walk = late.walk()
    late.clock.at = NOW + 20 * DAY
    assert counted(late, walk).concerned == 0


def test_a_broadcast_counts_its_segment_and_a_timeline_who_has_the_entry() -> None:
    world = WalkWorld(6)
    for person in world.people[:2]:
        world.book(person, NOW + 3 * DAY)
    walks = world.publish(REMINDER, NEWS)
    assert [counted(world, walk).concerned for walk in walks if walk.about == "enroll"] == [2]
    assert counted(world, world.broadcast()).concerned == 6


def test_without_customers_there_is_nothing_to_tell() -> None:
    world = WalkWorld(0)
    world.publish(EVE)
    scan = MemoryCustomerScan(world.customers)
    assert sample_audience(scan, world.live.read(), world.walk(), NOW + timedelta(minutes=1)) is None


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        (Audience(486, 400, 20_000, 510_000, exact=False), "about 12,400 of 510,000"),
        (Audience(0, 0, 2_000, 51_000, exact=False), "about 0 of 51,000 customers (0 to 98 in"),
        (Audience(2_000, 2_000, 2_000, 51_000, exact=False), "about 51,000 of 51,000 customers (50,900 to 51,000 in"),
    ],
)
def test_an_estimate_says_three_digits_and_its_interval(audience: Audience, words: str) -> None:
    assert audience.told().startswith(words)
