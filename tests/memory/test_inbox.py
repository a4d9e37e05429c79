"""What the inbox keeps beyond its contract: groups that are locked, and a memory of five minutes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kairos.app.ports import InboxMessage
from kairos.memory import DEDUPLICATION, MemoryClock, MemoryInbox

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
