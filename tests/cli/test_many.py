"""What an operator says of many: confirming a broadcast, signals, entering customers by name."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.cli.failure import CannotDo
from kairos.cli.many import read_condition, read_properties
from kairos.domain.ids import digest
from kairos.domain.profile import Profile
from tests.app.brands import brand, segment, small_drafts
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run

EVE = {"id": "eve", "class": "transactional", "trigger": {"at": "2026-12-24 10:00"}, "steps": [{"send": "hello"}]}
RAIN = {"id": "rain", "class": "transactional", "trigger": {"event": "rain_started"}, "steps": [{"send": "hello"}]}
PEOPLE = [digest("profile", str(number)) for number in range(3)]


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    found: Any = [("journey", each["id"], each) for each in (EVE, RAIN)]
    deployment.drafts = small_drafts(*found, ("segment", "vips", segment("vips")))
    deployment.drafts.put("brand", "brand", brand(timezone="Asia/Seoul"))
    for profile in PEOPLE:
        deployment.keep(Profile(profile, NOW))
    return deployment


def test_publishing_asks_nothing_begins_nothing_and_tells_how_to_confirm(
    kairos: Run, deployment: MemoryDeployment, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer("")
    assert kairos("publish", "eve") == 0
    (walk,) = deployment.walks.all()
    assert f"nothing starts before you say `kairos walks confirm {walk.id}`" in capsys.readouterr().out
    assert (walk.state, deployment.rounds.called) == ("waiting", set())
    assert kairos("walks") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "eve to whom it is for, at 2026-12-24 10:00" in told
    assert f"`kairos walks confirm {walk.id}`, before 2026-12-24 01:00 UTC" in told


def test_confirming_tells_count_and_cost_and_asks_first(
    kairos: Run, deployment: MemoryDeployment, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "eve")
    (walk,) = deployment.walks.all()
    answer("n\n")
    assert kairos("walks", "confirm", walk.id) == 1
    assert "3 profiles to look at: less than 0.01 USD" in capsys.readouterr().err
    assert deployment.walks.all() == [walk]
    answer("y\n")
    assert kairos("walks", "confirm", walk.id[:15]) == 0
    assert "from 2026-12-24 01:00 UTC" in capsys.readouterr().out
    assert deployment.walks.all()[0].state == "going"
    assert kairos("walks", "confirm", walk.id, "--yes") == 0


def test_a_walk_that_waits_for_nobody_is_not_confirmed(kairos: Run, deployment: MemoryDeployment) -> None:
    kairos("publish", "rain")
    kairos("signal", "rain_started")
    (walk,) = deployment.walks.all()
    assert kairos("walks", "confirm", walk.id, "--yes") == 1
    assert kairos("walks", "confirm", "20261224", "--yes") == 1


def test_a_missed_broadcast_says_so_in_the_list(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    kairos("publish", "eve")
    (walk,) = deployment.walks.all()
    deployment.walks.rows[walk.id] = replace(walk, confirm_by=NOW)
    capsys.readouterr()
    kairos("walks")
    assert "nobody confirmed it: it starts nobody" in capsys.readouterr().out


def test_a_signal_to_few_asks_nobody_and_is_one_under_its_id(
    kairos: Run, deployment: MemoryDeployment, answer: Any
) -> None:
    answer("")
    kairos("publish", "rain")
    words = ("signal", "rain_started", "--where", "{trait: region, eq: Busan}", "--property", "mm=7", "--id", "r1")
    assert kairos(*words, "--fresh-for", "2h") == 0
    assert kairos(*words) == 0
    (walk,) = deployment.walks.all()
    assert walk.what["where"] == {"trait": "region", "eq": "Busan"}
    assert (walk.what["properties"], walk.what["fresh_for"]) == ({"mm": 7}, 7200)


def test_a_signal_to_many_is_confirmed_first(
    kairos: Run, deployment: MemoryDeployment, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "--all")
    for number in range(1000):
        deployment.keep(Profile(digest("more", str(number)), NOW))
    answer("n\n")
    assert kairos("signal", "rain_started", "--segment", "vips") == 1
    assert "rain_started to everybody in vips" in capsys.readouterr().err
    assert [walk.about for walk in deployment.walks.all()] == ["campaign"]


def test_a_wrong_signal_is_refused(kairos: Run, deployment: MemoryDeployment) -> None:
    kairos("publish", "rain")
    assert kairos("signal", "rain_started", "--segment", "nobody") == 1
    assert kairos("signal", "rain_started", "--fresh-for", "soon") == 1
    assert kairos("signal", "rain_started", "--property", "mm") == 1
    assert deployment.walks.all() == []


def test_customers_are_entered_by_any_of_their_names(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("publish", "rain")
    assert kairos("enter", "rain", *PEOPLE[:2], "--property", "note=first") == 0
    (walk,) = deployment.walks.all()
    assert (walk.about, walk.what["profiles"], walk.what["properties"]) == ("enter", PEOPLE[:2], {"note": "first"})
    assert "rain for 2 customers" in capsys.readouterr().out
    assert kairos("enter", "rain", "nobody@example.com") == 1


def test_properties_are_json_where_they_can_be() -> None:
    assert read_properties(["mm=7", "kind=heavy rain", "warm=false", "x=a=b"]) == {
        "mm": 7,
        "kind": "heavy rain",
        "warm": False,
        "x": "a=b",
    }
    with pytest.raises(CannotDo):
        read_properties(["=7"])


def test_a_condition_is_yaml() -> None:
    assert read_condition("{trait: tier, in: [vip, gold]}") == {"trait": "tier", "in": ["vip", "gold"]}
    with pytest.raises(CannotDo):
        read_condition("{trait: yes")
