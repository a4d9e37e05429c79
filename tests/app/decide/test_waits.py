"""A wait that is worked out anew, and whose time is over then: it follows what its author said of a past time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.app.decide.test_pauses import paused_from
from tests.app.decide.test_versions import publish, stepped, take_along
from tests.app.decide.world import NOON, World, booking, cancelled, make_event

H, D = timedelta(hours=1), timedelta(days=1)
OVER = "its date was over"


def dated(date: str = "2026-03-03", **more: Any) -> dict[str, Any]:
    return stepped({"wait_until": {"date": date, "time": "00:30", **more}, "id": "day"}, {"send": "hello"})


def gone(journey: dict[str, Any]) -> World:
    life = World(journey)
    life.hear(make_event("go"))
    return life


def moved_to_seoul(journey: dict[str, Any]) -> World:
    """Where it is the third of March, 08:00, when the customer turns out to live there."""
    life = gone(journey)
    life.hear(make_event("profile_updated", NOON + 11 * H, traits={"timezone": "Asia/Seoul"}))
    life.live_until(NOON + 9 * D)
    return life


def paused_over_it(journey: dict[str, Any]) -> World:
    life = paused_from(gone(journey), 4 * H, 5 * D, "replan")
    life.live_until(NOON + 9 * D)
    return life


def taken_along_into_the_past(journey: dict[str, Any]) -> World:
    life = gone(dated("2026-03-08"))
    life.live_until(NOON + H)
    past = journey["steps"][0]["wait_until"] | {"date": "2026-03-01"}
    publish(life, journey | {"steps": [{"wait_until": past, "id": "day"}, *journey["steps"][1:]]})
    take_along(life)
    life.live_until(NOON + 9 * D)
    return life


WAYS = [moved_to_seoul, paused_over_it, taken_along_into_the_past]


@pytest.mark.parametrize("way", WAYS)
def test_a_date_that_is_over_then_sends_nothing(way: Any) -> None:
    life = way(dated())
    assert life.sent == []
    assert life.said("exited") == [OVER]


@pytest.mark.parametrize("way", WAYS)
def test_a_date_that_may_be_late_goes_on_at_once_and_once(way: Any) -> None:
    life = way(dated(if_past="send_now"))
    assert life.sent == ["hello"]
    assert life.said("exited") == ["finished"]


def test_a_moment_that_does_not_come_any_more_is_waited_for_by_nobody() -> None:
    """The booking was cancelled while its day was waited for; a new zone works the wait out anew."""
    life = World(stepped({"wait_until": {"moment": {"entry": "booking"}}}, {"send": "hello"}))
    life.hear(booking(NOON, NOON + 5 * D), make_event("go"))
    life.hear(cancelled(NOON + H))
    life.hear(make_event("profile_updated", NOON + 2 * H, traits={"timezone": "Asia/Seoul"}))
    life.live_until(NOON + 9 * D)
    assert life.sent == []
    assert life.said("exited") == ["no such moment comes"]
