"""Stages in journeys: known ahead, changing by time alone, exactly on the day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from kairos.app.definitions.segment import check_segment
from kairos.domain.condition import stage_of
from tests.app.decide.world import NOON, World, make_event

D = timedelta(days=1)
WIN_BACK = {
    "id": "win-back",
    "class": "transactional",
    "trigger": {"segment": "leaving", "on": "entered"},
    "steps": [{"send": "hello"}],
}
LEAVING = {"leaving": {"stage": "at_risk"}}


def world_of(*journeys: dict[str, Any], **release: Any) -> World:
    world = World(*journeys, **release)
    for n in range(7):
        world.hear(make_event("order_completed", NOON + 14 * n * D))
    return world


def course(world: World) -> tuple[str, date, date]:
    assert world.profile is not None
    stage, at_risk, lapsed = world.profile.course
    return stage, date.fromordinal(at_risk), date.fromordinal(lapsed)


def test_who_becomes_at_risk_is_reached_on_that_day_though_nothing_happens() -> None:
    world = world_of(WIN_BACK, segments=LEAVING)
    stage, at_risk, lapsed = course(world)
    assert stage == "steady"
    assert (NOON + 84 * D).date() < at_risk < lapsed
    world.live_until(NOON + 700 * D)
    assert world.messages == [
        (datetime(at_risk.year, at_risk.month, at_risk.day, tzinfo=NOON.tzinfo), "hello", "email")
    ]


def test_an_order_moves_the_day_and_tells_of_a_return() -> None:
    world = world_of(WIN_BACK, segments=LEAVING)
    _, at_risk, lapsed = course(world)
    world.hear(make_event("order_completed", NOON + 98 * D))
    assert course(world)[1] > at_risk
    world.hear(make_event("order_completed", datetime(lapsed.year + 1, 1, 1, tzinfo=NOON.tzinfo)))
    assert course(world)[0] == "returned"
    assert [template for _, template, _ in world.messages] == ["hello"]


def test_the_shop_says_from_which_chance_on_somebody_is_at_risk() -> None:
    early = course(world_of(WIN_BACK, segments=LEAVING, brand={"timing": {"stages": {"at_risk": "30%"}}}))
    usual = course(world_of(WIN_BACK, segments=LEAVING))
    assert early[1] < usual[1]
    assert early[2] == usual[2]


def test_nothing_is_kept_where_nothing_asks_for_stages_and_it_is_known_once_something_does() -> None:
    branch = {
        **WIN_BACK,
        "trigger": {"event": "asked"},
        "steps": [{"branch": [{"if": {"stage": "steady"}, "steps": []}]}],
    }
    world = world_of({**WIN_BACK, "trigger": {"event": "asked"}}, brand={"timing": {"keep": ["rhythm"]}})
    assert world.profile is not None
    assert world.profile.course == []
    world.edit(branch)
    world.hear(make_event("asked", NOON + 90 * D))
    assert stage_of(world.profile, (NOON + 90 * D).date().toordinal()) == "steady"


@pytest.mark.parametrize("wrong", ["gone", [], ["new", "old"], 7, None, {"in": ["new"]}])
def test_a_stage_that_there_is_not_is_refused(wrong: Any) -> None:
    (problem,) = check_segment({"id": "x", "where": {"stage": wrong}})
    assert "at_risk" in str(problem)
