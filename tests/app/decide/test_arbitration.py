"""Several messages for one place under a cap: which goes, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.event import Event
from tests.app.decide.world import NOON, World, make_event

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ONE = {"caps": [{"channel": "any", "max": 1, "per": "1d"}]}


def wants(id: str, priority: int | None = None, *, event: str = "", **send: Any) -> dict[str, Any]:
    """Return a journey that sends one e-mail on its event, as its priority has it."""
    step = {"send": "hello", "channel": "email", **send}
    own = {} if priority is None else {"priority": priority}
    return {"id": id, "class": "marketing", "trigger": {"event": event or id}, "steps": [step], **own}


def went(world: World) -> list[str]:
    return [reason.journey for reason in world.reasons if reason.kind == "message"]


def said(world: World, journey: str) -> list[tuple[str, str]]:
    known = ("message", "held", "not_sent")
    return [(one.kind, one.reason) for one in world.reasons if one.journey == journey and one.kind in known]


@pytest.mark.parametrize("order", list(permutations(["a", "b", "c"])))
def test_of_messages_in_one_decision_the_highest_priority_goes_in_any_order(order: Sequence[str]) -> None:
    world = World(wants("a", 10), wants("b", 90), wants("c", 40), brand=ONE)
    world.hear(*(make_event(name) for name in order))
    assert went(world) == ["b"]
    for loser in "ac":
        assert said(world, loser) == [("not_sent", "frequency cap, another message goes first")]


@pytest.mark.parametrize("order", list(permutations(["a", "b", "c"])))
def test_equals_go_by_due_time_and_then_always_the_same_one(order: Sequence[str]) -> None:
    world = World(wants("a"), wants("b"), wants("c"), brand=ONE)
    world.hear(*(make_event(name, id=name) for name in order))
    again = World(wants("a"), wants("b"), wants("c"), brand=ONE)
    again.hear(*(make_event(name, id=name) for name in sorted(order)))
    assert went(world) == went(again)
    assert len(went(world)) == 1


def test_a_step_may_matter_more_than_its_journey() -> None:
    world = World(
        wants("a", 90), {**wants("b", 10), "steps": [{"send": "hello", "channel": "email", "priority": 95}]}, brand=ONE
    )
    world.hear(make_event("a"), make_event("b"))
    assert went(world) == ["b"]


def test_messages_that_fall_due_together_compete_whatever_was_planned_first() -> None:
    late = {**wants("late", 80), "steps": [{"wait": "1h"}, {"send": "hello", "channel": "email"}]}
    soon = {**wants("soon", 20), "steps": [{"wait": "2h"}, {"send": "hello", "channel": "email"}]}
    world = World(late, soon, brand=ONE)
    world.hear(make_event("soon", NOON))
    world.hear(make_event("late", NOON + H))
    world.live_until(NOON + 3 * H)
    assert went(world) == ["late"]


def test_what_was_asked_for_before_is_not_taken_back_for_what_matters_more() -> None:
    world = World(wants("a", 10), wants("b", 90), brand=ONE, reporting=False)
    world.hear(make_event("a"))
    world.hear(make_event("b", NOON + M))
    assert went(world) == ["a"]
    assert said(world, "b") == [("not_sent", "frequency cap")]


def test_who_yields_and_says_hold_waits_for_the_next_place() -> None:
    world = World(wants("a", 10, over_cap="hold", expires="3d"), wants("b", 90), brand=ONE)
    world.hear(make_event("a"), make_event("b"))
    (held,) = world.known.messages.values()
    assert (held.journey, held.until) == ("a", NOON + D)
    world.live_until(NOON + 2 * D)
    assert went(world) == ["b", "a"]
    assert world.messages[1][0] == NOON + D


def test_who_yields_and_says_switch_takes_the_next_channel() -> None:
    email = {"caps": [{"channel": "email", "max": 1, "per": "1d"}]}
    world = World({**wants("a", 10), "steps": [{"send": "hello", "over_cap": "switch"}]}, wants("b", 90), brand=email)
    world.hear(make_event("a"), make_event("b"))
    assert sorted(world.messages) == [(NOON, "hello", "email"), (NOON, "hello", "sms")]
    assert said(world, "a")[0] == ("not_sent", "frequency cap, another message goes first; trying sms")


def test_a_passage_whose_message_yields_goes_on() -> None:
    a = {**wants("a", 10), "steps": [{"send": "hello", "channel": "email"}, {"wait": "2d"}, {"send": "mail"}]}
    world = World(a, wants("b", 90), brand=ONE)
    world.hear(make_event("a"), make_event("b"))
    world.live_until(NOON + 3 * D)
    assert went(world) == ["b", "a"]


def test_the_next_message_of_a_passage_does_not_push_out_the_one_before_it() -> None:
    steps = [{"send": "hello", "channel": "email", "priority": 1}, {"send": "mail", "priority": 99}]
    world = World({**wants("a"), "steps": steps}, brand=ONE)
    world.hear(make_event("a"))
    assert world.sent == ["hello"]


def test_an_event_of_the_same_decision_is_still_heard_by_the_passage_that_won() -> None:
    answer = {"wait_for": {"event": "answered", "timeout": "1d"}, "then": [{"stop": "answered"}]}
    b = {**wants("b", 90), "steps": [{"send": "hello", "channel": "email"}, answer]}
    world = World(wants("a", 10), b, brand=ONE)
    world.hear(make_event("a"), make_event("b"), make_event("answered"))
    assert went(world) == ["b"]
    assert "answered" in world.said("exited")


def test_a_place_that_becomes_free_goes_to_the_highest_that_waits() -> None:
    taken = {**wants("taken", 50), "exit": [{"event": "enough"}]}
    taken["steps"] += [{"wait": "9d"}]
    waiting = [wants(id, priority, over_cap="hold", expires="3d") for id, priority in (("low", 10), ("high", 90))]
    world = World(taken, *waiting, brand=ONE, reporting=False)
    world.hear(make_event("taken"))
    world.hear(make_event("low", NOON + M))
    world.hear(make_event("high", NOON + 2 * M))
    assert went(world) == ["taken"]
    world.hear(make_event("enough", NOON + H))
    assert went(world) == ["taken", "high"]
    assert [m.state for m in world.known.messages.values() if m.journey == "low"] == ["held"]


@pytest.mark.parametrize("order", list(permutations(["enough", "new"])))
def test_who_waits_for_the_place_comes_before_a_lower_rank_of_the_same_decision(order: Sequence[str]) -> None:
    taken = {**wants("taken", 50), "exit": [{"event": "enough"}]}
    taken["steps"] += [{"wait": "9d"}]
    world = World(taken, wants("high", 90, over_cap="hold", expires="3d"), wants("new", 10), brand=ONE, reporting=False)
    world.hear(make_event("taken"))
    world.hear(make_event("high", NOON + M))
    world.hear(*(make_event(name, NOON + H) for name in order))
    assert went(world) == ["taken", "high"]


def test_two_held_for_one_place_are_told_once_and_the_lower_waits_on() -> None:
    waiting = [wants(id, priority, over_cap="hold", expires="9d") for id, priority in (("low", 10), ("high", 90))]
    world = World(wants("first"), *waiting, brand=ONE)
    world.hear(make_event("first"))
    world.hear(make_event("low", NOON + M), make_event("high", NOON + M))
    world.live_until(NOON + 5 * D)
    assert went(world) == ["first", "high", "low"]
    assert [at for at, _, _ in world.messages] == [NOON, NOON + D, NOON + 2 * D]
    assert [kind for kind, _ in said(world, "low")] == ["held", "held", "message"]


def test_a_held_message_waits_no_longer_than_its_expiry() -> None:
    world = World(wants("first"), wants("low", over_cap="hold", expires="12h"), brand=ONE)
    world.hear(make_event("first"), make_event("low", NOON))
    assert "frequency cap, another message goes first until after it expires" in world.said("not_sent")


# ---- against a model ---------------------------------------------------------------------------------------------

CAPS = [{"channel": "email", "max": 2, "per": "1d"}, {"channel": "any", "max": 3, "per": "1d"}]
channels = st.sampled_from(["email", "sms"])


def greedy(asked: Sequence[tuple[int, str, int]]) -> set[int]:
    """Give places by rank, one after another: who finds all caps open goes."""
    used = {"email": 0, "sms": 0}
    gone = set()
    for _, channel, number in sorted(asked, key=lambda one: -one[0]):
        fits = sum(used.values()) < 3 and (channel != "email" or used["email"] < 2)
        if fits:
            used[channel] += 1
            gone.add(number)
    return gone


@given(st.data(), st.integers(1, 7))
def test_what_goes_is_what_giving_places_by_rank_gives_however_it_is_looked_at(data: Any, count: int) -> None:
    priorities = data.draw(st.permutations(range(count)))
    asked = [(priorities[n], data.draw(channels), n) for n in range(count)]
    journeys = [wants(f"j{n}", priority, channel=channel) for priority, channel, n in asked]
    world = World(*journeys, brand={"caps": CAPS})
    events: list[Event] = [make_event(f"j{n}") for _, _, n in data.draw(st.permutations(asked))]
    world.hear(*events)
    assert {int(id[1:]) for id in went(world)} == greedy(asked)


def test_a_decision_with_many_contenders_ends_and_keeps_the_cap() -> None:
    journeys = [wants(f"j{n}", n) for n in range(40)]
    world = World(*journeys, brand={"caps": [{"channel": "email", "max": 5, "per": "1d"}]})
    world.hear(*(make_event(f"j{n}") for n in range(40)))
    assert sorted(went(world)) == [f"j{n}" for n in range(35, 40)]


def test_in_local_time_the_weekly_place_is_given_again_when_the_week_begins() -> None:
    brand = {"timezone": "Asia/Seoul", "country": "KR", "caps": [{"channel": "email", "max": 1, "per": "week"}]}
    start = datetime(2026, 3, 6, 3, tzinfo=UTC)  # Friday noon in Seoul; weeks begin on Sunday there
    world = World(wants("a"), wants("b", over_cap="hold", expires="9d"), brand=brand, now=start)
    world.hear(make_event("a", start))
    world.hear(make_event("b", start + M))
    world.live_until(start + 9 * D)
    assert [at for at, _, _ in world.messages] == [start, datetime(2026, 3, 7, 15, tzinfo=UTC)]
