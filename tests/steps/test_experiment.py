from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.domain.decision import Assign
from kairos.domain.errors import BadDefinition
from kairos.domain.profile import Profile
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, make_event
from tests.steps.stage import read, scene

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ARMS: list[dict[str, Any]] = [
    {"name": "none", "share": "50%", "steps": []},
    {"name": "coupon", "share": "50%", "steps": [{"send": "second"}]},
]
SUCCESS = {"event": "order_completed", "where": {"field": "total", "gte": 10}, "within": "7d"}
EXPERIMENT = {"success": SUCCESS, "arms": ARMS}


def journey(*before: dict[str, Any], **other: Any) -> dict[str, Any]:
    steps = [*before, {"id": "which", "experiment": EXPERIMENT}, {"send": "hello"}]
    return {"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": steps, **other}


def order(at: Any, total: int = 20, **more: Any) -> Any:
    return make_event("order_completed", at, properties={"total": total}, **more)


def arm_of(world: World) -> str:
    [name] = world.said("assigned")
    return name


def arm_for(customer: str, journey: str = "j") -> str:
    step, args = read({"id": "which", "experiment": EXPERIMENT})
    here = scene(journey=journey, node="which")
    decided = step.enter(args, replace(here, profile=Profile(customer, NOON)))
    assert isinstance(decided, Assign)
    return decided.arm


# ---- the assignment --------------------------------------------------------------------------------------------


def test_the_arm_is_the_customers_for_ever_and_another_in_another_journey() -> None:
    customers = [f"c{n}" for n in range(2000)]
    first, again = [arm_for(c) for c in customers], [arm_for(c) for c in customers]
    assert first == again
    assert 900 < Counter(first)["coupon"] < 1100
    other = [arm_for(c, "other") for c in customers]
    assert 900 < sum(one == two for one, two in zip(first, other, strict=True)) < 1100


def test_shares_are_kept() -> None:
    arms = [{"name": n, "share": s, "steps": []} for n, s in (("a", "10%"), ("b", "0%"), ("c", "90%"))]
    step, args = read({"id": "which", "experiment": {"success": SUCCESS, "arms": arms}})
    here = scene(node="which")
    found = Counter(step.enter(args, replace(here, profile=Profile(f"c{n}", NOON))).arm for n in range(3000))
    assert 240 < found["a"] < 360
    assert found["b"] == 0


def test_the_arms_steps_are_walked_and_then_what_follows() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    assert world.sent == (["second", "hello"] if arm_of(world) == "coupon" else ["hello"])


# ---- success ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event,counts",
    [
        (order(NOON + H), 1),
        (order(NOON + 7 * D), 1),
        (order(NOON + 7 * D + M), 0),
        (order(NOON - M), 0),
        (order(NOON + H, total=9), 0),
        (make_event("viewed", NOON + H, properties={"total": 20}), 0),
    ],
)
def test_the_stated_event_counts_for_the_arm_within_the_stated_time(event: Any, counts: int) -> None:
    world = World(journey())
    world.hear(make_event("go"))
    world.decide([event], max(event.occurred_at, NOON))
    assert world.said("succeeded") == [arm_of(world)] * counts


def test_a_success_counts_once_whatever_is_repeated() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    for hours in (1, 1, 2, 3):
        world.hear(order(NOON + hours * H, id=f"o{hours}"))
    assert len(world.said("succeeded")) == 1


def test_it_counts_after_the_passage_has_ended_and_the_passage_is_let_go_afterwards() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    assert not world.only_enrollment().active
    world.hear(make_event("viewed", NOON + 6 * D))
    world.hear(order(NOON + 6 * D + H))
    assert len(world.said("succeeded")) == 1
    assert world.known.enrollments == {}


def test_a_passage_without_success_is_let_go_when_the_time_is_over() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    world.hear(make_event("viewed", NOON + 7 * D + M))
    assert world.known.enrollments == {}


def test_a_goal_that_is_the_success_too_counts_as_both() -> None:
    world = World(journey(goal={"event": "order_completed"}))
    world.hear(make_event("go"))
    world.hear(order(NOON + H))
    assert (len(world.said("succeeded")), len(world.said("converted"))) == (1, 1)


def test_an_exit_in_the_middle_ends_the_passage_and_the_success_still_counts() -> None:
    waiting = {**journey(), "exit": [{"event": "gone"}]}
    waiting["steps"] = [*journey()["steps"][:1], {"wait": "3d"}, {"send": "hello"}]
    world = World(waiting)
    world.hear(make_event("go"))
    world.hear(make_event("gone", NOON + H))
    world.hear(order(NOON + 2 * H))
    assert len(world.said("succeeded")) == 1


def test_another_subject_is_no_success() -> None:
    world = World(journey(subject="cart"))
    world.hear(make_event("go", properties={"cart": "a"}))
    world.hear(make_event("order_completed", NOON + H, properties={"total": 20, "cart": "b"}))
    assert world.said("succeeded") == []
    world.hear(make_event("order_completed", NOON + 2 * H, properties={"total": 20, "cart": "a"}))
    assert len(world.said("succeeded")) == 1


def test_an_event_that_arrives_late_counts_by_when_it_happened() -> None:
    world = World(journey({"wait": "1h"}))
    world.hear(make_event("go"))
    world.live_until(NOON + 2 * H)
    world.decide([order(NOON + 30 * M, id="before"), order(NOON + 90 * M, id="after")], NOON + 3 * H)
    assert len(world.said("succeeded")) == 1


def test_a_late_wake_up_begins_the_window_then() -> None:
    world = World(journey({"wait": "1h"}))
    world.hear(make_event("go"))
    world.wake(NOON + 5 * D)
    assert world.only_enrollment().trials["which"].until == NOON + 12 * D


def test_who_is_in_a_version_keeps_its_arms_and_its_success_after_an_edit() -> None:
    world = World(journey({"wait": "1h"}))
    world.hear(make_event("go"))
    world.edit({**journey(), "steps": [{"send": "third"}]})
    world.live_until(NOON + 2 * H)
    world.hear(order(NOON + 3 * H))
    assert len(world.said("assigned")) == len(world.said("succeeded")) == 1


def test_an_arm_stays_as_it_was_given_through_a_merge() -> None:
    company = Company(journey())
    company.introduce("a", "b")
    company.hear("b", make_event("go"))
    [given] = company.said("b", "assigned")
    company.merge("b", "a")
    company.hear("a", order(NOON + H), at=NOON + H)
    assert company.said("a", "succeeded") == [given]
    assert company.said("a", "assigned") == []


# ---- the form --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"arms": ARMS[:1]},
        {"arms": [{**ARMS[0], "share": "49%"}, ARMS[1]]},
        {"arms": [ARMS[0], {**ARMS[1], "name": "none"}]},
        {"arms": [ARMS[0], {**ARMS[1], "name": "Not An Id"}]},
        {"arms": [ARMS[0], {"name": "coupon", "share": "50%"}]},
        {"arms": [{"name": f"a{n}", "share": "10%", "steps": []} for n in range(10)]},
        {"success": {"event": "x"}},
        {"success": {"event": "x", "within": "61d"}},
        {"success": None},
        {"winner": "coupon"},
    ],
)
def test_what_could_not_be_told_afterwards_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        read({"experiment": EXPERIMENT | wrong})
