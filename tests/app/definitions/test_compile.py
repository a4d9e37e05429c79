from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.app.definitions.compile import DEPTH_MAX, STEPS_MAX, check_journey, compile_journey
from kairos.domain.errors import BadDefinition
from kairos.domain.journey import Goal, Matcher, Reenter

SEND = {"send": "hello"}


def stepped(*steps: Any, **more: Any) -> dict[str, Any]:
    return {"id": "j", "class": "marketing", "trigger": {"event": "go"}, "steps": list(steps) or [SEND], **more}


def timed(*steps: Any, **more: Any) -> dict[str, Any]:
    timeline = list(steps) or [{"at": "-1d", "send": "hello"}]
    return {"id": "j", "class": "transactional", "anchor": {"entry": "booking"}, "timeline": timeline, **more}


def paths(raw: Any) -> list[tuple[str | int, ...]]:
    return [error.path for error in check_journey(raw)[1]]


def test_steps_become_nodes_that_know_what_follows() -> None:
    journey = compile_journey(stepped({"wait": "1h"}, SEND, {"stop": "done"}), 3)
    assert (journey.version, journey.first) == (3, "wait-1")
    assert [(node.id, node.next) for node in map(journey.nodes.get, ("wait-1", "hello-1", "stop-1")) if node] == [
        ("wait-1", "hello-1"),
        ("hello-1", "stop-1"),
        ("stop-1", None),
    ]


def test_nested_ways_lead_back_to_what_follows_and_empty_ones_go_straight_there() -> None:
    branch = {"branch": [{"if": {"trait": "a", "eq": 1}, "steps": [{"send": "second"}]}, {"else": []}]}
    journey = compile_journey(stepped(branch, SEND))
    node = journey.nodes["branch-1"]
    assert node.exits == {"0": "second-1", "else": "hello-1"}
    assert journey.nodes["second-1"].next == "hello-1"


def test_a_step_is_named_by_its_id_else_by_template_or_kind_with_its_ordinal() -> None:
    journey = compile_journey(stepped(SEND, {"wait": "1h"}, SEND, {"wait": "2h", "id": "pause"}, {"wait": "3h"}))
    assert set(journey.nodes) == {"hello-1", "wait-1", "hello-2", "pause", "wait-2"}


def test_two_steps_of_one_name_are_refused() -> None:
    assert paths(stepped({"send": "a", "id": "x"}, {"send": "b", "id": "x"})) == [("steps", 1, "id")]


def test_defaults_are_those_of_the_design() -> None:
    journey = compile_journey(stepped())
    assert (journey.reenter, journey.restart, journey.holdout, journey.goal) == (Reenter(), False, 0, None)
    assert journey.fresh_for == timedelta(days=1)
    assert compile_journey(stepped({"wait": "1h"}, SEND)).fresh_for == timedelta(hours=1)
    answered = {"wait_for": {"event": "x", "timeout": "1h"}}
    assert compile_journey(stepped(answered, SEND)).fresh_for == timedelta(hours=1)
    assert compile_journey(stepped({"wait": "1h"}, SEND, fresh_for="2d")).fresh_for == timedelta(days=2)
    assert compile_journey(timed()).fresh_for == timedelta(days=1)


def test_everything_around_the_steps_is_read() -> None:
    raw = stepped(
        trigger=[{"event": "a"}, {"event": "b"}],
        subject="cart_id",
        reenter={"after": "3d"},
        restart=True,
        goal={"event": "won", "within": "2d"},
        exit={"event": "left"},
        holdout="5%",
    )
    journey = compile_journey(raw)
    assert journey.triggers == (Matcher("a"), Matcher("b"))
    assert journey.reenter == Reenter("after", timedelta(days=3))
    assert journey.goal == Goal((Matcher("won"),), timedelta(days=2))
    assert (journey.subject, journey.restart, journey.exits, journey.holdout) == (
        "cart_id",
        True,
        (Matcher("left"),),
        0.05,
    )


