"""Journeys that start where another goes so far."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.app.decide.world import NOON, World, booking, cancelled, make_event

M, D = timedelta(minutes=1), timedelta(days=1)


def first(**more: Any) -> dict[str, Any]:
    return {
        "id": "first",
        "class": "transactional",
        "trigger": {"event": "signed_up"},
        "steps": [{"wait": "1d"}, {"send": "hello"}],
        "goal": {"event": "bought"},
        "exit": [{"event": "left"}],
        **more,
    }


def second(on: str, journey: str = "first", **more: Any) -> dict[str, Any]:
    return {
        "id": f"on-{on}",
        "class": "transactional",
        "trigger": {"journey": journey, "on": on},
        "steps": [{"wait": "10m"}, {"send": "second"}],
        **more,
    }


FOLLOWERS = [second(on) for on in ("entered", "completed", "exited", "goal")]


def entered(world: World) -> list[str]:
    return [reason.journey for reason in world.reasons if reason.kind == "entered"]


def test_entering_starts_what_follows_on_it() -> None:
    world = World(first(), *FOLLOWERS)
    world.hear(make_event("signed_up"))
    assert entered(world) == ["first", "on-entered"]


def test_walking_to_the_end_starts_what_follows_on_it_exactly_then() -> None:
    world = World(first(), *FOLLOWERS)
    world.hear(make_event("signed_up"))
    world.live_until(NOON + 2 * D)
    assert entered(world) == ["first", "on-entered", "on-completed"]
    assert (NOON + D + 10 * M, "second", "email") in world.messages


def test_a_late_wake_up_does_not_move_what_follows() -> None:
    world = World(first(), second("completed"))
    world.hear(make_event("signed_up"))
    world.wake(NOON + D + 5 * M)
    assert world.due == NOON + D + 10 * M


def test_an_exit_and_a_goal_each_start_what_follows_on_them_and_nothing_else() -> None:
    for event, follower in (("left", "on-exited"), ("bought", "on-goal")):
        world = World(first(), *FOLLOWERS)
        world.hear(make_event("signed_up"))
        world.hear(make_event(event, NOON + M))
        world.live_until(NOON + 3 * D)
        assert entered(world) == ["first", "on-entered", follower]


def test_a_goal_after_the_end_starts_what_follows_on_goals_too() -> None:
    world = World(first(), second("goal"))
    world.hear(make_event("signed_up"))
    world.hear(make_event("bought", NOON + 3 * D))
    assert entered(world) == ["first", "on-goal"]


def test_who_is_held_out_starts_nothing() -> None:
    world = World(first(holdout="100%"), *FOLLOWERS)
    world.hear(make_event("signed_up"))
    world.hear(make_event("bought", NOON + M))
    assert world.said("converted") == ["in holdout"]
    assert entered(world) == []


def test_a_passage_started_afresh_has_entered_once() -> None:
    world = World(first(restart=True), second("entered", reenter="always"), second("exited"))
    for minute in range(3):
        world.hear(make_event("signed_up", NOON + minute * 15 * M))
    assert entered(world) == ["first", "on-entered", "first", "first"]


def test_an_imported_goal_starts_nothing() -> None:
    world = World(first(), second("goal"))
    world.hear(make_event("signed_up"))
    world.hear(make_event("bought", NOON + M, historical=True))
    assert (entered(world), world.said("ignored")) == (["first"], ["historical"])


def test_a_goal_that_comes_too_late_starts_nothing() -> None:
    world = World(first(), second("goal"))
    world.hear(make_event("signed_up"))
    world.hear(make_event("bought", NOON + M, received_at=NOON + 2 * D))
    assert (entered(world), world.said("ignored")) == (["first"], ["too old"])


def test_a_circle_of_journeys_comes_around_once() -> None:
    ring = {"class": "transactional", "reenter": "always", "steps": [{"send": "hello"}]}
    one = {"id": "one", "trigger": [{"event": "go"}, {"journey": "two", "on": "completed"}], **ring}
    two = {"id": "two", "trigger": {"journey": "one", "on": "completed"}, "entries": {"max": 9, "per": "1d"}, **ring}
    world = World(one, two)
    world.hear(make_event("go"))
    assert entered(world) == ["one", "two", "one"]


def test_a_journey_that_follows_its_own_end_asks_again_and_again_until_an_exit() -> None:
    trigger = [{"event": "signed_up"}, {"journey": "first", "on": "completed"}]
    steps = [{"wait": "700d"}, {"send": "hello"}]
    world = World(first(trigger=trigger, reenter={"after": "1m"}, restart=True, steps=steps))
    world.hear(make_event("signed_up"))
    world.hear(make_event("signed_up", NOON + 10 * D), at=NOON + 10 * D)
    world.live_until(NOON + 2200 * D)
    assert [at for at, _, _ in world.messages] == [NOON + 710 * D, NOON + 1410 * D, NOON + 2110 * D]
    world.hear(make_event("left", NOON + 2200 * D), at=NOON + 2200 * D)
    world.live_until(NOON + 4000 * D)
    assert len(world.messages) == 3


def test_the_subject_comes_along_where_both_name_the_same_property() -> None:
    cart = {"subject": "cart_id", "trigger": {"event": "cart_updated"}}
    other = second("goal", subject="order_id")
    world = World(first(**cart), second("completed", subject="cart_id"), other, second("entered"))
    for number in (1, 2):
        properties = {"cart_id": f"c{number}", "order_id": "o7"}
        world.hear(make_event("cart_updated", NOON + number * M, properties=properties))
    world.hear(make_event("bought", NOON + 5 * M, properties={"cart_id": "c2"}))
    world.live_until(NOON + 2 * D)
    subjects = [(reason.journey, reason.subject) for reason in world.reasons if reason.kind == "entered"]
    assert subjects == [("first", "c1"), ("on-entered", ""), ("first", "c2"), ("on-goal", "o7"), ("on-completed", "c1")]


def test_the_order_that_is_one_journeys_goal_does_not_keep_its_follower_from_starting() -> None:
    world = World(first(), second("goal", goal={"event": "bought"}))
    world.hear(make_event("signed_up"))
    world.hear(make_event("bought", NOON + M))
    assert entered(world) == ["first", "on-goal"]


def test_a_cancelled_booking_is_a_timeline_left_and_a_moved_one_is_not() -> None:
    care = {
        "id": "care",
        "class": "transactional",
        "anchor": {"entry": "booking"},
        "timeline": [{"at": "-1d", "send": "hello"}],
    }
    world = World(care, second("entered", "care"), second("exited", "care"))
    world.hear(booking(NOON, NOON + 9 * D))
    world.hear(booking(NOON + M, NOON + 8 * D))
    assert entered(world) == ["care", "on-entered"]
    world.hear(cancelled(NOON + 2 * M))
    assert entered(world) == ["care", "on-entered", "on-exited"]


def test_how_often_a_journey_was_entered_can_be_asked() -> None:
    asked = {"did": "journey_entered", "times": {"gte": 2}, "where": {"field": "journey", "eq": "first"}}
    other = first(id="other", trigger={"event": "poked", "where": asked})
    world = World(first(reenter="always", steps=[{"stop": "done"}]), other)
    for hour in range(2):
        world.hear(make_event("signed_up", NOON + hour * M))
        world.hear(make_event("poked", NOON + hour * M + M / 2))
    assert entered(world) == ["first", "first", "other"]
