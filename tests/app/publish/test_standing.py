"""Who stands where, and how well that is known."""

from __future__ import annotations

from dataclasses import replace

from kairos.app.publish.standing import count_standing
from kairos.memory import MemoryCustomerScan
from tests.app.walk_world import DAY, HOUR, NOW, REMINDER, WAITING, WalkWorld


def test_few_customers_are_counted_each_at_their_step_and_version() -> None:
    world = WalkWorld(6)
    world.publish(WAITING, REMINDER)
    world.hear(*(world.event(profile, "go") for profile in world.people[:3]))
    world.book(world.people[0], NOW + 3 * DAY)
    world.publish({**WAITING, "steps": [{"wait": "9h"}, {"send": "hello"}]})
    world.hear(world.event(world.people[5], "go"))
    standing = count_standing(MemoryCustomerScan(world.customers), NOW)
    assert (standing.exact, standing.looked_at, standing.at) == (True, 6, NOW)
    assert standing.at_step("waiting", "wait-1") == 4
    assert standing.in_versions("waiting") == {1: 3, 2: 1}
    assert standing.at_step("reminder", "hello-1") == 1
    assert standing.margin(4) == 0


def test_who_has_left_or_is_somebody_else_now_stands_nowhere() -> None:
    world = WalkWorld(3)
    world.publish(WAITING)
    world.hear(*(world.event(profile, "go") for profile in world.people))
    left, merged, _ = (world.customers.profiles[profile] for profile in world.people)
    left.enrollments = {id: replace(e, ended_at=NOW + HOUR) for id, e in left.enrollments.items()}
    merged.merged_into = world.people[2]
    assert count_standing(MemoryCustomerScan(world.customers), NOW).in_versions("waiting") == {1: 1}


def test_many_customers_are_estimated_from_a_share_and_the_margin_holds() -> None:
    world = WalkWorld(600)
    world.publish(WAITING)
    world.hear(*(world.event(profile, "go") for profile in world.people[:300]))
    standing = count_standing(MemoryCustomerScan(world.customers), NOW, most=150)
    told = standing.in_versions("waiting")[1]
    assert (standing.exact, standing.of) == (False, 4)
    assert 100 <= standing.looked_at <= 200
    assert abs(told - 300) <= standing.margin(told) < 150
