"""Parking: what cannot be done is kept with its reason, once."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.aws.parking import SqsParking
from kairos.memory import MemoryParking
from tests.aws.cloud import Cloud


class _Memory:
    def __init__(self) -> None:
        self.parking: Any = MemoryParking()

    def parked(self) -> list[tuple[str, Any, str]]:
        return list(self.parking.parked)


class _Sqs:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._url = cloud.queue(fifo=True)
        self.parking: Any = SqsParking(cloud.client("sqs"), self._url)

    def parked(self) -> list[tuple[str, Any, str]]:
        return [(body["group"], body["parked"], body["reason"]) for body in self._cloud.bodies(self._url)]


@pytest.fixture
def place(kind: str, cloud: Cloud) -> Any:
    return _Memory() if kind == "memory" else _Sqs(cloud)


def test_the_thing_stays_with_its_reason(place: Any) -> None:
    place.parking.park({"id": "e1", "properties": {"total": [1, 2.5, None]}}, "total: expected a number", group="p1")
    expected = ("p1", {"id": "e1", "properties": {"total": [1, 2.5, None]}}, "total: expected a number")
    assert place.parked() == [expected]


def test_parking_it_again_changes_nothing(place: Any) -> None:
    for _ in range(2):
        place.parking.park({"id": "e1"}, "bad", group="p1")
    place.parking.park({"id": "e1"}, "worse", group="p1")
    assert [reason for _, _, reason in place.parked()] == ["bad", "worse"]
