"""What alarms keep beyond their contract: they ring when their minute has come, and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kairos.memory import MemoryAlarms, MemoryClock

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock(NOW)


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
