"""Which channel a message tries first, what stands against one, and which reasons lead on to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kairos.app.decide import ways
from kairos.app.decide.turn import Turn
from kairos.domain.profile import Message
from tests.app.decide.world import NOON, World, consent, make_event

OFFER: dict[str, Any] = {
    "id": "offer",
    "class": "marketing",
    "trigger": {"event": "seen"},
    "steps": [{"send": "hello"}],
}


def turn_of(world: World) -> Turn:
    return Turn(world.known.copy(), world.release, NOON)


def asked() -> tuple[World, Message]:
    """Return a customer who agreed to e-mail and text messages, and an advertisement that was asked for."""
    world = World(OFFER, reporting=False)
    world.hear(make_event("seen"))
    return world, world.only_message()


def test_the_customers_own_channel_comes_first_where_the_template_has_it() -> None:
    world, _ = asked()
    assert ways.in_order(turn_of(world), ("email", "sms")) == ("email", "sms")
    for preferred, order in (("sms", ("sms", "email")), ("kakao", ("email", "sms"))):
        world.profile = replace(world.known, traits={ways.PREFERRED_CHANNEL: preferred})
        assert ways.in_order(turn_of(world), ("email", "sms")) == order


def test_nothing_stands_against_a_channel_with_an_address_and_a_consent() -> None:
    world, message = asked()
    assert ways.obstacle(turn_of(world), message) is None
    assert ways.reaches(turn_of(world), "sms", marketing=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"template": "gone"}, "the template has no such channel"),
        ({"template": "mail", "channel": "sms"}, "the template has no such channel"),
        ({"template": "hello", "channel": "email"}, None),
    ],
)
def test_a_template_without_the_channel_is_told_first(change: dict[str, Any], said: str | None) -> None:
    world, message = asked()
    assert ways.obstacle(turn_of(world), replace(message, **change)) == said


def test_without_an_address_nothing_goes_and_without_a_consent_no_advertising() -> None:
    world, message = asked()
    world.hear(consent(NOON, "email", given=False))
    assert ways.obstacle(turn_of(world), message) == "no consent"
    assert ways.obstacle(turn_of(world), replace(message, marketing=False)) is None
    assert not ways.reaches(turn_of(world), "email", marketing=True)
    assert ways.reaches(turn_of(world), "email", marketing=False)
    world.profile = replace(world.known, reach={"email": False})
    assert ways.obstacle(turn_of(world), replace(message, marketing=False)) == "no address"


def test_whose_consent_has_gone_is_found_among_what_is_unsettled() -> None:
    world, message = asked()
    assert ways.unconsented(turn_of(world)) == []
    turn = turn_of(world)
    turn.profile.consents.clear()
    assert ways.unconsented(turn) == [message]
