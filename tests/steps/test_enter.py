from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.definitions.documents import check_brand_documents
from kairos.domain.decision import Enter
from kairos.domain.errors import BadDefinition
from tests.app.brands import journey as written
from tests.app.brands import small_brand
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, make_event
from tests.steps.stage import read, scene

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CART = {"cart_id": "c1", "total": 5}


def journey(id: str, *steps: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"id": id, "class": "transactional", "trigger": {"event": id}, "steps": list(steps), **other}


FIRST = journey("first", {"enter": "other"}, {"send": "hello"})
OTHER = journey("other", {"wait": "1h"}, {"send": "second"})


def go(**more: Any) -> Any:
    return make_event("first", properties=CART, **more)


def test_it_enters_the_named_journey() -> None:
    step, args = read({"enter": "other"})
    assert step.enter(args, scene()) == Enter("other")


def test_both_journeys_go_on_and_the_other_knows_what_started_the_first() -> None:
    field = {"if": {"field": "total", "eq": 5}, "steps": [{"send": "third"}]}
    world = World(FIRST, journey("other", {"wait": "1h"}, {"branch": [field]}))
    world.hear(go())
    world.live_until(NOON + D)
    assert [(at, template) for at, template, _ in world.messages] == [(NOON, "hello"), (NOON + H, "third")]


def test_repeated_triggers_and_wake_ups_enter_once() -> None:
    world = World(journey("first", {"wait": "1h"}, {"enter": "other"}, reenter="always"), OTHER)
    world.decide([go(), go()], NOON)
    for hours in (1, 1, 2, 2, 3):
        world.wake(NOON + hours * H)
        world.decide([go()], NOON + hours * H)
    world.live_until(NOON + D)
    assert world.sent == ["second"]


def test_the_subject_is_looked_up_in_what_started_the_passage() -> None:
    world = World(FIRST, {**OTHER, "subject": "cart_id"})
    world.hear(go())
    assert [e.subject for e in world.known.enrollments.values() if e.journey == "other"] == ["c1"]
    world = World(FIRST, {**OTHER, "subject": "order_id"})
    world.hear(go())
    assert world.said("ignored") == ["the journey other asks for a order_id, which this passage has not"]
    assert world.sent == ["hello"]


def test_its_own_rules_of_re_entry_holdout_and_pause_hold() -> None:
    world = World({**FIRST, "reenter": "always"}, OTHER)
    world.hear(go())
    world.hear(make_event("first", NOON + D))
    world.live_until(NOON + 9 * D)
    assert world.sent.count("second") == 1
    assert world.said("ignored") == ["entered before"]
    held_out = World(FIRST, {**OTHER, "holdout": "100%"})
    held_out.hear(go())
    assert held_out.sent == ["hello"]
    paused = World(FIRST, OTHER, paused=["other"])
    paused.hear(go())
    assert paused.said("ignored") == ["the journey is paused"]


def test_an_exit_before_the_step_enters_nothing_and_one_after_it_leaves_the_other_be() -> None:
    waiting = journey("first", {"wait": "1h"}, {"enter": "other"}, {"wait": "1d"}, exit=[{"event": "gone"}])
    for after, sent in ((M, []), (2 * H, ["second"])):
        world = World(waiting, OTHER)
        world.hear(go())
        world.hear(make_event("gone", NOON + after))
        world.live_until(NOON + D)
        assert world.sent == sent


def test_a_late_wake_up_enters_all_the_same_and_waits_count_from_then() -> None:
    world = World(journey("first", {"wait": "1h"}, {"enter": "other"}), OTHER)
    world.hear(go())
    world.wake(NOON + 3 * D)
    world.live_until(NOON + 9 * D)
    assert world.messages == [(NOON + 3 * D + H, "second", "email")]


def test_a_journey_that_is_not_live_any_more_is_not_entered() -> None:
    world = World(journey("first", {"wait": "1h"}, {"enter": "other"}, {"send": "hello"}), OTHER)
    world.hear(go())
    world.edit(journey("first", {"send": "third"}))
    world.live_until(NOON + D)
    assert world.said("ignored") == ["no journey other to enter is live"]
    assert world.sent == ["hello"]


def test_the_live_version_is_the_one_that_is_entered() -> None:
    world = World(journey("first", {"wait": "1h"}, {"enter": "other"}), OTHER)
    world.hear(go())
    world.edit(journey("first", {"wait": "1h"}, {"enter": "other"}), journey("other", {"send": "third"}))
    world.live_until(NOON + D)
    assert world.sent == ["third"]


def test_a_former_version_that_is_entered_back_by_what_it_enters_comes_to_an_end() -> None:
    """first@1 enters other, whose live version enters first@2: a circle only of who was on the way at the edit."""
    world = World(journey("first", {"wait": "1h"}, {"enter": "other"}, restart=True, reenter="always"), OTHER)
    world.hear(go())
    back = journey("other", {"enter": "first"}, {"send": "third"}, reenter="always")
    world.edit(journey("first", {"send": "hello"}, restart=True, reenter="always"), back)
    world.live_until(NOON + D)
    assert world.sent == ["hello", "third"]
    assert [enrollment for enrollment in world.known.enrollments.values() if enrollment.active] == []


def test_a_merge_in_the_middle_enters_once() -> None:
    company = Company(journey("first", {"wait": "1h"}, {"enter": "other"}), OTHER)
    company.introduce("a", "b")
    for one in ("a", "b"):
        company.hear(one, go(id=f"go-{one}"))
    company.merge("b", "a")
    company.live_until(NOON + D)
    assert [template for template, _ in company.messages] == ["second"]


def told(*journeys: dict[str, Any]) -> list[str]:
    found = check_brand_documents(small_brand(*(("journey", one["id"], one) for one in journeys)))
    return [f"{problem.path}: {problem.message}" for problem in found]


def test_journeys_that_would_enter_each_other_in_a_circle_are_refused() -> None:
    one, two = written("one", steps=[{"enter": "two"}]), written("two", steps=[{"wait": "1d"}, {"enter": "one"}])
    assert told(one, two) == ["steps.0.enter: journeys enter each other in a circle: one → two → one"]
    assert told(written("one", steps=[{"enter": "one"}])) == [
        "steps.0.enter: journeys enter each other in a circle: one → one"
    ]
    assert told(one, written("two")) == []


def test_only_a_journey_that_a_trigger_starts_can_be_entered() -> None:
    one = written("one", steps=[{"enter": "two"}])
    care: dict[str, Any] = {"id": "two", "class": "transactional", "anchor": {"entry": "booking"}}
    care["timeline"] = [{"at": "-2h", "send": "hello"}]
    assert told(one, care) == ["steps.0.enter: the journey 'two' is started by its moment; it cannot be entered"]
    news = written("two", trigger="broadcast")
    assert told(one, news) == ["steps.0.enter: the journey 'two' is started by command; it cannot be entered"]
    assert told(one, written("twp")) == ["steps.0.enter: no journey is called 'two'; did you mean 'twp'?"]


@pytest.mark.parametrize("wrong", [None, "", "Not An Id", ["other"], 5])
def test_what_is_no_journey_id_is_refused(wrong: object) -> None:
    with pytest.raises(BadDefinition):
        read({"enter": wrong})
