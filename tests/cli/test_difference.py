"""What is shown before anything goes live, and how people are taken along."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.domain.ids import digest
from kairos.domain.profile import Enrollment, Profile
from tests.app.brands import journey, small_drafts
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run

STEPS = [{"wait": "3d"}, {"send": "hello"}]


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    deployment.drafts = small_drafts(("journey", "welcome", journey(steps=STEPS)))
    return deployment


def under_way(deployment: MemoryDeployment, people: int) -> None:
    for number in range(people):
        profile = Profile(digest("profile", str(number)), NOW)
        passage = Enrollment(f"e{number}", "welcome", 1, "", NOW, NOW, node="wait-1", due=NOW)
        profile.enrollments = {passage.id: passage}
        deployment.keep(profile)


def edit(deployment: MemoryDeployment, *steps: Any, **more: Any) -> None:
    deployment.drafts.put("journey", "welcome", journey(steps=list(steps), **more))


def live(deployment: MemoryDeployment) -> int:
    pointer = deployment.releases.pointer()
    assert pointer is not None
    version: int = deployment.releases.bundle(pointer.release)["journeys"]["welcome"]["live"]
    return version


def test_the_difference_and_who_stands_where_are_shown_before_it_goes_live(
    kairos: Run, deployment: MemoryDeployment, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "--all", "--yes")
    under_way(deployment, 7)
    edit(deployment, {"wait": "1d"}, {"send": "hello"}, {"send": "hello", "id": "again"}, holdout="5%")
    answer("n\n")
    capsys.readouterr()
    assert kairos("publish", "welcome") == 1
    told = capsys.readouterr().err
    assert "~ journey/welcome, version 1 → 2\n" in told
    assert "    + holdout: 5%\n" in told
    assert "    ~ wait-1: wait: 3d → wait: 1d   (7 wait here)\n" in told
    assert "    + again: send: hello\n" in told
    assert "under way: 7 in version 1 (wait-1: 7)" in told
    assert "all 7 customers, counted at 03:00:00 UTC, 0 s ago" in told
    assert "nothing was changed" in told
    assert live(deployment) == 1


def test_agreed_it_goes_live_and_nobody_is_taken_along(kairos: Run, deployment: MemoryDeployment, answer: Any) -> None:
    kairos("publish", "--all", "--yes")
    under_way(deployment, 2)
    edit(deployment, {"wait": "1d"}, {"send": "hello"})
    answer("y\n")
    assert kairos("publish", "welcome") == 0
    assert live(deployment) == 2
    assert deployment.walks.rows == {}


def test_where_nobody_is_under_way_nothing_is_asked(kairos: Run, deployment: MemoryDeployment) -> None:
    kairos("publish", "--all")
    edit(deployment, {"wait": "1d"}, {"send": "hello"})
    assert kairos("publish", "welcome") == 0


@pytest.mark.parametrize("replan", ["welcome", "all"])
def test_people_are_taken_along_by_a_walk(
    kairos: Run, deployment: MemoryDeployment, replan: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "--all")
    under_way(deployment, 2)
    edit(deployment, {"wait": "1d"}, {"send": "hello"})
    assert kairos("publish", "welcome", "--replan", replan, "--gone", "stop", "--yes") == 0
    assert "who is in an earlier version of welcome goes on in this one" in capsys.readouterr().out
    (walk,) = deployment.walks.all()
    assert (walk.about, walk.what) == ("migrate", {"versions": {"welcome": 2}, "gone": "stop"})


def test_finish_is_the_exception_of_all(kairos: Run, deployment: MemoryDeployment) -> None:
    kairos("publish", "--all")
    under_way(deployment, 2)
    edit(deployment, {"wait": "1d"}, {"send": "hello"})
    assert kairos("publish", "welcome", "--replan", "all", "--finish", "welcome", "--yes") == 0
    assert deployment.walks.rows == {}


def test_rolling_back_shows_the_same_the_other_way_round(
    kairos: Run, deployment: MemoryDeployment, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "--all")
    edit(deployment, {"wait": "1d"}, {"send": "hello"})
    kairos("publish", "--all")
    under_way(deployment, 1)
    answer("n\n")
    assert kairos("rollback", "--replan", "all") == 1
    told = capsys.readouterr().err
    assert "version 2 → 1" in told
    assert "wait: 1d → wait: 3d" in told
    assert "goes on in this one" in told


def test_another_word_for_gone_is_refused(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("publish", "welcome", "--gone", "perish") == 1
    assert "--gone is one of stay, stop" in capsys.readouterr().err
