from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from kairos.domain.ids import digest
from kairos.domain.profile import Profile
from tests.app.brands import brand, journey, segment, small_drafts
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run

NEWS = {"id": "news", "class": "marketing", "trigger": "broadcast", "steps": [{"send": "hello"}]}
REMINDER = {
    "id": "reminder",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [{"at": "-2h", "send": "hello"}],
}


@pytest.fixture
def deployment() -> MemoryDeployment:
    """Return one with three customers, and a journey for all of them."""
    deployment = MemoryDeployment()
    found: Any = [("journey", each["id"], each) for each in (NEWS, REMINDER, journey())]
    deployment.drafts = small_drafts(*found, ("segment", "vips", segment("vips")))
    deployment.drafts.put("brand", "brand", brand(walks={"per_second": 10}))
    for number in range(3):
        deployment.keep(Profile(digest("profile", str(number)), NOW))
    return deployment


def test_what_walks_is_told_with_its_price_and_asked_about_first(
    kairos: Run, deployment: MemoryDeployment, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer("n\n")
    assert kairos("publish", "reminder") == 1
    told = capsys.readouterr().err
    assert "who has an entry or date already joins reminder" in told
    assert "3 profiles to look at: less than 0.01 USD, 1 min" in told
    assert "one message to each of them: less than 0.01 USD by email" in told
    assert "nothing was changed" in told
    assert deployment.releases.pointer() is None
    assert deployment.walks.rows == {}


def test_yes_begins_it_and_tells_where_to_look(
    kairos: Run, deployment: MemoryDeployment, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer("y\n")
    assert kairos("publish", "reminder") == 0
    (walk,) = deployment.walks.all()
    assert f"walk {walk.id}: who has an entry or date already joins reminder, from 03:02 UTC" in capsys.readouterr().out
    assert deployment.rounds.called == {(walk.next_at, walk.id)}


def test_nobody_is_asked_where_no_walk_is_needed_or_yes_was_said(
    kairos: Run, deployment: MemoryDeployment, answer: Any
) -> None:
    answer("")
    assert kairos("publish", "welcome") == 0
    assert kairos("publish", "reminder", "--yes") == 0
    assert kairos("pause", "reminder") == 0
    assert len(deployment.walks.all()) == 1


def test_without_anybody_to_ask_nothing_is_begun(kairos: Run, deployment: MemoryDeployment, answer: Any) -> None:
    answer("")
    assert kairos("publish", "reminder") == 1
    assert deployment.walks.rows == {}


def test_a_broadcast_goes_to_all_or_to_a_segment(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "--all", "--yes")
    assert kairos("broadcast", "news", "--segment", "vips", "--yes") == 0
    assert "news to everybody in vips" in capsys.readouterr().out
    walk = next(walk for walk in deployment.walks.all() if walk.about == "broadcast")
    assert (walk.journeys, walk.segment) == (("news",), "vips")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["welcome"], "trigger: broadcast"),
        (["nothing"], "a published journey"),
        (["news", "--segment", "nobody"], "a live segment, one of: none"),
    ],
)
def test_what_cannot_be_broadcast_is_refused(
    kairos: Run, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "news", "welcome")
    assert kairos("broadcast", *arguments) == 1
    assert says in capsys.readouterr().err.replace("\n", " ")


def test_the_same_broadcast_within_the_hour_is_refused_unless_it_is_meant(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "news")
    assert kairos("broadcast", "news", "-y") == 0
    (walk,) = deployment.walks.all()
    deployment.walks.rows = {"20260101t000000-aaaaaa": replace(walk, id="20260101t000000-aaaaaa")}
    assert kairos("broadcast", "news", "-y") == 1
    assert "say --again" in capsys.readouterr().err.replace("\n", " ")
    assert kairos("broadcast", "news", "-y", "--again") == 0
    assert len(deployment.walks.rows) == 2


def test_walks_are_listed_with_how_far_they_are_and_what_went_wrong(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("walks") == 0
    assert "no walk was ever begun here" in capsys.readouterr().out
    kairos("publish", "news")
    kairos("broadcast", "news", "-y")
    (walk,) = deployment.walks.all()
    going = replace(walk, profiles=2_000, looked_at=1_000, woken=40, per_second=10.0, read_units=500.0)
    deployment.walks.rows[walk.id] = replace(going, failures=2, error="Throttled: walk inbox")
    capsys.readouterr()
    assert kairos("walks") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"{walk.id} going 50% news to everybody: 1,000 of 2,000 looked at, 40 woken" in told
    assert "at most 10 a second" in told
    assert "2 times: Throttled: walk inbox" in told


def test_a_walk_is_stopped_by_the_beginning_of_its_id(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "news")
    kairos("broadcast", "news", "-y")
    (walk,) = deployment.walks.all()
    assert kairos("walks", "stop", "nothing") == 1
    assert "begins 0" in capsys.readouterr().err
    assert kairos("walks", "stop", walk.id[:10]) == 0
    assert isinstance(deployment.walks.all()[0].ended_at, datetime)
    assert "stopped" in capsys.readouterr().out


EVE = {
    "id": "eve",
    "class": "transactional",
    "trigger": {"at": "2026-12-24 10:00", "segment": "vips"},
    "steps": [{"send": "hello"}],
}


def test_a_campaign_is_told_with_how_many_it_is_for_when_published_and_when_confirmed(
    kairos: Run, deployment: MemoryDeployment, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("journey", "eve", EVE)
    deployment.keep(Profile(digest("profile", "vip"), NOW, traits={"tier": "vip"}, reach={"email": True}))
    answer("y\n")
    assert kairos("publish", "eve") == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "eve to whom it is for, at 2026-12-24 10:00: 1 of 4 customers, of whom 1 may be written to" in told
    answer("n\n")
    (walk,) = deployment.walks.all()
    assert kairos("walks", "confirm", walk.id) == 1
    assert "it concerns 1 of 4 customers" in " ".join(capsys.readouterr().err.split())
    assert deployment.walks.all()[0].state == "waiting"
