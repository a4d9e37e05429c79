"""How well timed messages are: said once a message and once a day, from what the item knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.decide.timeliness import middle_of
from kairos.domain.reason import ALL_MARKETING
from tests.app.decide.world import NOON, World, booking, make_event

H, M, D = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
HOURS = {"timing": {"keep": ["hours"]}}
GREET = {"id": "greet", "class": "transactional", "trigger": {"event": "asked"}, "steps": [{"send": "hello"}]}


def visited(days: int = 6, **release: Any) -> World:
    """Return a world whose customer came at 12:30 on each of the last days, the last one yesterday's."""
    world = World({**GREET, "reenter": "always"}, brand=HOURS, now=NOON - 20 * D, **release)
    for n in range(days, 0, -1):
        world.hear(make_event("page_viewed", NOON - n * D + 30 * M))
    return world


def said(world: World, kind: str) -> list[str]:
    return [reason.reason for reason in world.reasons if reason.kind == kind]


@pytest.mark.parametrize(
    ("hours", "middle"),
    [([12] * 5, 12.5), ([23, 0] * 4, 0.0), ([9, 10, 11] * 2, 10.5), ([12] * 4, None), ([0, 6, 12, 18] * 3, None)],
)
def test_the_middle_of_the_day_is_circular_and_only_there_where_it_is_clear(hours: list[int], middle: Any) -> None:
    found = middle_of([(hour + 24 * (place % 7), 1) for place, hour in enumerate(hours)])
    assert found is None if middle is None else min(abs(found - middle), 24 - abs(found - middle)) < 1e-6


def test_a_message_says_once_how_far_off_it_went_and_its_answer_how_long_after() -> None:
    world = visited()
    world.hear(make_event("asked", NOON + 4 * H))
    assert said(world, "aimed") == ["4h 1/3"], "neither the hour nor (a Monday) the weekday, but they were here lately"
    assert world.profile is not None
    (message,) = world.profile.posted
    for minutes in (40, 50):
        world.hear(world.report(message, "message_clicked", NOON + 4 * H + minutes * M, id=f"click{minutes}"))
    assert said(world, "answered") == ["1h 4h"]
    answer = next(reason for reason in world.reasons if reason.kind == "answered")
    assert (answer.journey, answer.step, answer.channel) == ("greet", "hello-1", "email")


def test_a_visit_before_the_provider_reported_answers_at_an_unknown_distance() -> None:
    world = visited(reporting=False)
    world.hear(make_event("asked", NOON))
    world.hear(make_event("page_viewed", NOON + 2 * M))
    assert said(world, "aimed") == []
    assert said(world, "answered") == ["5m unknown"]


def test_days_are_counted_once_and_a_customer_once_a_month() -> None:
    world = visited(3)
    world.hear(make_event("page_viewed", NOON - D + 40 * M, id="again"))
    assert said(world, "active") == ["first", "again", "first"], "27 and 28 February, and the first of March"
    active = next(reason for reason in world.reasons if reason.kind == "active")
    assert active.journey == ALL_MARKETING


def test_answers_within_thirty_days_are_one_spell() -> None:
    world = visited()
    for days in (0, 10, 60, 61):
        world.hear(make_event("asked", NOON + days * D))
        world.hear(make_event("page_viewed", NOON + days * D + M))
    assert said(world, "engaged") == ["new", "+10", "new", "+1"]


def test_nothing_of_it_is_said_or_kept_where_items_keep_no_hours_and_none_of_it_is_logged() -> None:
    plain = World(GREET)
    plain.hear(make_event("page_viewed", NOON))
    plain.hear(make_event("asked", NOON + M))
    assert plain.profile is not None
    assert plain.profile.pulse == []
    assert not {"active", "aimed"} & {reason.kind for reason in plain.reasons}
    world = visited()
    world.hear(make_event("asked", NOON))
    assert world.profile is not None
    assert not {"active", "aimed"} & {reason.kind for reason in world.profile.log}


def test_what_a_file_tells_of_old_visits_is_no_activity() -> None:
    world = World(GREET, brand=HOURS)
    world.hear(make_event("page_viewed", NOON, historical=True))
    assert said(world, "active") == []


# ---- when goals are reached --------------------------------------------------------------------------------------


def reached(world: World) -> list[str]:
    return world.said("responded")


def test_a_goal_says_how_many_local_days_before_or_after_the_moment_it_was_reached() -> None:
    care = {
        "id": "care",
        "class": "transactional",
        "anchor": {"entry": "booking"},
        "timeline": [{"at": "-14d 10:00", "send": "hello"}, {"at": "+3d 10:00", "send": "second"}],
        "goal": {"event": "bag_bought", "within": "60d"},
    }
    for away, expected in ((-9, "-9d"), (0, "+0d"), (2, "+2d")):
        world = World(care)
        world.hear(booking(NOON, NOON + 20 * D))
        world.hear(make_event("bag_bought", NOON + (20 + away) * D + H, received_at=NOON + (20 + away) * D + 5 * H))
        assert reached(world) == [expected], "when it happened, not when it was heard"


def test_a_goal_of_a_triggered_journey_says_how_long_after_it_began_and_who_was_held_out() -> None:
    cart = {
        "id": "cart",
        "class": "marketing",
        "trigger": {"event": "go"},
        "steps": [{"wait": "9d"}, {"send": "hello"}],
    }
    for holdout, expected in (("0%", "3h"), ("99%", "3h holdout")):
        world = World(cart | {"goal": {"event": "bought", "within": "8d"}, "holdout": holdout})
        world.hear(make_event("go"))
        world.hear(make_event("bought", NOON + 2 * H))
        world.hear(make_event("bought", NOON + 3 * H))
        assert reached(world) == [expected], "once a passage"
        assert all(reason.kind != "responded" for reason in world.known.log)
