"""Facts: the id, the normal form, and what a sender may not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.ingest.facts import correlation_of, read_fact
from kairos.domain.event import ConsentFact, EntryFact, Event
from kairos.registry import Contact, Named, Parsed, Request, load

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
TRACK = load("sources", "track")
REQUEST = Request({}, b"{}", NOW, "main", {"country": "KR"})


def parsed(**more: Any) -> Parsed:
    return Parsed(Event("", "page_viewed", "", NOW, NOW, **more), "track:1")


def test_an_id_is_of_the_source_the_connection_and_the_key_and_of_nothing_else() -> None:
    def id_of(one: Parsed, request: Request = REQUEST) -> str:
        return read_fact(one, TRACK, request, "c", trusted=True, country="").event.id

    later = replace(REQUEST, received_at=NOW + timedelta(hours=1), body=b"other")
    assert id_of(parsed()) == id_of(parsed(properties={"path": "/"}), later)
    others = [id_of(parsed(), replace(REQUEST, connection="second")), id_of(replace(parsed(), key="track:2"))]
    assert len({id_of(parsed()), *others}) == 3


def test_addresses_are_in_normal_form_and_what_is_none_reaches_nobody() -> None:
    contact = Contact("profile", {"email": " M@Example.com", "phone": "12", "first_name": "Mina"})
    one = replace(parsed(reach={"email": True, "sms": True}), contacts=[contact])
    found = read_fact(one, TRACK, REQUEST, "c", trusted=True, country="")
    assert [dict(kept.fields) for kept in found.contacts] == [{"first_name": "Mina", "email": "m@example.com"}]
    assert found.event.reach == {"email": True}


@pytest.mark.parametrize(
    ("traits", "settings", "country", "read"),
    [
        ({"country": "JP"}, {"country": "KR"}, "US", "+819012345678"),
        (None, {"country": "KR"}, "US", None),
        (None, {}, "JP", "+819012345678"),
        (None, {}, "", None),
    ],
    ids=["the event's own", "the connection's", "the brand's", "nobody's"],
)
def test_a_phone_is_read_by_the_nearest_country(
    traits: dict[str, str] | None, settings: dict[str, str], country: str, read: str | None
) -> None:
    one = replace(parsed(traits=traits), contacts=[Contact("profile", {"phone": "090-1234-5678"})])
    found = read_fact(one, TRACK, replace(REQUEST, settings=settings), "c", trusted=True, country=country)
    assert [contact.fields.get("phone") for contact in found.contacts] == ([read] if read else [])


def test_a_public_key_names_only_a_device_and_says_only_what_happened() -> None:
    one = Parsed(
        parsed(
            traits={"tier": "vip"},
            reach={"email": True},
            consent=ConsentFact("email", "marketing"),
            entry=EntryFact("booking", "b", NOW),
            message="m",
            historical=True,
        ).event,
        "k",
        [Named("external", "mina", True), Named("anonymous", "d-1", True)],
        [Contact("profile", {"email": "m@example.com"})],
    )
    found = read_fact(one, TRACK, REQUEST, "c", trusted=False, country="")
    event = found.event
    assert [who.kind for who in found.who] == ["anonymous"]
    assert (event.traits, event.reach, event.consent, event.entry, event.message) == (None,) * 5
    assert (event.historical, found.contacts) == (False, [])


def test_a_time_from_the_future_is_that_of_its_arrival() -> None:
    ahead = replace(parsed().event, occurred_at=NOW + timedelta(hours=1))
    found = read_fact(replace(parsed(), event=ahead), TRACK, REQUEST, "c", trusted=True, country="")
    assert found.event.occurred_at == NOW


@pytest.mark.parametrize(
    ("given", "trusted", "taken"),
    [
        ("shop-order-77", True, True),
        ("shop-order-77", False, False),
        ("short", True, False),
        ("a b c d e f", True, False),
    ],
)
def test_a_trusted_sender_may_name_the_story(given: str, trusted: bool, taken: bool) -> None:
    request = replace(REQUEST, headers={"x-kairos-correlation": given})
    assert (correlation_of(TRACK, request, trusted=trusted) == given) == taken


def test_the_same_delivery_sent_again_tells_the_same_story() -> None:
    again = replace(REQUEST, received_at=NOW + timedelta(hours=1))
    assert correlation_of(TRACK, REQUEST, trusted=True) == correlation_of(TRACK, again, trusted=True)
    assert correlation_of(TRACK, REQUEST, trusted=True) != correlation_of(
        TRACK, replace(REQUEST, body=b"x"), trusted=True
    )
