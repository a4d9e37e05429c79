"""Gates and merges: a message follows its customer, and waits where the merge has not arrived."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.domain.profile import Parcel, Profile
from tests.app.delivery import ADDRESS, NOON, World, profile

PARCEL = Parcel("m", "state", "…", NOON + timedelta(minutes=15), 1)


def merged(world: World, id: str, into: str, *, shipping: bool = False) -> None:
    """Make a profile one that became another."""
    loser = Profile(id, NOON, merged_into=into, parcels={"m": PARCEL} if shipping else {})
    stored = world.customers.read(id)
    world.customers.write(replace(loser, version=stored.version if stored else 0), (), None, None)


def winner(world: World, id: str, *former: str) -> None:
    world.customers.write(replace(profile(id), former=(id, *former)), (), None, None)


def outcome(world: World) -> tuple[str, str]:
    [done] = world.run()
    return (done.outcome.kind, done.outcome.code)


def test_a_message_follows_a_chain_whose_middle_never_had_it() -> None:
    """p1 became p2, which passed its state on to p3 as it came: only p3 lists p1."""
    world = World()
    merged(world, "p1", "p2")
    merged(world, "p2", "p3")
    winner(world, "p3", "p1", "p2")
    assert outcome(world) == ("sent", "")
    assert [event.profile for event in world.reports()] == ["p3"]


@pytest.mark.parametrize("former", [(), ("p1",), ("p2",)])
def test_a_message_waits_until_all_of_a_chain_has_arrived(former: tuple[str, ...]) -> None:
    world = World()
    merged(world, "p1", "p2")
    merged(world, "p2", "p3")
    winner(world, "p3", *former)
    assert outcome(world) == ("waiting", "merging")
    assert world.channel.taken == []


def test_a_message_waits_for_a_customer_who_is_not_there_before_the_merge_arrives() -> None:
    world = World()
    merged(world, "p1", "p2", shipping=True)
    assert outcome(world) == ("waiting", "merging")


def test_a_message_for_a_customer_who_was_erased_after_the_merge_goes_to_nobody() -> None:
    world = World()
    merged(world, "p1", "p2")
    assert outcome(world) == ("not_sent", "erased")
    assert world.reports() == []


@pytest.mark.parametrize("erased", ["p1", "p2"])
def test_a_message_for_a_profile_that_is_marked_as_erased_goes_to_nobody(erased: str) -> None:
    world = World()
    merged(world, "p1", "p2")
    winner(world, "p2", "p1")
    stored = world.customers.read(erased)
    assert stored is not None
    world.customers.write(Profile(erased, NOON, version=stored.version, erased_at=NOON), (), None, None)
    assert outcome(world) == ("not_sent", "erased")
    assert world.reports() == []
    assert world.channel.taken == []


def test_a_message_follows_its_customer_into_another_profile_and_finds_contacts_under_both() -> None:
    world = World()
    winner = profile("p2")
    winner.former = ("p1",)
    world.customers.write(winner, (), None, None)
    loser = world.customer
    loser.messages.clear()
    loser.merged_into = "p2"
    world.save()
    world.contacts.put("p2", "profile", {"first_name": "Anna"}, NOON + timedelta(days=1))
    world.run()
    [delivery] = world.channel.taken
    assert (delivery.address, delivery.rendered.parts["subject"]) == (ADDRESS, "Hi Anna")
    assert [event.profile for event in world.reports()] == ["p2"]


def test_a_message_whose_merge_is_under_way_waits_for_it() -> None:
    world = World()
    world.customers.write(replace(profile("p2"), messages={}), (), None, None)
    world.customer.merged_into = "p2"
    world.save()
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("waiting", "merging")
    assert [message for _, message in world.queued()] == [world.request]
    assert (world.channel.taken, world.reports(), world.ledger.rows) == ([], [], {})


def test_profiles_that_point_at_each_other_do_not_spin() -> None:
    world = World()
    other = profile("p2")
    other.merged_into, other.former = "p1", ("p1",)
    world.customers.write(other, (), None, None)
    world.customer.merged_into, world.customer.former = "p2", ("p2",)
    world.save()
    [done] = world.run()
    assert done.outcome.kind == "not_sent"
    assert world.channel.taken == []
