"""A stop that comes after a batch has begun still stops what has not gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kairos.app.ports import OutboxMessage
from tests.app.deliver.stops import erase, leave, suppress, withdraw
from tests.app.delivery import NOON, World, profile


@pytest.mark.parametrize("moment", [("ledger", "claim", "after"), ("tokens", "lease", "before")])
@pytest.mark.parametrize(
    ("stop", "told"),
    [
        (suppress("marketing"), [("message_not_sent", "suppressed")]),
        (leave, [("message_not_sent", "no longer wanted")]),
        (withdraw, [("message_not_sent", "no consent")]),
        (erase, []),
        (lambda world: world.point(stopped=True), [("message_held", "stopped")]),
        (lambda world: world.point(paused=frozenset({"cart"})), [("message_held", "paused")]),
    ],
    ids=["opt-out", "cancel", "withdrawal", "erase", "stop-all", "pause"],
)
def test_a_stop_after_the_batch_began_still_stops(
    stop: Callable[[World], None], told: list[tuple[str, Any]], moment: tuple[str, str, str]
) -> None:
    world = World()

    def at_the_moment(*call: str) -> None:
        if call == moment:
            stop(world)

    world.on = at_the_moment
    world.run()
    assert world.channel.taken == []
    assert world.told() == told
    assert world.ledger.rows == {}


@pytest.mark.parametrize("stop", [{"stopped": True}, {"paused": frozenset({"cart"})}], ids=["stop-all", "pause"])
def test_a_stop_in_the_middle_of_a_batch_stops_the_rest_of_it(stop: dict[str, Any]) -> None:
    world = World()
    second = profile("p2", message="m2")
    world.customers.write(second, (), None, None)
    world.contacts.put("p2", "profile", {"email": "bo@example.com", "first_name": "Bo"}, NOON)

    def after_the_first(*call: str) -> None:
        if call == ("provider", "send", "after"):
            world.point(**stop)

    world.on = after_the_first
    world.run(world.request, OutboxMessage("p2", "m2", "email", True, 1))
    assert [delivery.message for delivery in world.channel.taken] == ["m1"]
    assert [event.name for event in world.reports()] == ["message_sent", "message_held"]
