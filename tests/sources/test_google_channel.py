"""The push channel: Google tells at once that something changed, and only that; the calendar itself is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.domain.errors import BadSignature
from kairos.registry import Request, load
from tests.sources.google_calendar import SOON, WHO, World
from tests.sources.google_server import CREDENTIALS


def notification(world: World, state: str = "exists", **changed: str) -> Request:
    """Return what Google would send for the newest channel."""
    channel = world.server.channels[-1]
    headers = {"x-goog-channel-id": channel["id"], "x-goog-channel-token": channel["token"]}
    headers |= {"x-goog-resource-state": state, "x-goog-message-number": "7"}
    return Request(headers | changed, b"", world.clock.now(), "main", {"secrets": [CREDENTIALS]})


def test_a_channel_is_opened_renewed_before_it_ends_and_says_until_when_it_lives() -> None:
    world = World(public_url="https://api.example.com")
    for _ in range(15):
        world.run(timedelta(days=1))
    assert [one["address"] for one in world.server.channels] == ["https://api.example.com/v1/webhooks/gcal/main"] * 3
    assert len({one["id"] for one in world.server.channels}) == 3
    expires_at = world.states.read("gcal", "main").expires_at
    assert expires_at is not None
    assert expires_at > world.clock.now() + timedelta(hours=23)


def test_a_notification_with_its_channels_token_is_a_hint_and_nothing_more() -> None:
    world, gcal = World(public_url="https://api.example.com"), load("sources", "gcal")
    world.run()
    told = notification(world)
    assert gcal.verify(told) is False
    assert gcal.hints(told) == ["calendar"]
    assert gcal.hints(notification(world, "sync")) == []
    assert gcal.parse(told, trusted=False) == ()


@pytest.mark.parametrize("spoil", ["x-goog-channel-token", "x-goog-channel-id"])
@pytest.mark.parametrize("value", ["", " ", "guessed", "서명", "\udcff"])
def test_a_notification_of_nobodys_channel_is_refused(spoil: str, value: str) -> None:
    world = World(public_url="https://api.example.com")
    world.run()
    with pytest.raises(BadSignature):
        load("sources", "gcal").verify(notification(world, **{spoil: value}))
    told = notification(world)
    with pytest.raises(BadSignature):
        load("sources", "gcal").verify(replace(told, settings={"secrets": ["other"]}))


def test_a_hint_is_read_at_once_though_its_turn_has_not_come() -> None:
    world = World(public_url="https://api.example.com")
    world.run()
    world.server.put("a", SOON, WHO)
    assert world.sync.run().read == 0, "it was read a moment ago"
    assert world.sync.hinted("gcal", "main", ["calendar"]).read == 1
    assert world.is_as_google_has_it()
    assert len(world.entries()) == 1


def test_where_google_opens_no_channel_the_calendar_is_read_as_before_and_that_is_said() -> None:
    world = World(public_url="https://api.example.com")
    world.server.watchable = False
    world.server.put("a", SOON, WHO)
    for _ in range(3):
        world.run()
    assert world.is_as_google_has_it()
    state = world.states.read("gcal", "main")
    assert (state.errors, len(world.server.refused)) == (0, 1), "it is not asked for every five minutes"
    assert "read every five minutes all the same" in state.warning


def test_nobody_is_asked_to_call_where_nobody_can_reach_us() -> None:
    world = World()
    world.run()
    assert world.server.channels == []
