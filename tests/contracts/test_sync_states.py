"""States of connections that are read: a row each, written by whoever read its last revision."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.sync.state import SyncState
from kairos.aws.sync_states import DynamoSyncStates
from kairos.domain.errors import TooLarge, VersionConflict
from kairos.memory import MemorySyncStates
from kairos.sources._pulling import Told
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, 30, 1, tzinfo=UTC)


@pytest.fixture
def states(kind: str, cloud: Cloud) -> Any:
    return MemorySyncStates() if kind == "memory" else DynamoSyncStates(cloud.client("dynamodb"), cloud.table("config"))


def test_a_connection_that_was_never_read_has_an_empty_state(states: Any) -> None:
    assert states.read("ical", "main") == SyncState("ical", "main")
    assert states.all() == []


def test_every_part_of_it_survives(states: Any) -> None:
    whole = SyncState(
        "gcal",
        "a.b-c_d",
        pages=7,
        cursor={"token": "x", "n": 1, "하나": [None, True]},
        told={"e1": Told("mark", NOW, ("p1", "p2"), "line"), "e2": Told("", NOW)},
        first_at=NOW,
        tried_at=NOW + timedelta(1),
        synced_at=NOW + timedelta(2),
        event_at=NOW + timedelta(3),
        next_at=NOW + timedelta(4),
        expires_at=NOW + timedelta(5),
        errors=2,
        error="feed is unavailable: 잠시",
        left_out=3,
    )
    saved = states.save(whole)
    assert saved == replace(whole, revision=1)
    assert states.read("gcal", "a.b-c_d") == saved
    assert states.all() == [saved]


def test_it_is_written_by_whoever_read_it_last_and_by_nobody_else(states: Any) -> None:
    first = states.save(SyncState("ical", "main"))
    with pytest.raises(VersionConflict):
        states.save(SyncState("ical", "main", errors=1))
    second = states.save(replace(first, errors=2))
    with pytest.raises(VersionConflict):
        states.save(replace(first, errors=3))
    assert states.read("ical", "main") == second


def test_all_come_in_the_order_of_their_names(states: Any) -> None:
    for source, connection in (("woocommerce", "a"), ("ical", "b"), ("ical", "a")):
        states.save(SyncState(source, connection))
    assert [state.key for state in states.all()] == ["ical/a", "ical/b", "woocommerce/a"]


def test_two_thousand_entries_fit_and_what_does_not_is_refused_before_it_is_sent(cloud: Cloud) -> None:
    states = DynamoSyncStates(cloud.client("dynamodb"), cloud.table("config"))
    mark = "0123456789abcdef0123"
    told = {f"{n:026}-20261122T040000": Told(mark, NOW, (f"{n:026}",), f"{n:026}2026-11-22") for n in range(2_000)}
    assert states.read("ical", "main").told == {}
    assert states.save(SyncState("ical", "main", told=told)).revision == 1
    with pytest.raises(TooLarge):
        states.save(SyncState("ical", "large", cursor={"x": "x" * 410_000}))
