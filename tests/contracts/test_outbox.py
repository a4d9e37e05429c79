"""Outbox: two queues, so that marketing never stands before what a customer waits for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.ports import OutboxMessage
from kairos.aws.outbox import SqsOutbox, read_outbox
from kairos.domain.announcement import ANNOUNCED
from kairos.memory import MemoryClock, MemoryOutbox
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
RECEIPT = OutboxMessage("p1", "m1", "email", marketing=False, asks=1, correlation="c1")
OFFER = OutboxMessage("p2", "m2", "sms", marketing=True, asks=3)


class _Memory:
    def __init__(self) -> None:
        self.outbox: Any = MemoryOutbox(MemoryClock(NOW))

    def drain(self, marketing: bool | None) -> list[OutboxMessage]:
        box = self.outbox
        queue = {False: box.transactional, True: box.marketing, None: box.announcements}[marketing]
        return [message for at, message in queue if at <= NOW]


class _Sqs:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._urls = {False: cloud.queue(), True: cloud.queue(), None: cloud.queue()}
        self.outbox: Any = SqsOutbox(cloud.client("sqs"), *self._urls.values())

    def drain(self, marketing: bool | None) -> list[OutboxMessage]:
        return [read_outbox(message["Body"]) for message in self._cloud.drain(self._urls[marketing])]


@pytest.fixture
def queues(kind: str, cloud: Cloud) -> Any:
    return _Memory() if kind == "memory" else _Sqs(cloud)


def test_each_class_has_its_own_queue(queues: Any) -> None:
    queues.outbox.put([RECEIPT, OFFER])
    assert (queues.drain(False), queues.drain(True)) == ([RECEIPT], [OFFER])


def test_what_is_announced_waits_behind_no_message_and_none_behind_it(queues: Any) -> None:
    said = {"to": "crm", "type": "unsubscribed", "at": "2026-11-22T04:10:00Z", "data": {"profile": "p1", "이름": "김"}}
    announcement = OutboxMessage("p1", "a1", ANNOUNCED, False, 1, said=said)
    queues.outbox.put([RECEIPT, announcement, OFFER])
    assert (queues.drain(False), queues.drain(True), queues.drain(None)) == ([RECEIPT], [OFFER], [announcement])


def test_more_than_a_batch_is_all_accepted(queues: Any) -> None:
    many = [OutboxMessage("p1", f"m{number}", "email", True, 1) for number in range(25)]
    queues.outbox.put(many)
    assert sorted(message.message for message in queues.drain(True)) == sorted(message.message for message in many)


def test_a_delayed_message_is_not_there_yet(queues: Any) -> None:
    queues.outbox.put([RECEIPT], [900])
    assert queues.drain(False) == []


@pytest.mark.parametrize("seconds", [-1, 901])
def test_a_delay_that_sqs_does_not_know_is_refused(queues: Any, seconds: int) -> None:
    with pytest.raises(ValueError):
        queues.outbox.put([RECEIPT], [seconds])


def test_each_message_waits_for_its_own_time(queues: Any) -> None:
    queues.outbox.put([OFFER, RECEIPT, OFFER], [300, 0, 20])
    assert (queues.drain(False), queues.drain(True)) == ([RECEIPT], [])
