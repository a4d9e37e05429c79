"""Identities: identifiers lead to one permanent profile, whoever asks first, in whatever order."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from kairos.app.ports import Identifier
from kairos.aws.identities import DynamoIdentities
from kairos.aws.secret import Keyring
from kairos.domain.merge import Merge
from kairos.memory import MemoryIdentities
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
KEYRING = Keyring("1", {"1": b"1" * 32})

CUSTOMER = Identifier("customer", "42", "shopify/main", verified=True)
EMAIL = Identifier("email", "mina@example.com", verified=True, source="shopify/main")
PHONE = Identifier("phone", "+821000000000", verified=True, source="shopify/main")
CART = Identifier("cart", "c-1", "shopify/main", verified=True)


@pytest.fixture
def identities(kind: str, cloud: Cloud) -> Any:
    if kind == "memory":
        return MemoryIdentities()
    numbers = count(1)

    def draw(size: int) -> bytes:
        return next(numbers).to_bytes(size, "big")

    return DynamoIdentities(cloud.client("dynamodb"), cloud.table("identities"), lambda: KEYRING, draw)


def resolve(identities: Any, *group: Identifier) -> str:
    (found,) = identities.resolve([group], NOW)
    return str(found.profile)


def profiles(identities: Any, *groups: list[Identifier]) -> list[str]:
    return [found.profile for found in identities.resolve(groups, NOW)]


def test_a_new_person_gets_an_id_of_26_base32_characters(identities: Any) -> None:
    assert re.fullmatch("[a-z2-7]{26}", resolve(identities, EMAIL))


def test_a_known_person_keeps_their_id(identities: Any) -> None:
    assert resolve(identities, EMAIL) == resolve(identities, EMAIL)


def test_strangers_get_different_ids(identities: Any) -> None:
    assert len(set(profiles(identities, [EMAIL], [PHONE], [CART]))) == 3


def test_an_unknown_identifier_is_bound_to_the_known_one_beside_it(identities: Any) -> None:
    profile = resolve(identities, EMAIL)
    assert resolve(identities, CUSTOMER, EMAIL, CART) == profile
    assert resolve(identities, CART) == resolve(identities, CUSTOMER) == profile


def test_groups_of_one_request_that_share_an_identifier_are_one_person(identities: Any) -> None:
    found = profiles(identities, [EMAIL], [CUSTOMER, EMAIL], [CUSTOMER, CART], [CART], [PHONE])
    assert len(set(found[:4])) == 1
    assert found[4] != found[0]


def test_equal_values_of_other_kinds_and_scopes_are_other_people(identities: Any) -> None:
    alike = [
        Identifier("customer", "42", "shopify/main"),
        Identifier("customer", "42", "shopify/outlet"),
        Identifier("external", "42", "shopify/main"),
        Identifier("external", "main42", "shopify/"),
    ]
    assert len(set(profiles(identities, *([one] for one in alike)))) == 4


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
    assert len({found.profile for found in first}) == 130
    assert identities.resolve(groups, NOW) == first


# ---- becoming one ----------------------------------------------------------------------------------------------

DEVICE = Identifier("anonymous", "d-1", "track/main", verified=True, source="track/main")
OTHER_DEVICE = Identifier("anonymous", "d-2", "track/main", verified=True, source="track/main")
MEMBER = Identifier("external", "m-1", "track/main", verified=True, source="track/main")
OTHER_MEMBER = Identifier("external", "m-2", "track/main", verified=True, source="track/main")
BOOKED = Identifier("email", "mina@example.com", verified=True, source="calendly/main")
LATER = NOW + timedelta(hours=1)


def join(identities: Any, *group: Identifier, at: datetime = LATER) -> Any:
    (found,) = identities.resolve([group], at)
    return found


def test_an_anonymous_profile_becomes_the_person_that_a_signed_source_names_beside_it(identities: Any) -> None:
    anonymous, known = profiles(identities, [CART], [CUSTOMER])
    found = join(identities, CUSTOMER, CART)
    assert (found.profile, found.merges) == (known, (Merge(anonymous, known),))


def test_a_known_profile_wins_over_an_older_anonymous_one(identities: Any) -> None:
    anonymous = resolve(identities, CART)
    known = join(identities, CUSTOMER, at=LATER).profile
    assert join(identities, CUSTOMER, CART).merges == (Merge(anonymous, known),)


def test_among_known_ones_the_older_wins_whichever_id_is_the_better(identities: Any) -> None:
    older = join(identities, BOOKED, at=NOW).profile
    younger = join(identities, CUSTOMER, at=LATER).profile
    found = join(identities, CUSTOMER, EMAIL)
    assert (found.profile, found.merges) == (older, (Merge(younger, older),))


def test_a_merge_is_told_again_until_its_rows_are_settled(identities: Any) -> None:
    anonymous, known = profiles(identities, [CART], [CUSTOMER])
    found = join(identities, CUSTOMER, CART)
    assert join(identities, CUSTOMER, CART) == found
    assert resolve(identities, CART) == anonymous
    identities.settle([found], LATER)
    identities.settle([found], LATER)
    assert join(identities, CUSTOMER, CART).merges == ()
    assert resolve(identities, CART) == known


def test_settling_leads_every_verified_id_of_the_loser_to_the_winner(identities: Any) -> None:
    older = join(identities, BOOKED, at=NOW).profile
    join(identities, CUSTOMER, PHONE, at=LATER)
    identities.settle([join(identities, CUSTOMER, EMAIL)], LATER)
    assert resolve(identities, PHONE) == resolve(identities, CUSTOMER) == older


def test_a_device_and_a_cart_alone_prove_nothing(identities: Any) -> None:
    by_device, by_cart = profiles(identities, [DEVICE], [CART])
    found = join(identities, DEVICE, CART)
    assert (found.profile, found.merges) == (by_device, ())
    assert resolve(identities, CART) == by_cart


def test_what_no_signed_source_vouches_for_joins_nobody(identities: Any) -> None:
    profiles(identities, [CUSTOMER], [CART], [EMAIL])
    unsure = replace(EMAIL, verified=False)
    assert join(identities, CUSTOMER, unsure).merges == ()
    assert join(identities, CUSTOMER, replace(CART, verified=False)).merges == ()
    assert join(identities, unsure, CART).merges == ()


def test_an_unconfirmed_address_gives_nobody_the_profile_of_its_owner(identities: Any) -> None:
    owner = resolve(identities, EMAIL)
    stranger = Identifier("customer", "666", "shopify/main", verified=True)
    assert resolve(identities, stranger, replace(EMAIL, verified=False)) != owner
    assert resolve(identities, EMAIL) == owner


def test_two_devices_of_one_person_become_one(identities: Any) -> None:
    one, other = profiles(identities, [DEVICE], [OTHER_DEVICE])
    assert resolve(identities, MEMBER, DEVICE) == one
    found = join(identities, MEMBER, OTHER_DEVICE)
    assert (found.profile, found.merges) == (one, (Merge(other, one),))


def test_a_shared_device_glues_nobody(identities: Any) -> None:
    first = resolve(identities, MEMBER, DEVICE)
    second = join(identities, OTHER_MEMBER, DEVICE)
    assert second.profile != first
    assert second.merges == ()
    assert resolve(identities, MEMBER, DEVICE) == resolve(identities, DEVICE) == first
    assert resolve(identities, OTHER_MEMBER, DEVICE) == second.profile


def test_two_customers_of_one_shop_stay_two_whatever_they_share(identities: Any) -> None:
    first = resolve(identities, CUSTOMER, EMAIL)
    second = Identifier("customer", "43", "shopify/main", verified=True)
    assert resolve(identities, second, EMAIL) != first
    known = resolve(identities, second, PHONE)
    found = join(identities, second, EMAIL)
    assert (found.profile, found.merges) == (known, ())


def test_customers_of_two_sources_are_one_where_a_statement_names_both(identities: Any) -> None:
    first, second = join(identities, MEMBER, at=NOW).profile, join(identities, CUSTOMER, PHONE).profile
    found = join(identities, MEMBER, PHONE)
    assert (found.profile, found.merges) == (first, (Merge(second, first),))


def test_what_a_loser_held_keeps_its_winner_apart_from_others(identities: Any) -> None:
    """After customer 42 became member 1, customer 43 can no longer become member 1."""
    first = join(identities, MEMBER, at=NOW).profile
    join(identities, CUSTOMER, PHONE)
    identities.settle([join(identities, MEMBER, PHONE)], LATER)
    other = join(identities, Identifier("customer", "43", "shopify/main", verified=True), EMAIL).profile
    found = join(identities, MEMBER, EMAIL)
    assert (found.profile, found.merges) == (first, ())
    assert resolve(identities, EMAIL) == other


def test_merges_of_three_meet_at_one_in_any_order(identities: Any) -> None:
    first = join(identities, MEMBER, at=NOW).profile
    second = join(identities, PHONE, at=NOW + timedelta(minutes=1)).profile
    third = join(identities, CART).profile
    one = join(identities, PHONE, CART)
    other = join(identities, MEMBER, PHONE)
    assert one.merges == (Merge(third, second),)
    assert other.merges == (Merge(second, first),)
    # Neither was settled: who meets the cart now is told the whole way.
    again = join(identities, MEMBER, CART)
    assert again.profile == first
    assert set(again.merges) == {Merge(third, second), Merge(second, first)}
    identities.settle([one, other, again], LATER)
    assert {resolve(identities, each) for each in (MEMBER, PHONE, CART)} == {first}


def test_one_statement_may_join_many(identities: Any) -> None:
    carts = [Identifier("cart", f"c-{n}", "shopify/main", verified=True) for n in range(9)]
    anonymous = profiles(identities, *([cart] for cart in carts))
    found = join(identities, CUSTOMER, *carts)
    assert found.profile == anonymous[0]
    assert set(found.merges) == {Merge(loser, found.profile) for loser in anonymous[1:]}
    identities.settle([found], LATER)
    assert {resolve(identities, cart) for cart in carts} == {found.profile}


def test_an_id_met_first_beside_a_stale_row_goes_to_the_winner(identities: Any) -> None:
    first, second = join(identities, MEMBER, at=NOW).profile, join(identities, PHONE).profile
    join(identities, MEMBER, PHONE)  # and the process was gone before the row followed
    found = join(identities, EMAIL, PHONE)
    assert (found.profile, found.merges) == (first, (Merge(second, first),))
    assert resolve(identities, EMAIL) == first


def test_a_cart_does_not_speak_for_a_known_person(identities: Any) -> None:
    known = resolve(identities, CUSTOMER, CART)
    assert resolve(identities, BOOKED, CART) != known
    assert resolve(identities, CART) == known
