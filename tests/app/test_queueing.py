"""What makes two queue messages the same one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.ports import InboxMessage
from kairos.app.queueing import deduplication_id
from kairos.domain.event import Event

NOW = datetime(2026, 11, 22, 4, 10, 30, tzinfo=UTC)


def events(*ids: str, profile: str = "p1") -> InboxMessage:
    return InboxMessage(profile, tuple(Event(id, "cart_updated", profile, NOW, NOW) for id in ids))


def test_events_are_the_same_whenever_they_are_put() -> None:
    assert deduplication_id(events("e1", "e2"), NOW) == deduplication_id(events("e1", "e2"), NOW + timedelta(days=1))


@pytest.mark.parametrize("other", [events("e1"), events("e2", "e1"), events("e1e2"), events("e1", "e2", profile="p2")])
def test_other_events_are_another_message(other: InboxMessage) -> None:
    assert deduplication_id(other, NOW) != deduplication_id(events("e1", "e2"), NOW)


def test_a_wake_up_is_the_same_within_its_minute() -> None:
    wake = InboxMessage("p1", wake="sweep")
    assert deduplication_id(wake, NOW) == deduplication_id(wake, NOW.replace(second=59))
    assert deduplication_id(wake, NOW) != deduplication_id(wake, NOW + timedelta(minutes=1))
    assert deduplication_id(wake, NOW) != deduplication_id(InboxMessage("p1", wake="sweep", correlation="x"), NOW)


def test_an_id_is_what_sqs_takes() -> None:
    assert all(character.isalnum() for character in deduplication_id(events("e 1/ü"), NOW))
    assert len(deduplication_id(events("e" * 500), NOW)) <= 128
