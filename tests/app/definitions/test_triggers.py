"""What may start a journey, as written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kairos.app.definitions.compile import check_journey, compile_journey
from kairos.app.definitions.documents import check_brand_documents
from kairos.app.definitions.folder import load_brand
from kairos.app.definitions.triggers import REQUESTED, TRIGGERS_MAX
from kairos.domain.trigger import Follow
from tests.app.brands import write_brand


def started(*triggers: Any, **more: Any) -> dict[str, Any]:
    trigger = triggers[0] if len(triggers) == 1 else list(triggers)
    return {"id": "j", "class": "marketing", "trigger": trigger, "steps": [{"send": "hello"}], **more}


def paths(raw: Any) -> list[tuple[str | int, ...]]:
    return [error.path for error in check_journey(raw)[1]]


def test_one_trigger_is_a_list_of_one() -> None:
    assert compile_journey(started({"event": "a"})).triggers == compile_journey(started([{"event": "a"}])).triggers


def test_triggers_of_every_kind_stand_in_one_list() -> None:
    journey = compile_journey(
        started({"event": "a", "subject": "cart"}, {"journey": "welcome", "on": "goal"}, {"api": True})
    )
    assert [matcher.event for matcher in journey.triggers] == ["a", REQUESTED]
    assert journey.triggers[0].subject == "cart"
    assert journey.follows == (Follow("welcome", "goal"),)


@pytest.mark.parametrize(
    ("trigger", "path"),
    [
        (None, ("trigger",)),
        ([], ("trigger",)),
        ("whenever", ("trigger",)),
        ({}, ("trigger", "event")),
        ([{"event": "a"}, 3], ("trigger", 1)),
        ({"event": "a", "on": "completed"}, ("trigger", "on")),
        ({"event": "a", "subject": "1x"}, ("trigger", "subject")),
        ({"journey": "welcome"}, ("trigger", "on")),
        ({"journey": "welcome", "on": "started"}, ("trigger", "on")),
        ({"journey": "j", "on": "entered"}, ("trigger", "on")),
        ({"journey": "Welcome", "on": "exited"}, ("trigger", "journey")),
        ({"at": "2026-12-24"}, ("trigger", "at")),
        ({"at": "2026-02-30 10:00"}, ("trigger", "at")),
        ({"at": "2026-12-24 24:00"}, ("trigger", "at")),
        ({"at": "9999-12-24 10:00"}, ("trigger", "at")),
        ({"at": "2026-12-24 10:00", "zone": "Asia/Seoul"}, ("trigger", "zone")),
        ({"at": "2026-12-24 10:00", "if_past": "stop"}, ("trigger", "if_past")),
        ({"at": "2026-12-24 10:00", "segment": "vip", "where": {"trait": "a", "eq": 1}}, ("trigger", "where")),
        ([{"at": "2026-12-24 10:00"}, {"at": "2026-12-24 10:00", "zone": "customer"}], ("trigger",)),
        ({"api": False}, ("trigger", "api")),
        ({"api": True, "where": {"fiel": 1}}, ("trigger", "where")),
        ([{"event": "a"}] * (TRIGGERS_MAX + 1), ("trigger",)),
    ],
)
def test_a_wrong_trigger_is_told_where_it_stands(trigger: Any, path: tuple[str | int, ...]) -> None:
    assert paths(started(trigger)) == [path]


@pytest.mark.parametrize(
    ("entries", "path"),
    [
        ({"max": 3}, ("entries", "per")),
        ({"max": 0, "per": "1d"}, ("entries", "max")),
        ({"max": 1.5, "per": "1d"}, ("entries", "max")),
        ({"max": 1000, "per": "1d"}, ("entries", "max")),
        ({"most": 3, "per": "1d"}, ("entries", "most")),
        (3, ("entries",)),
    ],
)
def test_a_wrong_cap_on_entries_is_told_where_it_stands(entries: Any, path: tuple[str, ...]) -> None:
    assert paths(started({"event": "a"}, entries=entries)) == [path]


def test_several_goals_have_one_window() -> None:
    journey = compile_journey(started({"event": "a"}, goal=[{"event": "x", "within": "2d"}, {"event": "y"}]))
    assert journey.goal is not None
    assert [matcher.event for matcher in journey.goal.matchers] == ["x", "y"]
    assert journey.goal.within.days == 2
    two = [{"event": "x", "within": "2d"}, {"event": "y", "within": "3d"}]
    assert paths(started({"event": "a"}, goal=two)) == [("goal",)]
    assert paths(started({"event": "a"}, goal=[])) == [("goal",)]


def test_what_is_followed_is_there_and_has_an_end(tmp_path: Path) -> None:
    care = "id: care\nclass: transactional\nanchor: {entry: booking}\ntimeline: [{at: '-1d', send: hello}]\n"
    head = "class: marketing\nsteps: [{send: hello}]\n"
    files = {
        "brand.yaml": "timezone: UTC\n",
        "templates/hello.yaml": "sms: {text: x}\n",
        "journeys/care.yaml": care,
        "journeys/a.yaml": f"id: a\n{head}trigger: {{journey: caer, on: entered}}\n",
        "journeys/b.yaml": f"id: b\n{head}trigger: [{{event: x}}, {{journey: care, on: completed}}]\n",
        "journeys/c.yaml": f"id: c\n{head}trigger: {{journey: care, on: exited}}\n",
    }
    told = [str(problem) for problem in check_brand_documents(load_brand(write_brand(tmp_path, files)))]
    assert told == [
        "journeys/a.yaml:4:11: trigger.journey: no journey is called 'caer'; did you mean 'care'?",
        "journeys/b.yaml:4:39: trigger.1.on: a timeline has no end of its own: entered, exited or goal",
    ]
