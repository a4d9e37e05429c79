from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.decide import decide
from kairos.domain.decision import Call, Go, Update
from kairos.domain.effects import Send
from kairos.domain.errors import BadDefinition
from kairos.domain.event import CALL, WEBHOOK, Event
from kairos.domain.ids import call_id
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, make_event
from tests.steps.stage import read, scene

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOOK = {"to": "crm", "fields": ["total"], "timeout": "1h", "keep": {"score": "result.score"}}


def journey(**other: Any) -> dict[str, Any]:
    steps = [{"id": "ask", "webhook": HOOK, "then": [{"send": "second"}], "else": [{"send": "third"}]}]
    return {"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": steps, **other}


def calls(world: World) -> list[Send]:
    return [effect for effect in world.effects if isinstance(effect, Send) and effect.channel == CALL]


def answer(world: World, at: Any, name: str = "webhook_answered", body: Any = None, **more: Any) -> Event:
    said = {"call": calls(world)[0].message, "to": "crm", "status": 200, **({"body": body} if body else {})}
    return make_event(name, at, id=f"{name}@{at}", properties=said, source=WEBHOOK, **more)


def started() -> World:
    world = World(journey(), reporting=False)
    world.hear(make_event("go", properties={"total": 5}))
    return world


# ---- the step --------------------------------------------------------------------------------------------------


def test_it_asks_and_asks_again_after_longer_pauses_until_the_time_is_over() -> None:
    step, args = read({"webhook": HOOK})
    assert step.enter(args, scene(node="ask")) == Call("crm", NOON + 2 * M)
    for asked, at, until in ((1, 2 * M, 6 * M), (2, 6 * M, 14 * M), (5, 59 * M, H)):
        here = replace(scene(NOON + at, node="ask", visits={"ask": asked}), at=NOON + at)
        assert step.wake(args, here) == Call("crm", NOON + until)
    assert step.wake(args, scene(NOON + H, node="ask", visits={"ask": 6})) == Go("else")


@pytest.mark.parametrize(
    "body,kept",
    [
        ({"result": {"score": 7}}, {"score": 7}),
        ({"result": {"score": "x" * 201}}, {}),
        ({"result": {"score": [7]}}, {}),
        ({"result": 7}, {}),
        ({"result": {"score": None}}, {}),
        ([1], {}),
        (None, {}),
    ],
)
def test_plain_values_of_the_answer_are_kept_and_nothing_else(body: Any, kept: dict[str, Any]) -> None:
    step, args = read({"webhook": HOOK})
    said = {"call": call_id("e", "ask"), "body": body}
    event = Event("a", "webhook_answered", "u1", NOON, NOON, said, source=WEBHOOK)
    assert step.hear(args, scene(node="ask"), event) == Update(kept, exit="then")


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": None},
        {"to": "https://example.com"},
        {"to": "a/b"},
        {"timeout": "30s"},
        {"timeout": "4d"},
        {"traits": "tier"},
        {"traits": ["x"] * 21},
        {"fields": [5]},
        {"keep": ["score"]},
        {"keep": {"score": 5}},
        {"keep": {"9": "x"}},
        {"url": "https://example.com"},
    ],
)
def test_what_is_wrong_or_unknown_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        read({"webhook": HOOK | wrong})


# ---- in a journey ----------------------------------------------------------------------------------------------


def test_the_answer_opens_then_and_sets_traits_and_a_refusal_opens_else() -> None:
    world = started()
    world.hear(answer(world, NOON + M, body={"result": {"score": 7}}))
    assert (world.sent, world.known.traits["score"]) == (["second"], 7)
    world = started()
    world.hear(answer(world, NOON + M, "webhook_failed"))
    assert world.sent == ["third"]


def test_without_an_answer_the_same_call_is_asked_for_again_and_again_until_else() -> None:
    world = started()
    world.live_until(NOON + 2 * H)
    asked = calls(world)
    assert len({call.message for call in asked}) == 1
    assert [call.asks for call in asked] == [1, 2, 3, 4, 5]
    assert [at - NOON for at, template, _ in world.messages if template == "third"] == [H]


def test_an_answer_repeated_reordered_or_after_the_time_changes_nothing() -> None:
    world = started()
    early = answer(world, NOON + M)
    world.decide([early, answer(world, NOON + 2 * M, "webhook_failed"), early], NOON + 2 * M)
    world.decide([early], NOON + 3 * M)
    assert world.sent == ["second"]
    late = started()
    late.decide([answer(late, NOON + H + M)], NOON + H + M)
    assert late.sent == ["third"]


def test_only_the_answer_to_this_passages_own_call_counts_and_nobody_else_can_give_it() -> None:
    world = started()
    world.decide([replace(answer(world, NOON + M), source="track")], NOON + M)
    other = answer(world, NOON + M, received_at=NOON + M)
    world.decide([replace(other, id="x", properties={**other.properties, "call": "another"})], NOON + M)
    assert world.sent == []


def test_a_late_wake_up_goes_on_by_else_without_another_call() -> None:
    world = started()
    world.wake(NOON + 3 * D)
    assert (len(calls(world)), world.sent) == (1, ["third"])


def test_an_exit_in_the_middle_leaves_the_answer_without_an_ear() -> None:
    world = World(journey(exit=[{"event": "gone"}]), reporting=False)
    world.hear(make_event("go"))
    world.hear(make_event("gone", NOON + M))
    world.hear(answer(world, NOON + 2 * M))
    assert (world.sent, world.due) == ([], None)


def test_an_answer_finds_its_passage_after_a_merge() -> None:
    company = Company(journey())
    company.introduce("a", "b")
    company.hear("b", make_event("go"))
    [call] = [send for send in company.sends if send.channel == CALL]
    company.merge("b", "a")
    said = {"call": call.message, "to": "crm", "status": 200}
    company.hear("b", make_event("webhook_answered", NOON, properties=said, source=WEBHOOK))
    company.arrive()
    assert [template for template, _ in company.messages] == ["second"]


def test_who_waits_in_a_version_goes_on_by_its_ways_after_an_edit() -> None:
    world = started()
    world.edit({**journey(), "steps": [{"send": "hello"}]})
    world.hear(answer(world, NOON + M))
    assert world.sent == ["second"]


def test_an_answer_brings_nobody_back() -> None:
    world = started()
    assert decide(None, world.release, [answer(world, NOON + M)], NOON + M) is None
