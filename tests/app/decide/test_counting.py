"""What is counted, in any order of arrival: behaviour, journeys and messages."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.domain.condition import Did, parse_condition
from tests.app.decide.world import NOON, World, make_event

H, D = timedelta(hours=1), timedelta(days=1)


def deciding(condition: Any) -> dict[str, Any]:
    """Return a journey that says by a template whether a condition holds."""
    arms = [{"if": condition, "steps": [{"send": "hello"}]}, {"else": [{"send": "second"}]}]
    always = {"trigger": {"event": "ask"}, "reenter": "always", "steps": [{"branch": arms}]}
    return {"id": "asking", "class": "transactional", **always}


def answer(world: World, at: Any) -> bool:
    world.hear(make_event("ask", at))
    return world.sent[-1] == "hello"


def times_of(world: World, condition: Any) -> tuple[Any, ...]:
    did = parse_condition(condition)
    assert isinstance(did, Did)
    return world.known.counters[did.key].times


VIEWED = {"did": "viewed", "times": {"gte": 3}, "within": "7d", "where": {"field": "category", "eq": "shoes"}}


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_late_reordered_and_repeated_events_around_a_windows_edge_count_as_in_time(order: tuple[int, ...]) -> None:
    views = [make_event("viewed", NOON + n * H, properties={"category": "shoes"}) for n in range(4)]
    world = World(deciding(VIEWED))
    world.hear(*(views[index] for index in order), views[order[0]], at=NOON + 4 * H)
    world.hear(views[order[-1]], at=NOON + 5 * H)
    assert times_of(world, VIEWED) == tuple(view.occurred_at for view in views)
    assert answer(world, NOON + 7 * D + H - timedelta(microseconds=1))  # the second leaves the window an instant later
    assert not answer(world, NOON + 7 * D + H)


def test_other_values_and_other_events_are_not_counted() -> None:
    world = World(deciding(VIEWED))
    world.hear(make_event("viewed", NOON, properties={"category": "hats" * 10_000}))
    world.hear(make_event("bought", NOON, properties={"category": "shoes"}))
    assert world.known.counters == {}


def test_only_the_last_times_that_a_condition_compares_with_are_kept() -> None:
    world = World(deciding(VIEWED))
    views = [make_event("viewed", NOON + n * H, properties={"category": "shoes"}) for n in range(10)]
    world.hear(*views, at=NOON + 10 * H)
    assert times_of(world, VIEWED) == tuple(view.occurred_at for view in views[-4:])


def test_a_date_in_a_counted_event_is_looked_at_as_of_the_event_however_late_it_comes() -> None:
    soon = {"did": "quoted", "where": {"field": "travels_on", "within": "+7d"}}
    world = World(deciding(soon))
    quoted = make_event("quoted", NOON, properties={"travels_on": "2026-03-05"}, received_at=NOON + 5 * D)
    world.hear(quoted)
    assert times_of(world, soon) == (NOON,)


def test_the_event_that_triggers_is_counted_before_its_journey_is_decided() -> None:
    first = {"did": "ask", "times": {"eq": 1}}
    world = World(deciding(first))
    assert [answer(world, NOON), answer(world, NOON + H)] == [True, False]


WELCOME: dict[str, Any] = {
    "id": "welcome",
    "class": "transactional",
    "trigger": {"event": "joined"},
    "reenter": "always",
    "goal": {"event": "ordered", "within": "1d"},
    "exit": {"event": "left"},
    "steps": [{"wait": "1h"}, {"send": "third"}, {"wait": "1h"}],
}


@pytest.mark.parametrize(
    "then,was",
    [([], "completed"), (["ordered"], "converted"), (["left"], "exited")],
)
def test_a_journey_is_counted_by_what_became_of_its_passage(then: list[str], was: str) -> None:
    world = World(WELCOME, deciding({"all": [{"journey": "welcome", "was": was}, {"journey": "welcome"}]}))
    assert not answer(world, NOON)
    world.hear(make_event("joined", NOON + H))
    assert not answer(world, NOON + H)
    world.hear(*(make_event(name, NOON + 2 * H) for name in then), at=NOON + 2 * H)
    assert answer(world, NOON + 4 * H)
    others = {"completed", "converted", "exited"} - {was} - ({"exited"} if was == "converted" else set())
    asked = {parse_condition({"journey": "welcome", "was": other}).key for other in others}  # type: ignore[attr-defined]
    assert not asked & set(world.known.counters)


def test_a_message_is_counted_by_its_template_once_whoever_reports_it_and_how_often() -> None:
    sent = {"message": "third", "times": {"gte": 2}, "within": "30d"}
    clicked = {"message": "third", "was": "clicked"}
    world = World(WELCOME, deciding({"all": [sent, clicked]}))
    world.hear(make_event("joined", NOON))
    world.live_until(NOON + 3 * H)
    (message,) = world.known.posted
    again = [world.report(message, "message_sent", id=f"again{n}") for n in range(3)]
    machine = world.report(message, "message_clicked", properties={"machine": True}, id="machine")
    world.hear(*again, machine, at=NOON + 4 * H)
    assert len(times_of(world, sent)) == 1
    assert parse_condition(clicked).key not in world.known.counters  # type: ignore[attr-defined]
    world.hear(*(world.report(message, "message_clicked", id=f"click{n}") for n in range(2)), at=NOON + 5 * H)
    assert len(times_of(world, clicked)) == 1
    assert not answer(world, NOON + 5 * H)
    world.hear(make_event("joined", NOON + 6 * H))
    assert answer(world, NOON + 9 * H)
