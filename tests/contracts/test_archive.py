"""Archive: every record is there once the call has returned, as it was given, however large the batch."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from kairos.aws.archive import FirehoseArchive
from kairos.memory import MemoryArchive
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


class _Memory:
    def __init__(self) -> None:
        self.archive: Any = MemoryArchive()

    def kept(self) -> list[dict[str, Any]]:
        name = self.archive.close(NOW)
        return [json.loads(line) for line in self.archive.lines(name)] if name else []


class _Firehose:
    """moto writes each record of a stream at once, as an object of its own."""

    def __init__(self, cloud: Cloud) -> None:
        self._s3, self._bucket = cloud.client("s3"), cloud.bucket()
        self.archive: Any = FirehoseArchive(partial(cloud.client, "firehose"), cloud.stream(self._bucket))

    def kept(self) -> list[dict[str, Any]]:
        listed = self._s3.list_objects_v2(Bucket=self._bucket).get("Contents", [])
        bodies = [self._s3.get_object(Bucket=self._bucket, Key=each["Key"])["Body"].read() for each in listed]
        return [json.loads(line) for body in bodies for line in body.splitlines()]


@pytest.fixture
def shelf(kind: str, cloud: Cloud) -> Any:
    return _Memory() if kind == "memory" else _Firehose(cloud)


def record(number: int, size: int = 10) -> dict[str, Any]:
    return {"profile": "p1", "version": number, "note": "가" * (size // 3), "odd": "a\nb\ud800"}


def test_what_was_put_is_there_as_it_was(shelf: Any) -> None:
    shelf.archive.put([record(1), record(2)])
    shelf.archive.put([record(3)])
    assert sorted(shelf.kept(), key=lambda kept: int(kept["version"])) == [record(1), record(2), record(3)]


def test_more_than_a_call_takes_is_all_kept(shelf: Any) -> None:
    shelf.archive.put([record(number, 400_000) for number in range(25)])
    assert Counter(kept["version"] for kept in shelf.kept()) == Counter(range(25))


def test_nothing_is_put_for_nothing(shelf: Any) -> None:
    shelf.archive.put([])
    assert shelf.kept() == []
