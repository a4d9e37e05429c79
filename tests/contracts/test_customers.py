"""Customers and WakeIndex: one item per profile, one writer at a time, findable by when it wants to be looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from kairos.app.ports import Due
from kairos.aws.customers import DynamoCustomers, DynamoWakeIndex
from kairos.domain.effects import Arm
from kairos.domain.errors import VersionConflict
from kairos.domain.profile import Consent, Profile
from kairos.memory import MemoryCustomers
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
HOUR = NOW.replace(minute=0)
HOUR_END = HOUR + timedelta(hours=1)


@pytest.fixture
def store(kind: str, cloud: Cloud) -> tuple[Any, Any]:
    """Return (customers, wake index) over the same items."""
    if kind == "memory":
        memory = MemoryCustomers()
        return memory, memory
    table = cloud.table("customers")
    return DynamoCustomers(cloud.client("dynamodb"), table), DynamoWakeIndex(cloud.client("dynamodb"), table)


@pytest.fixture
def customers(store: tuple[Any, Any]) -> Any:
    return store[0]


def test_nobody_is_read_as_none(customers: Any) -> None:
    assert customers.read("nobody") is None


def test_what_was_written_is_read_as_the_next_version(customers: Any) -> None:
    profile = Profile("p1", NOW, traits={"tier": "vip"}, consents={("email", "marketing"): Consent(True, NOW)})
    customers.write(profile, [Arm("p1", NOW)], None, None)
    assert customers.read("p1") == replace(profile, version=1)


@pytest.mark.parametrize("wake_at", [None, NOW, NOW + timedelta(days=400, microseconds=1)])
def test_where_a_profile_stands_in_the_wake_index_is_read_with_it(customers: Any, wake_at: datetime | None) -> None:
    customers.write(Profile("p1", NOW, wake=NOW + timedelta(hours=1)), [], wake_at, None)
    assert customers.read("p1").wake == wake_at


def test_a_second_first_write_conflicts(customers: Any) -> None:
    customers.write(Profile("p1", NOW), [], None, None)
    with pytest.raises(VersionConflict):
        customers.write(Profile("p1", NOW, traits={"late": True}), [], None, None)
    assert customers.read("p1").traits == {}


def test_of_two_writers_that_read_the_same_version_one_conflicts(customers: Any) -> None:
    customers.write(Profile("p1", NOW), [], None, None)
    one, other = customers.read("p1").copy(), customers.read("p1").copy()
    one.traits["by"] = "one"
    other.traits["by"] = "other"
    customers.write(one, [], None, None)
    with pytest.raises(VersionConflict):
        customers.write(other, [], None, None)
    assert (customers.read("p1").traits, customers.read("p1").version) == ({"by": "one"}, 2)


def test_a_write_to_an_item_that_is_gone_conflicts(customers: Any) -> None:
    with pytest.raises(VersionConflict):
        customers.write(Profile("p1", NOW, version=3), [], None, None)


def test_a_profile_is_found_by_its_wake_time_and_no_longer_by_the_former_one(store: tuple[Any, Any]) -> None:
    customers, index = store
    customers.write(Profile("p1", NOW), [], NOW, None)
    assert list(index.due(NOW, HOUR, HOUR_END)) == [Due("p1", NOW)]
    later = NOW + timedelta(hours=3, microseconds=7)
    customers.write(customers.read("p1"), [], later, None)
    assert list(index.due(NOW, HOUR, HOUR_END)) == []
    assert list(index.due(later, later, later + timedelta(hours=1))) == [Due("p1", later)]


def test_a_profile_without_a_wake_time_is_in_no_hour(store: tuple[Any, Any]) -> None:
    customers, index = store
    customers.write(Profile("p1", NOW), [], NOW, None)
    customers.write(customers.read("p1"), [], None, None)
    assert list(index.due(NOW, HOUR, HOUR_END)) == []


def test_the_index_takes_its_lower_bound_in_and_leaves_its_upper_bound_out(store: tuple[Any, Any]) -> None:
    customers, index = store
    edges = [NOW - timedelta(microseconds=1), NOW, NOW + timedelta(minutes=5), NOW + timedelta(minutes=10)]
    for number, at in enumerate(edges):
        customers.write(Profile(f"p{number}", NOW), [], at, None)
    assert [due.profile for due in index.due(HOUR, NOW, edges[3])] == ["p1", "p2"]
    assert list(index.due(HOUR, NOW, NOW)) == []


def test_the_index_is_in_order_over_all_shards(store: tuple[Any, Any]) -> None:
    customers, index = store
    for number in range(60):
        customers.write(Profile(f"p{number:02}", NOW), [], HOUR + timedelta(minutes=(number * 37) % 60 // 3), None)
    found = list(index.due(HOUR, HOUR, HOUR_END))
    assert len(found) == 60
    assert all((one.at, one.profile) < (two.at, two.profile) for one, two in pairwise(found))


def test_a_crowded_instant_can_be_read_in_parts(store: tuple[Any, Any]) -> None:
    customers, index = store
    for number in range(25):
        customers.write(Profile(f"p{number}", NOW), [], NOW, None)
    customers.write(Profile("p", NOW), [], NOW + timedelta(minutes=1), None)
    everybody = list(index.due(HOUR, NOW, HOUR_END))
    for stopped in range(25):
        assert list(index.due(HOUR, NOW, HOUR_END, everybody[stopped].profile)) == everybody[stopped + 1 :]


def test_what_the_caller_changes_afterwards_is_not_stored(customers: Any) -> None:
    customers.write(Profile("p1", NOW), [], None, None)
    customers.read("p1").copy().traits["tier"] = "vip"
    assert customers.read("p1").traits == {}
