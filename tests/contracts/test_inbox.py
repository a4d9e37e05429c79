"""Inbox: one group per profile, in order, each message once within its five minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from kairos.app.ports import InboxMessage
from kairos.aws.inbox import SqsInbox, read_body
from kairos.domain.event import Event
from kairos.memory import MemoryClock, MemoryInbox
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, 30, tzinfo=UTC)


class Queue(Protocol):
    """What both sides of a queue look like to these tests."""

    clock: MemoryClock

    def put(self, *messages: InboxMessage) -> None: ...
    def drain(self) -> list[InboxMessage]: ...


class _Memory:
    def __init__(self) -> None:
        self.clock = MemoryClock(NOW)
        self._inbox = MemoryInbox(self.clock)

    def put(self, *messages: InboxMessage) -> None:
        self._inbox.put(messages)

    def drain(self) -> list[InboxMessage]:
        found: list[InboxMessage] = []
        while taken := self._inbox.receive():
            self._inbox.delete([one.id for one in taken])
            found += [one.message for one in taken]
        return found


class _Sqs:
    def __init__(self, cloud: Cloud) -> None:
        self.clock = MemoryClock(NOW)
        self._cloud = cloud
        self._url = cloud.queue(fifo=True)
        self._inbox = SqsInbox(cloud.client("sqs"), self._url, self.clock)

    def put(self, *messages: InboxMessage) -> None:
        self._inbox.put(messages)

    def drain(self) -> list[InboxMessage]:
        return [read_body(message["Body"]) for message in self._cloud.drain(self._url)]


@pytest.fixture
def queue(kind: str, cloud: Cloud) -> Queue:
    return _Memory() if kind == "memory" else _Sqs(cloud)


def _event(id: str, profile: str = "p1", **values: Any) -> Event:
    return Event(id, "cart_updated", profile, NOW, NOW, **values)


def _message(*ids: str, profile: str = "p1") -> InboxMessage:
    return InboxMessage(profile, tuple(_event(id, profile) for id in ids), correlation="c1")


def test_events_arrive_as_they_were_put(queue: Queue) -> None:
    message = InboxMessage("p1", (_event("e1", properties={"name": "김밥 \ud800 \x00 \uffff", "n": 1.5}),), None, "c1")
    queue.put(message)
    assert queue.drain() == [message]


def test_a_wake_up_says_who_rang(queue: Queue) -> None:
    queue.put(InboxMessage("p1", wake="sweep"))
    assert queue.drain() == [InboxMessage("p1", wake="sweep")]


def test_a_group_keeps_its_order(queue: Queue) -> None:
    messages = [_message(f"e{number}") for number in range(23)]
    queue.put(*messages)
    assert queue.drain() == messages


def test_the_same_events_are_one_message(queue: Queue) -> None:
    queue.put(_message("e1", "e2"))
    queue.put(_message("e1", "e2"), _message("e1"))
    assert queue.drain() == [_message("e1", "e2"), _message("e1")]


def test_equal_event_ids_of_two_profiles_are_two_messages(queue: Queue) -> None:
    queue.put(_message("e1"), _message("e1", profile="p2"))
    assert {message.profile for message in queue.drain()} == {"p1", "p2"}


def test_a_wake_up_is_one_within_the_minute_and_another_in_the_next(queue: Queue) -> None:
    queue.put(InboxMessage("p1", wake="sweep"))
    queue.clock.advance(timedelta(seconds=29))
    queue.put(InboxMessage("p1", wake="sweep"))
    assert len(queue.drain()) == 1
    queue.clock.advance(timedelta(seconds=1))
    queue.put(InboxMessage("p1", wake="sweep"))
    assert len(queue.drain()) == 1


def test_ringers_and_correlations_tell_wake_ups_apart(queue: Queue) -> None:
    queue.put(
        InboxMessage("p1", wake="sweep"),
        InboxMessage("p1", wake="dispatch", correlation="p1@1"),
        InboxMessage("p1", wake="dispatch", correlation="p1@2"),
        InboxMessage("p1", wake="dispatch", correlation="p1@2"),
    )
    assert [message.correlation for message in queue.drain()] == ["", "p1@1", "p1@2"]


def test_nothing_to_put_is_no_call(queue: Queue) -> None:
    queue.put()
    assert queue.drain() == []
