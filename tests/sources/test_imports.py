"""Imports: rows become history, stops come first, and ids are those of the shop that gave them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kairos.domain.errors import BadInput, BadSignature
from kairos.registry import Parsed, Request, load
from tests.sources import bodies

SECRET = "whsec_" + "SU1Q" * 8
AT = "2025-01-31T00:00:00Z"


def parse(refused: list[BadInput] | None = None, **body: Any) -> list[Parsed]:
    request = Request({}, json.dumps(body).encode(), bodies.NOW, "main")
    return list(load("sources", "imports").parse(request, trusted=True, refused=refused))


def test_it_is_signed_like_any_webhook() -> None:
    raw = json.dumps(bodies.body("imports", "people")).encode()
    plugin = load("sources", "imports")
    signed = Request(bodies.webhook(raw, SECRET, bodies.NOW), raw, bodies.NOW, "main", {"secrets": [SECRET]})
    assert plugin.verify(signed) is True
    with pytest.raises(BadSignature):
        plugin.verify(Request({**signed.headers}, raw + b" ", bodies.NOW, "main", {"secrets": [SECRET]}))


def test_stops_come_before_people_and_name_nobody() -> None:
    parsed = bodies.parse("imports", "people")
    assert [len(one.stops) for one in parsed[:2]] == [1, 1]
    assert [list(one.who) for one in parsed[:2]] == [[], []]
    assert (parsed[1].stops[0].hashed, parsed[0].stops[0].hashed) == (True, False)
    assert not any(one.stops for one in parsed[2:])


def test_all_of_it_is_history() -> None:
    facts = [one.event for one in bodies.parse("imports", "people") if one.who]
    assert facts
    assert all(event.historical for event in facts)
    assert [event.occurred_at.year for event in facts if event.consent] == [2025, 2025]


def test_a_customer_id_is_that_of_the_shop_it_names() -> None:
    (profile,) = parse(people=[{"customer_id": "42", "customers_of": "shopify/main", "email": "planted@example.com"}])
    assert [(one.kind, one.scope, one.verified) for one in profile.who] == [
        ("customer", "shopify/main", True),
        ("email", "", True),
    ]


def test_the_user_ids_of_segment_are_those_that_its_calls_name() -> None:
    (profile,) = parse(people=[{"customer_id": "42", "customers_of": "track/main"}])
    assert [(one.kind, one.scope) for one in profile.who] == [("external", "track/main")]


def test_only_listed_traits_enter_and_none_with_an_address() -> None:
    person = {"email": "planted@example.com", "traits": {"tier": "vip", "memo": "planted", "mail": "a@example.com"}}
    (profile,) = parse(traits=["tier", "mail"], people=[person])
    assert profile.event.traits == {"tier": "vip"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"people": [{"first_name": "x"}]}, "people[0].email"),
        (
            {"people": [{"email": "a@example.com", "consents": [{"channel": "email", "given": True}]}]},
            "people[0].consents[0].at",
        ),
        (
            {"people": [{"email": "a@example.com", "consents": [{"channel": "e mail", "given": True, "at": AT}]}]},
            "people[0].consents[0].channel",
        ),
        ({"people": [{"customer_id": "1", "customers_of": "x"}]}, "people[0].customers_of"),
        ({"stops": [{"channel": "email"}]}, "stops[0].address"),
        ({"stops": [{"channel": "email", "address_hash": "x"}]}, "stops[0].address_hash"),
        ({"stops": [{"channel": "email", "address": "a@example.com", "purpose": "news"}]}, "stops[0].purpose"),
        ({"stops": [{"channel": "email", "address": "a@example.com", "reason": "because"}]}, "stops[0].reason"),
    ],
)
def test_a_wrong_row_is_named_and_the_others_are_taken(body: dict[str, Any], field: str) -> None:
    refused: list[BadInput] = []
    (name,) = body
    good = {"people": {"email": "b@example.com"}, "stops": {"channel": "email", "address": "b@example.com"}}[name]
    parsed = parse(refused, **{name: [*body[name], good]})
    assert [error.field for error in refused] == [field]
    assert len(parsed) == 1
    with pytest.raises(BadInput):
        parse(**body)


def test_a_repeated_row_is_the_same_fact_and_a_changed_one_is_another() -> None:
    one, other = {"email": "a@example.com", "at": AT}, {"email": "a@example.com", "at": "2025-02-01T00:00:00Z"}
    assert parse(people=[one])[0].key == parse(people=[dict(reversed(one.items()))])[0].key
    assert parse(people=[one])[0].key != parse(people=[other])[0].key
