from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.publish.command import COMMANDS, run_command
from kairos.app.publish.publish import Publish
from kairos.memory import MemoryReleases
from tests.app.brands import journey, small_drafts

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def publish() -> Publish:
    return Publish(small_drafts(("journey", "welcome", journey())), MemoryReleases())


def test_a_command_tells_how_it_stands_now(publish: Publish) -> None:
    told = run_command(publish, {"command": "publish", "id": "welcome"}, NOW)
    assert told.pop("release")
    told["differences"] = [(row["kind"], row["id"], row["change"]) for row in told["differences"]]
    changed = ["brand", "journey/welcome", "template/hello"]
    assert told == {
        "ok": True,
        "paused": [],
        "stopped": False,
        "changed": changed,
        "waiting": [],
        "warnings": [],
        "walks": [],
        "differences": [
            ("brand", "brand", "added"),
            ("journey", "welcome", "added"),
            ("template", "hello", "added"),
        ],
        "moved": [],
    }
    assert run_command(publish, {"command": "pause", "id": "welcome"}, NOW)["paused"] == ["welcome"]
    assert run_command(publish, {"command": "stop-all"}, NOW)["stopped"] is True
    assert run_command(publish, {"command": "start-all", "overdue": "skip"}, NOW)["stopped"] is False
    assert run_command(publish, {"command": "resume", "id": "welcome", "overdue": "skip"}, NOW)["paused"] == []


@pytest.mark.parametrize("command", ["resume", "start-all"])
@pytest.mark.parametrize("overdue", [None, "", "all", True, ["send"]])
def test_going_on_says_what_becomes_of_what_is_overdue(publish: Publish, command: str, overdue: Any) -> None:
    run_command(publish, {"command": "publish", "id": "welcome"}, NOW)
    run_command(publish, {"command": "pause", "id": "welcome"}, NOW)
    told = run_command(publish, {"command": command, "id": "welcome", "overdue": overdue}, NOW)
    assert told["ok"] is False
    assert "one of send, skip, replan" in told["error"]


def test_what_is_wrong_with_definitions_is_told_problem_by_problem() -> None:
    publish = Publish(small_drafts(("journey", "welcome", journey(steps=[{"wait": 5}]))), MemoryReleases())
    told = run_command(publish, {"command": "publish", "all": True}, NOW)
    assert told["ok"] is False
    assert [(row["file"], row["path"]) for row in told["problems"]] == [("journey/welcome", "steps.0.wait")]


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"command": 5},
        {"command": "drop-all"},
        {"command": "publish"},
        {"command": "publish", "ids": []},
        {"command": "publish", "ids": "welcome"},
        {"command": "publish", "ids": [5]},
        {"command": "publish", "all": "yes"},
        {"command": "publish", "id": "nobody"},
        {"command": "pause"},
        {"command": "pause", "id": ["welcome"]},
        {"command": "rollback"},
    ],
)
def test_a_request_that_cannot_be_done_is_answered_and_never_raised(request_: dict[str, Any], publish: Publish) -> None:
    told = run_command(publish, request_, NOW)
    assert told["ok"] is False
    assert told["error"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_answers_before_anything_is_published(command: str) -> None:
    publish = Publish(small_drafts(), MemoryReleases())
    assert run_command(publish, {"command": command, "id": "welcome"}, NOW)["ok"] is False
