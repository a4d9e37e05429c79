"""Complaints: what was sent and complained of in a week, counted once, and the stop that stays until it is lifted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.deliver.breaker import Reception
from kairos.aws.complaints import DynamoComplaints
from kairos.memory import MemoryComplaints
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def complaints(kind: str, cloud: Cloud) -> Any:
    if kind == "memory":
        return MemoryComplaints()
    return DynamoComplaints(cloud.client("dynamodb"), cloud.table("messages"))


def test_before_anything_was_sent_nothing_is_known(complaints: Any) -> None:
    assert complaints.read("email", NOW) == Reception()


def test_what_is_sent_adds_up_and_a_complaint_told_twice_is_one(complaints: Any) -> None:
    complaints.note_sent("email", 10, NOW)
    complaints.note_sent("email", 5, NOW + timedelta(hours=3))
    for event in ("e1", "e2", "e1"):
        complaints.note_complaint("email", event, NOW)
    assert complaints.read("email", NOW) == Reception(15, 2)
    assert complaints.read("sms", NOW) == Reception()


def test_a_day_counts_for_a_week(complaints: Any) -> None:
    complaints.note_sent("email", 7, NOW)
    complaints.note_complaint("email", "e1", NOW)
    assert complaints.read("email", NOW + 6 * DAY) == Reception(7, 1)
    assert complaints.read("email", NOW + 7 * DAY) == Reception()


def test_what_left_the_window_is_cleared_away_by_whoever_writes_next(complaints: Any) -> None:
    for day in range(10):
        complaints.note_sent("email", 1, NOW + day * DAY)
        complaints.note_complaint("email", f"e{day}", NOW + day * DAY)
    assert complaints.read("email", NOW + 9 * DAY) == Reception(7, 7)


def test_a_stop_stays_since_it_was_made_until_it_is_lifted_and_then_counting_begins_anew(complaints: Any) -> None:
    complaints.note_sent("email", 7, NOW)
    complaints.stop("email", NOW)
    complaints.stop("email", NOW + DAY)
    assert complaints.read("email", NOW + DAY).stopped_at == NOW
    complaints.lift("email")
    assert complaints.read("email", NOW) == Reception()
    complaints.lift("email")


def test_the_row_stays_small_and_names_nobody(kind: str, complaints: Any, cloud: Cloud) -> None:
    if kind == "memory":
        pytest.skip("a dictionary has no row")
    complaints.note_complaint("email", "an-event-of-somebody", NOW)
    (row,) = complaints._client.scan(TableName=complaints._table)["Items"]
    assert "somebody" not in str(row)
    assert set(row) == {"message", "c#2026-11-22"}
