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
