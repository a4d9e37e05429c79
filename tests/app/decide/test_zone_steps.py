"""A step that sets the customer's time zone moves their local plans, as an event that says it does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.app.decide.world import NOON, World, booking, make_event

H, D = timedelta(hours=1), timedelta(days=1)
MOVES: dict[str, Any] = {
    "id": "moves",
    "trigger": {"event": "moved_house"},
    "steps": [{"update": {"timezone": "Asia/Seoul"}}, {"send": "moved"}],
    "class": "transactional",
}
CARE: dict[str, Any] = {
    "id": "care",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [{"at": "-1d 10:00", "send": "hello"}, {"at": "-2h", "send": "second"}],
}
MORNING: dict[str, Any] = {
    "id": "morning",
    "class": "transactional",
    "trigger": {"event": "go"},
    "steps": [{"wait_until": {"time": "09:00"}}, {"send": "third"}],
}


def test_a_step_that_sets_the_zone_moves_local_clocks_and_no_elapsed_time() -> None:
    life = World(MOVES, CARE, MORNING)
    life.hear(booking(NOON, NOON + 3 * D), make_event("go"))
    life.hear(make_event("moved_house", NOON + H))
    moved = [(reason.journey, reason.step, reason.due) for reason in life.reasons if reason.kind == "moved"]
    assert moved == [
        ("morning", "wait_until-1", NOON + 12 * H),
        ("care", "hello-1", NOON + 2 * D - 11 * H),
    ]
    life.live_until(NOON + 5 * D)
    assert life.messages == [
        (NOON + H, "moved", "email"),
        (NOON + 12 * H, "third", "email"),
        (NOON + 2 * D - 11 * H, "hello", "email"),
        (NOON + 3 * D - 2 * H, "second", "email"),
    ]


def test_setting_the_zone_that_is_known_already_moves_nothing() -> None:
    life = World(MOVES, MORNING)
    life.hear(make_event("profile_updated", traits={"timezone": "Asia/Seoul"}), make_event("go"))
    due = life.due
    life.hear(make_event("moved_house", NOON + H))
    assert life.due == due
    assert life.said("moved") == []


def test_a_passage_that_sets_its_own_zone_waits_on_the_new_clock() -> None:
    steps = [{"update": {"timezone": "Asia/Seoul"}}, {"wait_until": {"time": "09:00"}}, {"send": "third"}]
    life = World({**MORNING, "steps": steps})
    life.hear(make_event("go"))
    life.live_until(NOON + 5 * D)
    assert life.messages == [(NOON + 12 * H, "third", "email")]
