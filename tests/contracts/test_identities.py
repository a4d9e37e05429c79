"""Identities: identifiers lead to one permanent profile, whoever asks first, in whatever order."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from kairos.app.ports import Identifier
from kairos.aws.identities import DynamoIdentities
from kairos.aws.secret import Keyring
from kairos.memory import MemoryIdentities
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
KEYRING = Keyring("1", {"1": b"1" * 32})

CUSTOMER = Identifier("customer", "42", "shopify/main", verified=True)
EMAIL = Identifier("email", "mina@example.com")
PHONE = Identifier("phone", "+821000000000")
CART = Identifier("cart", "c-1", "shopify/main")


@pytest.fixture
def identities(kind: str, cloud: Cloud) -> Any:
    if kind == "memory":
        return MemoryIdentities()
    numbers = count(1)

    def draw(size: int) -> bytes:
        return next(numbers).to_bytes(size, "big")

    return DynamoIdentities(cloud.client("dynamodb"), cloud.table("identities"), lambda: KEYRING, draw)


def resolve(identities: Any, *group: Identifier) -> str:
    (profile,) = identities.resolve([group], NOW)
    return str(profile)


def test_a_new_person_gets_an_id_of_26_base32_characters(identities: Any) -> None:
    assert re.fullmatch("[a-z2-7]{26}", resolve(identities, EMAIL))


def test_a_known_person_keeps_their_id(identities: Any) -> None:
    assert resolve(identities, EMAIL) == resolve(identities, EMAIL)


def test_strangers_get_different_ids(identities: Any) -> None:
    assert len(set(identities.resolve([[EMAIL], [PHONE], [CART]], NOW))) == 3


def test_an_unknown_identifier_is_bound_to_the_known_one_beside_it(identities: Any) -> None:
    profile = resolve(identities, EMAIL)
    assert resolve(identities, CUSTOMER, EMAIL, CART) == profile
    assert resolve(identities, CART) == resolve(identities, CUSTOMER) == profile


def test_the_best_known_identifier_decides_and_the_others_stay_where_they_are(identities: Any) -> None:
    by_email, by_cart = identities.resolve([[EMAIL], [CART]], NOW)
    assert resolve(identities, CUSTOMER, EMAIL, CART) == by_email
    assert resolve(identities, CART) == by_cart


def test_groups_of_one_request_that_share_an_identifier_are_one_person(identities: Any) -> None:
    found = identities.resolve([[EMAIL], [CUSTOMER, EMAIL], [CUSTOMER, CART], [CART], [PHONE]], NOW)
    assert len(set(found[:4])) == 1
    assert found[4] != found[0]


def test_equal_values_of_other_kinds_and_scopes_are_other_people(identities: Any) -> None:
    alike = [
        Identifier("customer", "42", "shopify/main"),
        Identifier("customer", "42", "shopify/outlet"),
        Identifier("external", "42", "shopify/main"),
        Identifier("external", "main42", "shopify/"),
    ]
    assert len(set(identities.resolve([[one] for one in alike], NOW))) == 4


def test_an_identifier_twice_in_a_group_is_once(identities: Any) -> None:
    assert resolve(identities, EMAIL, EMAIL) == resolve(identities, EMAIL)


def test_nobody_in_particular_is_refused(identities: Any) -> None:
    with pytest.raises(ValueError):
        identities.resolve([[]], NOW)


def test_no_groups_are_no_profiles(identities: Any) -> None:
    assert identities.resolve([], NOW) == []


def test_more_people_than_one_batch_read_holds(identities: Any) -> None:
    groups = [[Identifier("email", f"{number}@example.com")] for number in range(130)]
    first = identities.resolve(groups, NOW)
    assert len(set(first)) == 130
    assert identities.resolve(groups, NOW) == first
