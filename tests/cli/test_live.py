from __future__ import annotations

import pytest

from tests.app.brands import journey, small_drafts
from tests.cli.memory_deployment import MemoryDeployment, Run


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    deployment.drafts = small_drafts(("journey", "welcome", journey()))
    return deployment


def test_publishing_tells_what_is_live(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("publish", "welcome") == 0
    told = capsys.readouterr().out
    assert "live: journey/welcome\n" in told
    assert kairos("publish", "--all") == 0
    assert "nothing changed" in capsys.readouterr().out


def test_pausing_and_stopping_are_shown_until_they_end(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "welcome")
    assert kairos("pause", "welcome") == 0
    assert kairos("stop-all") == 0
    told = capsys.readouterr().out
    assert "paused: welcome" in told
    assert "EVERYTHING IS STOPPED" in told
    assert kairos("start-all") == 1
    assert kairos("resume", "welcome", "--overdue", "all") == 1
    assert "--overdue send, skip, replan" in capsys.readouterr().err
    assert kairos("start-all", "--overdue", "skip") == 0
    assert kairos("resume", "welcome", "--overdue", "replan") == 0
    pointer = deployment.releases.pointer()
    assert pointer is not None
    assert (pointer.paused, pointer.stopped) == (frozenset(), False)


def test_a_refusal_is_an_exit_code_and_names_each_problem(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("journey", "welcome", journey(steps=[{"wait": "soon"}]))
    assert kairos("publish", "welcome") == 1
    told = capsys.readouterr().err
    assert "nothing was changed" in told
    assert "journey/welcome: steps.0.wait" in told
    assert deployment.releases.pointer() is None


def test_rollback_goes_back(kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]) -> None:
    kairos("publish", "welcome")
    assert kairos("rollback") == 1
    deployment.drafts.put("journey", "welcome", journey(holdout="5%"))
    kairos("publish", "welcome")
    assert kairos("rollback") == 0
    pointer = deployment.releases.pointer()
    assert pointer is not None
    assert deployment.releases.bundle(pointer.release)["journeys"]["welcome"]["live"] == 1
