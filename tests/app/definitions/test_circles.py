"""Circles: what leads back to itself is refused where nothing would end it, and told by name."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.app.definitions.circles import circles_of_journeys, circles_of_segments

SEND = {"send": "hello"}


def follower(id: str, *after: str, enters: str | None = None, **more: Any) -> dict[str, Any]:
    trigger = [{"event": "go"}, *({"journey": other, "on": "completed"} for other in after)]
    steps = [SEND, {"enter": enters}] if enters else [SEND]
    return {"id": id, "class": "transactional", "reenter": "always", "trigger": trigger, "steps": steps, **more}


def told(*journeys: dict[str, Any]) -> list[tuple[str, tuple[str | int, ...], str]]:
    return list(circles_of_journeys({journey["id"]: journey for journey in journeys}))


def test_journeys_that_follow_each_other_for_ever_are_refused() -> None:
    ((id, path, message),) = told(follower("a", "b"), follower("b", "a"))
    assert (id, path) == ("a", ("reenter",))
    assert message.startswith("journeys start each other in a circle without end: a ← b ← a")


def test_a_circle_that_entering_and_following_close_together_is_refused() -> None:
    ((_, _, message),) = told(follower("a", "c", enters="b"), follower("b"), follower("c", "b"))
    assert "a ← c ← b ← a" in message


def test_a_journey_that_follows_itself_for_ever_is_refused() -> None:
    ((id, _, _),) = told(follower("a", "a"))
    assert id == "a"


@pytest.mark.parametrize(
    "end", [{"reenter": "never"}, {"reenter": {"after": "30d"}}, {"entries": {"max": 3, "per": "7d"}}]
)
def test_a_circle_that_something_ends_may_be(end: dict[str, Any]) -> None:
    assert told(follower("a", "b"), follower("b", "a") | end) == []


def test_journeys_that_enter_each_other_are_refused_whatever_they_say_of_entering_again() -> None:
    ((id, path, message),) = told(follower("a", enters="b", reenter="never"), follower("b", enters="a"))
    assert (id, path) == ("a", ("steps", 1, "enter"))
    assert message == "journeys enter each other in a circle: a → b → a"


def test_a_circle_of_segments_is_told_where_it_closes() -> None:
    segments = {id: {"id": id, "where": {"segment": other}} for id, other in (("x", "y"), ("y", "x"))}
    ((id, path, message),) = circles_of_segments(segments)
    assert (id, path, message) == ("x", ("where", "segment"), "segments ask each other in a circle: x → y → x")
