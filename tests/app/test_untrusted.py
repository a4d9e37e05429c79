"""What ingest itself makes of a source that says more than its caller may, and of one that says it twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from kairos.domain.errors import BadInput
from kairos.domain.event import ConsentFact, EntryFact, Event
from kairos.registry import Contact, Named, Parsed, Request
from tests.app.intake import NOW, PROFILE, Station

NAMED = [Named("profile", PROFILE, True), Named("external", "u1", True), Named("email", "ann@example.com", True)]


class Chatty:
    """A source that names people, and states what only a signed sender may."""

    name = "chatty"
    retry_horizon = timedelta(days=1)
    properties: Any = {"*": ("page",)}

    def __init__(self, times: int = 1) -> None:
        self._times = times

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        event = Event(
            "",
            "page_viewed",
            "",
            NOW,
            NOW,
            {"page": "home"},
            historical=True,
            traits={"tier": "vip"},
            reach={"email": True},
            entry=EntryFact("booking", "b1", NOW),
            consent=ConsentFact("email", "marketing"),
            message="m" * 26,
        )
        who = [*NAMED, Named("anonymous", "device-1", False)]
        return [Parsed(event, "key", who, [Contact("profile", {"email": "ann@example.com"})])] * self._times


@pytest.fixture
def station() -> Station:
    return Station()


def take(station: Station, source: Any, *, trusted: bool) -> list[Event]:
    station.ingest.take(source, Request({}, b"{}", NOW, "main", {}), trusted=trusted)
    return list(station.events())


def test_whoever_is_not_trusted_names_devices_and_adds_behaviour_alone(station: Station) -> None:
    (event,) = take(station, Chatty(), trusted=False)
    assert [kind for kind, _, _ in station.identities.known] == ["anonymous"]
    assert event.profile != PROFILE
    assert (event.name, event.properties) == ("page_viewed", {"page": "home"})
    said = (event.traits, event.reach, event.entry, event.consent, event.message, event.historical)
    assert said == (None, None, None, None, None, False)
    assert station.contacts.fetch([event.profile], ["profile"]) == {"profile": {}}


def test_whoever_is_trusted_is_heard(station: Station) -> None:
    (event,) = take(station, Chatty(), trusted=True)
    assert event.profile == PROFILE
    assert event.consent == ConsentFact("email", "marketing")
    assert (event.traits, event.historical) == ({"tier": "vip"}, True)


def test_one_fact_said_twice_in_a_request_is_one_event(station: Station) -> None:
    assert len(take(station, Chatty(times=3), trusted=True)) == 1
