"""Contacts and ContactReader: each field says what was said last, whatever the order in which it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.aws.contacts import DynamoContactReader, DynamoContacts
from kairos.memory import MemoryContacts
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
LATER = NOW + timedelta(microseconds=1)


@pytest.fixture
def contacts(kind: str, cloud: Cloud) -> tuple[Any, Any]:
    """Return (writer, reader)."""
    if kind == "memory":
        both = MemoryContacts()
        return both, both
    table = cloud.table("contacts")
    return DynamoContacts(cloud.client("dynamodb"), table), DynamoContactReader(cloud.client("dynamodb"), table)


def test_fields_are_read_back_under_their_reference(contacts: tuple[Any, Any]) -> None:
    writer, reader = contacts
    fields = {"first_name": "미나", "points": 12, "rate": 0.5, "vip": True, "address": {"city": "Seoul"}, "none": None}
    writer.put("p1", "profile", fields, NOW)
    writer.put("p1", "entry#booking#b1", {"doctor": "Lee"}, NOW)
    assert reader.fetch(["p1"], ["profile", "entry#booking#b1"]) == {
        "profile": fields,
        "entry#booking#b1": {"doctor": "Lee"},
    }


def test_what_is_not_there_is_empty(contacts: tuple[Any, Any]) -> None:
    assert contacts[1].fetch(["nobody"], ["profile"]) == {"profile": {}}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_value_wins_in_every_order(contacts: tuple[Any, Any], order: tuple[int, ...]) -> None:
    writer, reader = contacts
    for number in order:
        writer.put("p1", "profile", {"email": f"{number}@example.com"}, NOW + timedelta(hours=number))
    assert reader.fetch(["p1"], ["profile"]) == {"profile": {"email": "2@example.com"}}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_fields_are_decided_one_by_one(contacts: tuple[Any, Any], order: tuple[int, ...]) -> None:
    writer, reader = contacts
    puts = [({"email": "old@example.com", "phone": "+82100"}, NOW), ({"email": "new@example.com", "name": "M"}, LATER)]
    for number in order:
        writer.put("p1", "profile", *puts[number])
    assert reader.fetch(["p1"], ["profile"])["profile"] == {
        "email": "new@example.com",
        "phone": "+82100",
        "name": "M",
    }


@pytest.mark.parametrize("order", list(permutations(("Mina", "Nari", 7))))
def test_at_the_same_instant_the_larger_value_stays_in_every_order(
    contacts: tuple[Any, Any], order: tuple[Any, ...]
) -> None:
    writer, reader = contacts
    for value in order:
        writer.put("p1", "profile", {"first_name": value}, NOW)
    assert reader.fetch(["p1"], ["profile"])["profile"] == {"first_name": 7}


def test_a_whole_second_is_older_than_its_fractions(contacts: tuple[Any, Any]) -> None:
    writer, reader = contacts
    writer.put("p1", "profile", {"email": "late@example.com"}, LATER)
    writer.put("p1", "profile", {"email": "early@example.com"}, NOW)
    assert reader.fetch(["p1"], ["profile"])["profile"]["email"] == "late@example.com"


def test_former_profiles_are_read_along_and_the_newest_value_of_each_field_wins(contacts: tuple[Any, Any]) -> None:
    writer, reader = contacts
    writer.put("p1", "profile", {"email": "a@example.com", "name": "A"}, LATER)
    writer.put("p2", "profile", {"email": "b@example.com", "phone": "+82100"}, NOW)
    for profiles in (["p1", "p2"], ["p2", "p1"], ["p1", "p2", "p1"]):
        assert reader.fetch(profiles, ["profile"])["profile"] == {
            "email": "a@example.com",
            "name": "A",
            "phone": "+82100",
        }


def test_more_fields_than_one_expression_holds(contacts: tuple[Any, Any]) -> None:
    writer, reader = contacts
    fields = {f"field {number} with, odd: name": number for number in range(45)}
    writer.put("p1", "profile", fields, NOW)
    writer.put("p1", "profile", {"field 44 with, odd: name": -1}, NOW - timedelta(days=1))
    assert reader.fetch(["p1"], ["profile"])["profile"] == fields


def test_no_fields_are_nothing_to_keep(contacts: tuple[Any, Any]) -> None:
    writer, reader = contacts
    writer.put("p1", "profile", {}, NOW)
    assert reader.fetch(["p1"], ["profile"]) == {"profile": {}}
