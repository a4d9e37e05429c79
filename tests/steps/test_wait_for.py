from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kairos.domain.decision import Go, Park
from kairos.domain.errors import BadDefinition
from kairos.domain.event import Event
from tests.app.decide.world import World, make_event
from tests.steps.stage import NOON, read, scene

H, D = timedelta(hours=1), timedelta(days=1)


def replied(at: datetime, **properties: Any) -> Event:
    return Event("e", "replied", "u1", at, at, properties)


def test_it_parks_until_the_time_is_over_and_goes_on_by_else() -> None:
    step, args = read({"wait_for": {"event": "replied", "timeout": "1d"}})
    assert step.enter(args, scene()) == Park(NOON + D)
    assert step.wake(args, scene()) == Go("else")


def test_the_awaited_event_goes_on_by_then_and_others_do_not_matter() -> None:
    step, args = read({"wait_for": {"event": "replied", "timeout": "1d", "where": {"field": "stars", "gte": 4}}})
    assert step.hear(args, scene(), replied(NOON + H, stars=5)) == Go("then")
    assert step.hear(args, scene(), replied(NOON + H, stars=3)) is None
    assert step.hear(args, scene(), replace(replied(NOON + H, stars=5), name="viewed")) is None
    assert step.hear(args, replace(scene(), matches=lambda event: False), replied(NOON + H, stars=5)) is None


@pytest.mark.parametrize(
    "after,heard", [(timedelta(0), True), (-H, False), (D, True), (D + timedelta(seconds=1), False)]
)
def test_only_what_happened_while_it_waited_counts(after: timedelta, heard: bool) -> None:
    step, args = read({"wait_for": {"event": "replied", "timeout": "1d"}})
    assert (step.hear(args, scene(), replied(NOON + after)) is not None) is heard


def test_then_and_else_are_its_ways_on() -> None:
    from kairos.domain.document import Document

    step, _ = read({"wait_for": {"event": "replied", "timeout": "1d"}})
    both = Document({"wait_for": {}, "then": [{"stop": "a"}], "else": []})
    assert [(way, len(steps)) for way, steps in step.blocks(both)] == [("then", 1), ("else", 0)]


JOURNEY = {
    "id": "j",
    "class": "transactional",
    "trigger": {"event": "go"},
    "steps": [
        {"wait_for": {"event": "replied", "timeout": "1d"}, "then": [{"send": "second"}], "else": [{"send": "third"}]},
        {"send": "hello"},
    ],
}


def test_both_ways_lead_on_to_what_follows() -> None:
    for answer, sent in ((True, ["second", "hello"]), (False, ["third", "hello"])):
        world = World(JOURNEY)
        world.hear(make_event("go"))
        if answer:
            world.hear(make_event("replied", NOON + H))
        world.live_until(NOON + 3 * D)
        assert world.sent == sent


def test_an_answer_at_the_very_end_of_the_time_comes_before_the_timer() -> None:
    world = World(JOURNEY)
    world.hear(make_event("go"))
    world.hear(make_event("replied", NOON + D))
    assert world.sent == ["second", "hello"]


def test_an_answer_after_the_time_is_too_late_even_where_the_wake_up_is_later() -> None:
    world = World(JOURNEY)
    world.hear(make_event("go"))
    world.decide([make_event("replied", NOON + D + H)], NOON + D + H)
    assert world.sent == ["third", "hello"]


def test_an_answer_in_time_that_arrives_before_the_late_wake_up_counts() -> None:
    world = World(JOURNEY)
    world.hear(make_event("go"))
    world.decide([make_event("replied", NOON + H, received_at=NOON + D + H)], NOON + D + H)
    assert world.sent == ["second", "hello"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"event": "e"},
        {"timeout": "1d"},
        {"event": "e", "timeout": 5},
        "replied",
        {"event": "e", "timeout": "1d", "x": 1},
    ],
)
def test_what_is_incomplete_is_refused(wrong: object) -> None:
    with pytest.raises(BadDefinition):
        read({"wait_for": wrong})


# ---- any of several --------------------------------------------------------------------------------------------

ANY = {
    "any": [
        {"event": "replied", "where": {"field": "stars", "gte": 4}, "then": [{"send": "second"}]},
        {"event": "replied", "then": [{"send": "third"}]},
        {"event": "called"},
    ],
    "timeout": "1d",
}


def any_journey(**other: Any) -> dict[str, Any]:
    steps = [{"wait_for": ANY, "else": [{"send": "moved"}]}, {"send": "hello"}]
    return {**JOURNEY, "steps": steps, **other}


@pytest.mark.parametrize(
    "event,sent",
    [
        (make_event("replied", NOON + H, properties={"stars": 5}), ["second", "hello"]),
        (make_event("replied", NOON + H), ["third", "hello"]),
        (make_event("called", NOON + H), ["hello"]),
        (make_event("viewed", NOON + H), ["moved", "hello"]),
        (make_event("called", NOON + D + H), ["moved", "hello"]),
    ],
)
def test_the_first_of_several_events_opens_its_own_path(event: Event, sent: list[str]) -> None:
    world = World(any_journey())
    world.hear(make_event("go"))
    world.decide([event], event.occurred_at)
    world.live_until(NOON + 3 * D)
    assert world.sent == sent


def test_only_the_first_answer_counts_however_they_are_repeated_and_reordered() -> None:
    stars, call = make_event("replied", NOON + H, properties={"stars": 5}), make_event("called", NOON + 2 * H)
    for arriving, sent in (([stars, call, stars], ["second", "hello"]), ([call, stars, call], ["hello"])):
        world = World(any_journey())
        world.hear(make_event("go"))
        world.decide([replace(event, received_at=NOON + 3 * H) for event in arriving], NOON + 3 * H)
        world.live_until(NOON + 3 * D)
        assert world.sent == sent


def test_an_exit_in_the_middle_of_waiting_closes_every_path() -> None:
    world = World(any_journey(exit=[{"event": "gone"}]))
    world.hear(make_event("go"))
    world.hear(make_event("gone", NOON + H))
    world.hear(make_event("called", NOON + 2 * H))
    world.live_until(NOON + 3 * D)
    assert world.sent == []


def test_who_waits_in_a_version_goes_on_by_its_paths_after_an_edit() -> None:
    world = World(any_journey())
    world.hear(make_event("go"))
    world.edit({**JOURNEY, "steps": [{"send": "hello"}]})
    world.hear(make_event("replied", NOON + H))
    assert world.sent == ["third", "hello"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"wait_for": {"any": [], "timeout": "1d"}},
        {"wait_for": {"any": [{"event": "a"}] * 11, "timeout": "1d"}},
        {"wait_for": {"any": [{"event": "a"}]}},
        {"wait_for": {"any": [{"event": "a"}], "event": "a", "timeout": "1d"}},
        {"wait_for": {"any": [{"event": "a"}], "where": {"field": "x", "eq": 1}, "timeout": "1d"}},
        {"wait_for": {"any": [{"event": "a", "else": []}], "timeout": "1d"}},
        {"wait_for": {"any": [{"event": "a"}], "timeout": "1d"}, "then": []},
        {"wait_for": {"any": {"event": "a"}, "timeout": "1d"}},
        {"wait_for": {"any": None, "timeout": "1d"}},
    ],
)
def test_several_events_in_a_wrong_form_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        read(wrong)
