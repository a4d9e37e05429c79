"""Walks: a record each, written by whoever read its last revision."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.aws.walks import DynamoWalks
from kairos.domain.errors import AlreadyDone, VersionConflict
from kairos.domain.walk import Walk
from kairos.memory import MemoryWalks
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, 30, 1, tzinfo=UTC)
WALK = Walk("20261122t041030-abcdef", "enroll", NOW, NOW + timedelta(minutes=1), journeys=("a", "b"))


@pytest.fixture
def walks(kind: str, cloud: Cloud) -> Any:
    return MemoryWalks() if kind == "memory" else DynamoWalks(cloud.client("dynamodb"), cloud.table("config"))


def test_a_walk_is_read_as_it_was_added(walks: Any) -> None:
    assert walks.read(WALK.id) is None
    walks.add(WALK)
    assert walks.read(WALK.id) == WALK


def test_every_part_of_it_survives(walks: Any) -> None:
    whole = replace(
        WALK,
        segment="vips",
        about="broadcast",
        state="stopped",
        cursors=("", None, "p1", *("",) * 5),
        looked_at=9,
        woken=3,
        read_units=1.5,
        profiles=10,
        per_second=50.0,
        failures=2,
        error="Throttled: inbox — 잠시",
        ended_at=NOW,
        what={"at": "2026-12-24 10:00", "properties": {"mm": 7.5, "하나": [None, True]}},
        confirm_by=NOW,
    )
    walks.add(whole)
    assert walks.read(whole.id) == whole


def test_the_same_walk_is_added_once(walks: Any) -> None:
    walks.add(WALK)
    with pytest.raises(AlreadyDone):
        walks.add(replace(WALK, journeys=()))
    assert walks.read(WALK.id) == WALK


def test_of_two_who_read_one_revision_one_writes(walks: Any) -> None:
    walks.add(WALK)
    first = walks.save(replace(WALK, woken=1))
    assert (first.revision, walks.read(WALK.id)) == (1, first)
    with pytest.raises(VersionConflict):
        walks.save(replace(WALK, woken=2))
    assert walks.save(replace(first, woken=2)).revision == 2


def test_a_walk_that_is_gone_is_not_written(walks: Any) -> None:
    walks.add(WALK)
    walks.remove(WALK.id)
    with pytest.raises(VersionConflict):
        walks.save(WALK)
    walks.remove(WALK.id)
    assert walks.all() == []


def test_the_newest_comes_first(walks: Any) -> None:
    days = [replace(WALK, id=f"202611{day:02}t000000-abcdef") for day in (3, 1, 2)]
    for walk in days:
        walks.add(walk)
    assert [walk.id[6:8] for walk in walks.all()] == ["03", "02", "01"]