def test_a_step_of_a_timeline_may_have_a_class_of_its_own() -> None:
    journey = compile_journey(timed({"at": "-1d", "send": "a"}, {"at": "+1d", "send": "b", "class": "marketing"}))
    assert [step.marketing for step in journey.timeline] == [False, True]
    assert [step.if_past for step in journey.timeline] == ["skip", "skip"]
    assert journey.timeline_step("b-1") is journey.timeline[1]
    assert journey.timeline_step("x") is None


def test_a_timelines_reactions_are_sends() -> None:
    journey = compile_journey(timed(on_move={"send": "moved"}, on_cancel={"send": "sorry", "channel": "sms"}))
    assert journey.on_move is not None
    assert journey.on_cancel is not None
    assert (journey.on_move.template, journey.on_cancel.channel) == ("moved", "sms")


@pytest.mark.parametrize(
    "raw,path",
    [
        (stepped({"sned": "x"}), ("steps", 0)),
        (stepped({"wait": "1h", "send": "x"}), ("steps", 0)),
        (stepped({"wait": "1h", "channel": "sms"}), ("steps", 0, "channel")),
        (stepped("wait"), ("steps", 0)),
        (stepped({"wait": "soon"}), ("steps", 0, "wait")),
        (
            stepped({"branch": [{"if": {"trait": "a", "eq": 1}, "steps": [{"wait": 5}]}]}),
            ("steps", 0, "branch", 0, "steps", 0, "wait"),
        ),
        (stepped(trigger={"evnt": "go"}), ("trigger", "evnt")),
        (stepped(trigger={"event": "go", "where": {"field": "x"}}), ("trigger", "where")),
        (stepped(reenter="sometimes"), ("reenter",)),
        (stepped(reenter={"after": 3}), ("reenter", "after")),
        (stepped(holdout=5), ("holdout",)),
        (stepped(goal={"event": "x", "within": "ever"}), ("goal", "within")),
        (stepped(restart="yes"), ("restart",)),
        (stepped(**{"class": "spam"}), ("class",)),
        (stepped(id="Not An Id"), ("id",)),
        (stepped(timelin=[]), ("timelin",)),
        (stepped(on_move=SEND), ("on_move",)),
        (timed({"at": "2h", "send": "a"}), ("timeline", 0, "at")),
        (timed({"send": "a"}), ("timeline", 0, "at")),
        (timed({"at": "-1d", "send": "a", "if_past": "cry"}), ("timeline", 0, "if_past")),
        (timed(trigger={"event": "go"}), ("trigger",)),
        (timed(on_cancel={"send": "a", "at": "-1d"}), ("on_cancel", "at")),
    ],
)
def test_each_problem_is_told_where_it_stands(raw: Any, path: tuple[str | int, ...]) -> None:
    assert paths(raw) == [path]


def test_all_problems_are_told_at_once() -> None:
    raw = stepped({"wait": "soon"}, {"send": 5}, holdout="x", reenter="x")
    assert len(paths(raw)) == 4
    with pytest.raises(BadDefinition):
        compile_journey(raw)


@pytest.mark.parametrize("raw", [{}, [], None, "x", {"id": "j"}, stepped(steps=[]), {**stepped(), "trigger": []}])
def test_what_is_no_journey_has_problems_and_no_accident(raw: Any) -> None:
    assert paths(raw)


def test_journeys_and_timelines_are_bounded() -> None:
    assert check_journey(stepped(*[SEND] * STEPS_MAX))[1] == []
    assert check_journey(stepped(*[SEND] * (STEPS_MAX + 1)))[1] != []
    assert check_journey(timed(*[{"at": "-1d", "send": "hello"}] * (STEPS_MAX + 1)))[1] != []
    deep: Any = SEND
    for _ in range(DEPTH_MAX + 1):
        deep = {"split": [{"share": "50%", "steps": [deep]}]}
    assert check_journey(stepped(deep))[1] != []


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["event", "where", "send", "wait", "branch", "if", "steps", "at", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*stepped(), "anchor", "timeline", "goal", "exit", "reenter", "on_move"]), junk))
def test_whatever_is_written_is_told_as_problems_never_as_an_accident(raw: dict[str, Any]) -> None:
    journey, problems = check_journey({**stepped(), **raw})
    assert journey is not None
    assert all(isinstance(problem, BadDefinition) for problem in problems)
