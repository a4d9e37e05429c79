"""What a profile's item looks like from outside, and what happens where AWS would refuse it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kairos.aws.codec import read_effects
from kairos.aws.customers import PAGE, DynamoCustomers, DynamoWakeIndex
from kairos.domain.effects import Arm
from kairos.domain.errors import Throttled, TooLarge, Unavailable
from kairos.domain.profile import SCHEMA, Profile
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient, aws_error

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


def test_an_item_says_what_aws_must_see_and_nothing_more(cloud: Cloud) -> None:
    table = cloud.table("customers")
    customers = DynamoCustomers(cloud.client("dynamodb"), table)
    customers.write(Profile("p1", NOW), [Arm("p1", NOW)], NOW, NOW + timedelta(days=90))
    (item,) = cloud.items(table)
    assert set(item) == {"profile", "version", "schema", "state", "effects", "wake", "wake_at", "ttl"}
    assert (item["version"], item["schema"]) == ({"N": "1"}, {"N": str(SCHEMA)})
    assert read_effects(item["effects"]["B"]) == (1, (Arm("p1", NOW),))
    assert item["ttl"] == {"N": str(int((NOW + timedelta(days=90)).timestamp()))}


def test_a_write_without_effects_wake_time_and_end_leaves_no_trace_of_the_former_ones(cloud: Cloud) -> None:
    table = cloud.table("customers")
    customers = DynamoCustomers(cloud.client("dynamodb"), table)
    customers.write(Profile("p1", NOW), [Arm("p1", NOW)], NOW, NOW)
    customers.write(Profile("p1", NOW, version=1), [], None, None)
    (item,) = cloud.items(table)
    assert set(item) == {"profile", "version", "schema", "state"}


def test_an_item_of_a_newer_schema_is_not_touched(cloud: Cloud) -> None:
    table = cloud.table("customers")
    customers = DynamoCustomers(cloud.client("dynamodb"), table)
    customers.write(Profile("p1", NOW), [], None, None)
    (item,) = cloud.items(table)
    cloud.client("dynamodb").put_item(TableName=table, Item={**item, "schema": {"N": str(SCHEMA + 1)}})
    with pytest.raises(Unavailable, match="newer"):
        customers.read("p1")


def test_a_profile_beyond_400_kilobytes_is_too_large_and_not_written(cloud: Cloud) -> None:
    table = cloud.table("customers")
    customers = DynamoCustomers(cloud.client("dynamodb"), table)
    noise = random.Random(1).randbytes(450_000).hex()
    with pytest.raises(TooLarge):
        customers.write(Profile("p1", NOW, traits={"noise": noise}), [], None, None)
    assert cloud.items(table) == []


def test_a_throttled_read_says_so() -> None:
    client = FakeClient(get_item=[aws_error("ProvisionedThroughputExceededException")])
    with pytest.raises(Throttled):
        DynamoCustomers(client, "customers").read("p1")


def test_reads_are_strongly_consistent() -> None:
    client = FakeClient(get_item=[{}])
    assert DynamoCustomers(client, "customers").read("p1") is None
    assert client.calls[0][1]["ConsistentRead"] is True


def test_an_hour_is_read_in_pages(cloud: Cloud) -> None:
    table = cloud.table("customers")
    rows = [f"p{number:05}" for number in range(60)]
    customers = DynamoCustomers(cloud.client("dynamodb"), table)
    for row in rows:
        customers.write(Profile(row, NOW), [], NOW, None)

    class Paged:
        """A client whose pages hold three rows."""

        def query(self, *, Limit: int, **arguments: object) -> object:  # noqa: N803 - AWS's own name
            assert Limit == PAGE
            return cloud.client("dynamodb").query(Limit=3, **arguments)

    found = DynamoWakeIndex(Paged(), table).due(NOW, NOW, NOW + timedelta(hours=1))
    assert [due.profile for due in found] == rows


def test_a_version_read_is_the_one_a_write_must_find() -> None:
    client = FakeClient(put_item=[{}])
    DynamoCustomers(client, "customers").write(replace(Profile("p1", NOW), version=41), [], None, None)
    arguments = client.calls[0][1]
    assert arguments["ConditionExpression"] == "version = :version"
    assert arguments["ExpressionAttributeValues"] == {":version": {"N": "41"}}
    assert arguments["Item"]["version"] == {"N": "42"}
