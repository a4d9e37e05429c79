"""Releases: bundles that never change, and one pointer that one writer at a time moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from kairos.app.ports import Pause, Pointer
from kairos.aws.releases import AwsReleases
from kairos.domain.errors import Unavailable, VersionConflict
from kairos.memory import MemoryReleases
from tests.aws.cloud import Cloud

ONE = Pointer("r1")
TWO = Pointer("r2", frozenset({"cart-rescue", "booking-care"}))
SINCE = datetime(2026, 11, 22, 3, 0, 0, 250_000, tzinfo=UTC)
PAUSES = {"cart-rescue": Pause(SINCE), "news": Pause(SINCE, SINCE + timedelta(days=1), "replan"), "*": Pause(SINCE)}
STOPPED = Pointer("r2", frozenset({"cart-rescue", "booking-care"}), stopped=True, pauses=PAUSES)


@pytest.fixture
def releases(kind: str, cloud: Cloud) -> Any:
    if kind == "memory":
        return MemoryReleases()
    return AwsReleases(cloud.client("dynamodb"), cloud.client("s3"), cloud.table("config"), cloud.bucket())


def test_before_the_first_publish_nothing_is_live(releases: Any) -> None:
    assert releases.pointer() is None
    assert releases.history() == []


def test_a_bundle_is_known_by_its_content(releases: Any) -> None:
    release = releases.put_bundle({"b": [1, 2.5, None], "a": {"이름": "봄날"}})
    assert releases.bundle(release) == {"a": {"이름": "봄날"}, "b": [1, 2.5, None]}
    assert releases.put_bundle({"a": {"이름": "봄날"}, "b": [1, 2.5, None]}) == release
    assert releases.put_bundle({"a": {}}) != release
    assert len(release) == 64


def test_a_bundle_that_is_not_there_is_unavailable(releases: Any) -> None:
    with pytest.raises(Unavailable):
        releases.bundle("0" * 64)


def test_the_pointer_moves_from_what_it_is(releases: Any) -> None:
    releases.point(ONE, None)
    releases.point(TWO, ONE)
    assert releases.pointer() == TWO


@pytest.mark.parametrize("old", [None, ONE, STOPPED])
def test_the_pointer_does_not_move_from_what_it_no_longer_is(releases: Any, old: Pointer | None) -> None:
    releases.point(ONE, None)
    releases.point(TWO, ONE)
    with pytest.raises(VersionConflict):
        releases.point(Pointer("r3"), old)
    assert releases.pointer() == TWO


def test_the_first_move_is_from_nothing(releases: Any) -> None:
    with pytest.raises(VersionConflict):
        releases.point(TWO, ONE)
    assert releases.pointer() is None


def test_history_is_newest_first_without_the_live_one(releases: Any) -> None:
    moves = [None, ONE, TWO, STOPPED, ONE]
    for old, new in pairwise(moves):
        releases.point(new, old)
    assert releases.history() == [STOPPED, TWO, ONE]
    assert releases.pointer() == ONE
