"""What memory keeps beyond its contracts: groups that are locked, a memory of five minutes, items that expire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.ports import Due, InboxMessage
from kairos.domain.effects import Arm, Effect
from kairos.domain.profile import Profile
from kairos.memory import DEDUPLICATION, MemoryAlarms, MemoryClock, MemoryCustomers, MemoryInbox

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


def wake(profile: str, who: str) -> InboxMessage:
    return InboxMessage(profile, wake=who)


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock(NOW)


def test_a_repetition_is_remembered_for_five_minutes_even_when_it_was_consumed(clock: MemoryClock) -> None:
    inbox = MemoryInbox(clock)
    message = InboxMessage("p1", wake="schedule", correlation="p1-202611220410")
    inbox.put([message])
    inbox.delete([one.id for one in inbox.receive()])
    inbox.put([message])
    assert inbox.waiting() == []
    clock.advance(DEDUPLICATION)
    inbox.put([message])
    assert inbox.waiting() == [message]


def test_a_group_is_locked_while_a_message_of_it_is_worked_on(clock: MemoryClock) -> None:
    inbox = MemoryInbox(clock)
    inbox.put([wake("p1", "a"), wake("p1", "b"), wake("p2", "a")])
    (first,) = inbox.receive(1)
    assert [one.message for one in inbox.receive()] == [wake("p2", "a")]
    inbox.delete([first.id])
    assert [one.message for one in inbox.receive()] == [wake("p1", "b")]


def test_what_is_given_back_keeps_its_place_and_sequence(clock: MemoryClock) -> None:
    inbox = MemoryInbox(clock)
    inbox.put([wake("p1", who) for who in "abc"])
    taken = inbox.receive(2)
    inbox.give_back([one.id for one in taken])
    again = inbox.receive()
    assert [one.message.wake for one in again] == ["a", "b", "c"]
    assert [one.sequence for one in again] == sorted(one.sequence for one in again)
    assert again[:2] == taken


def test_the_stream_gets_each_write_with_its_version() -> None:
    seen: list[tuple[str, int, tuple[Effect, ...]]] = []
    customers = MemoryCustomers(lambda *write: seen.append(write))
    customers.write(Profile("p1", NOW), [Arm("p1", NOW)], None, None)
    customers.write(Profile("p1", NOW, version=1), [], None, None)
    assert seen == [("p1", 1, (Arm("p1", NOW),)), ("p1", 2, ())]


def test_an_expired_item_is_gone_from_the_table_and_the_index() -> None:
    customers = MemoryCustomers()
    customers.write(Profile("p1", NOW), [], NOW, NOW + timedelta(days=1))
    customers.write(Profile("p2", NOW), [], NOW, NOW + timedelta(days=1))
    customers.write(Profile("p2", NOW, version=1), [], NOW, None)
    customers.expire(NOW + timedelta(days=1))
    assert customers.read("p1") is None
    assert list(customers.due(NOW, NOW, NOW + timedelta(minutes=1))) == [Due("p2", NOW)]


def test_alarms_ring_once_in_order(clock: MemoryClock) -> None:
    alarms = MemoryAlarms(clock)
    for minutes, profile in [(3, "p1"), (1, "p2"), (1, "p1"), (9, "p1")]:
        alarms.arm(profile, NOW + timedelta(minutes=minutes))
    rung = alarms.ring(NOW + timedelta(minutes=3))
    assert [one.correlation for one in rung] == ["p1-202611220411", "p2-202611220411", "p1-202611220413"]
    assert alarms.ring(NOW + timedelta(minutes=3)) == []


def test_an_alarm_in_the_past_is_refused(clock: MemoryClock) -> None:
    with pytest.raises(ValueError):
        MemoryAlarms(clock).arm("p1", NOW)
