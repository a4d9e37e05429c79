"""How a passage ends, and what it takes back when it does."""

from __future__ import annotations

import pytest

from tests.app.decide.test_passages import D, H, M, cart, journey
from tests.app.decide.world import NOON, World, make_event


def test_the_goal_ends_the_passage_at_once_and_counts() -> None:
    world = World(journey(goal={"event": "order_completed", "within": "7d"}))
    world.hear(cart())
    world.hear(make_event("order_completed", NOON + 10 * M))
    world.live_until(NOON + D)
    assert world.messages == []
    assert world.said("converted") == [""]
    assert world.said("exited") == ["goal reached"]


def test_a_goal_after_the_passage_ended_still_counts_within_its_window_and_once() -> None:
    world = World(journey(goal={"event": "order_completed", "within": "7d"}))
    world.hear(cart())
    world.live_until(NOON + H)
    assert world.said("exited") == ["finished"]
    world.hear(make_event("order_completed", NOON + 7 * D))
    world.hear(make_event("order_completed", NOON + 7 * D, id="another"))
    assert world.said("converted") == [""]


def test_a_goal_after_its_window_does_not_count() -> None:
    world = World(journey(goal={"event": "order_completed", "within": "7d"}))
    world.hear(cart())
    world.hear(make_event("order_completed", NOON + 7 * D + M))
    assert world.said("converted") == []


def test_a_goal_after_its_window_still_stops_what_is_to_come_and_does_not_count() -> None:
    world = World(journey({"wait": "30d"}, {"send": "hello"}, goal={"event": "order_completed", "within": "7d"}))
    world.hear(cart())
    world.hear(make_event("order_completed", NOON + 20 * D))
    world.live_until(NOON + 40 * D)
    assert world.messages == []
    assert world.said("converted") == []
    assert world.said("exited") == ["goal reached, after its window"]


@pytest.mark.parametrize("name", ["order_completed", "cart_emptied"])
def test_a_goal_or_exit_takes_back_the_last_message_too_while_it_is_not_out(name: str) -> None:
    ends = {"goal": {"event": "order_completed"}, "exit": [{"event": "cart_emptied"}]}
    world = World(journey({"send": "hello"}, **ends), reporting=False)
    world.hear(cart())
    assert world.said("exited") == ["finished"]
    assert len(world.known.messages) == 1
    world.hear(make_event(name, NOON + M))
    assert world.known.messages == {}
    assert world.said("not_sent") == ["goal reached" if name == "order_completed" else "exit: cart_emptied"]
    assert world.said("exited") == ["finished"]


def test_an_exit_during_a_month_of_waiting_ends_the_passage_and_its_timer() -> None:
    world = World(journey({"wait": "30d"}, {"send": "hello"}, exit=[{"event": "unsubscribed"}]))
    world.hear(cart())
    world.hear(make_event("unsubscribed", NOON + 12 * D))
    assert world.due is None
    world.live_until(NOON + 60 * D)
    assert world.messages == []
    assert world.said("exited") == ["exit: unsubscribed"]
