"""A write by decide, seen through the table's stream, is the image dispatch works with."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.aws.customers import DynamoCustomers
from kairos.aws.stream import read_image, read_images
from kairos.domain.effects import Arm, Send
from kairos.domain.errors import BadInput, Unavailable
from kairos.domain.profile import Profile
from kairos.memory import MemoryParking
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
EFFECTS = (Arm("p1", NOW), Send("p1", "m1", "email", True, 1, "c1"))


def as_lambda_sends(value: Any) -> Any:
    """Return a stream record with its binaries in base64."""
    if isinstance(value, dict):
        return {key: as_lambda_sends(item) for key, item in value.items()}
    return b64encode(value).decode() if isinstance(value, bytes) else value


def written(cloud: Cloud, *writes: tuple[Profile, tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return the stream's records of some writes, as Lambda sends them."""
    table = cloud.table("customers")
    for profile, effects in writes:
        DynamoCustomers(cloud.client("dynamodb"), table).write(profile, effects, NOW, None)
    stream = cloud.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    streams = cloud.client("dynamodbstreams")
    (shard,) = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    start = streams.get_shard_iterator(StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    found = streams.get_records(ShardIterator=start)["Records"]
    return [as_lambda_sends(record) for record in found]


def test_a_write_carries_its_stamped_effects(cloud: Cloud) -> None:
    records = written(cloud, (Profile("p1", NOW), EFFECTS), (Profile("p1", NOW, version=1), ()))
    first, second = map(read_image, records)
    assert (first.profile, first.version, first.stamp, first.effects) == ("p1", 1, 1, EFFECTS)
    assert first.correlation == "c1"
    assert (second.version, second.effects) == (2, ())
    assert first.sequence != second.sequence


def test_a_removed_item_has_no_effects() -> None:
    image = read_image({"dynamodb": {"Keys": {"profile": {"S": "p1"}}, "SequenceNumber": "9"}})
    assert (image.profile, image.sequence, image.effects) == ("p1", "9", ())


def record(effects: str) -> dict[str, Any]:
    """Return a record whose effects are these bytes."""
    image = {"version": {"N": "1"}, "effects": {"B": effects}}
    return {"dynamodb": {"Keys": {"profile": {"S": "p1"}}, "SequenceNumber": "9", "NewImage": image}}


@pytest.mark.parametrize("effects", ["", "%%%", b64encode(b"junk").decode()])
def test_effects_that_are_none_are_bad_input(effects: str) -> None:
    with pytest.raises(BadInput):
        read_image(record(effects))


def test_unreadable_effects_are_parked_and_the_batch_goes_on(cloud: Cloud) -> None:
    parking = MemoryParking()
    (good,) = written(cloud, (Profile("p1", NOW), EFFECTS))
    images, unreadable = read_images([record("%%%"), good], parking)
    assert ([image.effects for image in images], unreadable) == ([EFFECTS], 1)
    ((group, what, reason),) = parking.parked
    assert (group, what["image"]) == ("p1", {"B": "%%%"})
    assert reason.startswith("effects:")


def test_unreadable_effects_that_cannot_be_parked_come_again() -> None:
    class Full:
        def park(self, what: Any, reason: str, *, group: str) -> None:
            raise Unavailable("parking")

    with pytest.raises(Unavailable):
        read_images([record("%%%")], Full())
