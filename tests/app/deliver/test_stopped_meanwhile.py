"""A refusal that arrives elsewhere, on an 080 line or in a file, overtakes what is queued already."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kairos.app.ingest.ingest import Ingest
from kairos.memory import MemoryArchive, MemoryConnections, MemoryIdentities
from kairos.registry import Request, load
from tests.app.delivery import ADDRESS, NOON, World


def bring(world: World, *stops: dict[str, str]) -> None:
    """Import refusals, as `kairos import` sends them."""
    ports = (MemoryIdentities(), world.contacts, world.suppressions, world.inbox, MemoryConnections({}))
    ingest = Ingest(*ports, MemoryArchive(), country="KR")
    body = json.dumps({"stops": list(stops)}).encode()
    taken = ingest.take(load("sources", "imports"), Request({}, body, NOON, "main"), trusted=True)
    assert taken.stopped == len(stops)


@pytest.mark.parametrize(
    ("purpose", "marketing", "kind"),
    [
        ("marketing", True, "not_sent"),
        ("marketing", False, "sent"),
        ("all", True, "not_sent"),
        ("all", False, "not_sent"),
    ],
)
def test_an_imported_refusal_stops_what_was_asked_for_before_it(purpose: str, marketing: bool, kind: str) -> None:
    world = World(marketing=marketing)  # the request lies in the outbox already
    bring(world, {"channel": "email", "address": ADDRESS.upper(), "purpose": purpose, "reason": "unsubscribed"})
    [done] = world.run()
    assert done.outcome.kind == kind
    assert (done.outcome.code == "suppressed") is (kind == "not_sent")


def test_a_refusal_on_another_channel_or_by_somebody_else_stops_nothing() -> None:
    world = World()
    bring(world, {"channel": "sms", "address": "010-1234-5678"}, {"channel": "email", "address": "other@example.com"})
    assert [done.outcome.kind for done in world.run()] == ["sent"]


def test_a_message_held_overnight_meets_the_refusal_in_the_morning() -> None:
    world = World()
    message = world.customer.messages["m1"]
    world.customer.messages["m1"] = replace(message, asks=2)  # asked for anew when the night was over
    world.save()
    bring(world, {"channel": "email", "address": ADDRESS})
    assert [done.outcome.code for done in world.run()] == ["suppressed"]
    assert world.channel.taken == []
