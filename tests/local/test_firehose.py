"""Firehose: records by size or age into objects, in the name of the stream's role, and notices of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kairos.local import LocalCloud
from kairos.local.errors import Unplayable
from tests.local.conftest import START

STREAM = "kairos-local-archive"


@pytest.fixture
def cloud(synthesised: Path) -> Iterator[LocalCloud]:
    with LocalCloud.from_template(synthesised, START) as cloud:
        yield cloud


def put(cloud: LocalCloud, *data: bytes) -> dict[str, Any]:
    records = [{"Data": each} for each in data]
    answer: dict[str, Any] = cloud.session.client("firehose").put_record_batch(
        DeliveryStreamName=STREAM, Records=records
    )
    return answer


def objects(cloud: LocalCloud) -> dict[str, bytes]:
    s3, bucket = cloud.session.client("s3"), cloud.outputs["ArchiveBucket"]
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {name: gzip.decompress(s3.get_object(Bucket=bucket, Key=name)["Body"].read()) for name in names}


def test_records_of_a_minute_become_one_object_by_the_hour_and_are_told_of(cloud: LocalCloud) -> None:
    before = set(objects(cloud))
    tallied = cloud.invocations["tally"]
    put(cloud, b"1\n", b"2\n")
    cloud.advance(by=timedelta(seconds=59))
    put(cloud, b"3\n")
    assert set(objects(cloud)) == before
    cloud.advance(by=timedelta(seconds=1))
    ((name, body),) = [(name, body) for name, body in objects(cloud).items() if name not in before]
    assert body == b"1\n2\n3\n"
    assert name.startswith(f"decisions/{cloud.now:%Y/%m/%d/%H}/{STREAM}-1-")
    assert cloud.invocations["tally"] == tallied + 1


def test_five_megabytes_do_not_wait_for_the_minute(cloud: LocalCloud) -> None:
    before = set(objects(cloud))
    for _ in range(6):
        put(cloud, b"x" * 1_000_000)
    cloud.settle()
    assert len(set(objects(cloud)) - before) == 1
    cloud.advance(by=timedelta(minutes=1))


@pytest.mark.parametrize("data", [[b"x" * 1_024_001], [b"x" * 1_000_000] * 5, [b"x"] * 501])
def test_what_firehose_refuses_is_refused_whole(cloud: LocalCloud, data: list[bytes]) -> None:
    before = len(objects(cloud))
    with pytest.raises(ClientError):
        put(cloud, *data)
    cloud.advance(by=timedelta(minutes=2))
    assert len(objects(cloud)) == before


def test_no_function_but_decide_may_put_records(cloud: LocalCloud) -> None:
    with cloud.acting("decide"):
        put(cloud, b"1\n")
    with cloud.acting("tally"), pytest.raises(ClientError, match="AccessDenied"):
        put(cloud, b"1\n")
    assert [denial.action for denial in cloud.take_denied()] == ["firehose:PutRecordBatch"]
    cloud.advance(by=timedelta(minutes=1))


def test_a_role_that_may_not_write_keeps_the_records_for_later(synthesised: Path) -> None:
    template = json.loads(synthesised.read_text())
    policy = template["Resources"]["ArchiveRoleDefaultPolicy"]["Properties"]["PolicyDocument"]
    policy["Statement"] = [each for each in policy["Statement"] if "s3:PutObject" not in each["Action"]]
    with LocalCloud(template, START) as cloud:
        put(cloud, b"1\n")
        cloud.advance(by=timedelta(minutes=2))
        assert objects(cloud) == {}
        assert {denial.action for denial in cloud.take_denied()} == {"s3:PutObject"}


def test_a_stream_that_is_not_played_stops_the_start(synthesised: Path) -> None:
    template = json.loads(synthesised.read_text())
    to = template["Resources"]["ArchiveStream"]["Properties"]["ExtendedS3DestinationConfiguration"]
    to["ProcessingConfiguration"] = {"Enabled": True}
    with pytest.raises(Unplayable, match="ProcessingConfiguration"), LocalCloud(template, START):
        pass
