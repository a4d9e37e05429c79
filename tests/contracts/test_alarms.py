"""Alarms: one per profile and minute, which rings the profile's group in the inbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.ports import InboxMessage
from kairos.aws.alarms import SchedulerAlarms, Target
from kairos.aws.inbox import read_body
from kairos.memory import MemoryAlarms, MemoryClock
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, 30, tzinfo=UTC)
AT = datetime(2026, 11, 22, 4, 15, tzinfo=UTC)


class _Memory:
    def __init__(self) -> None:
        self.alarms: Any = MemoryAlarms(MemoryClock(NOW))

    def rings(self) -> list[InboxMessage]:
        return sorted(self.alarms.ring(NOW + timedelta(days=2)), key=lambda ring: ring.correlation)


class _Scheduler:
    def __init__(self, cloud: Cloud) -> None:
        self._scheduler = cloud.client("scheduler")
        self._group = cloud.group()
        target = Target(self._group, "arn:aws:sqs:eu-west-1:1:inbox.fifo", "arn:aws:iam::1:role/ring", "arn:dead")
        self.alarms: Any = SchedulerAlarms(self._scheduler, target)

    def rings(self) -> list[InboxMessage]:
        names = [each["Name"] for each in self._scheduler.list_schedules(GroupName=self._group)["Schedules"]]
        schedules = [self._scheduler.get_schedule(GroupName=self._group, Name=name) for name in sorted(names)]
        assert all(json.loads(each["Target"]["Input"]) for each in schedules)
        return [read_body(each["Target"]["Input"]) for each in schedules]


@pytest.fixture
def clock(kind: str, cloud: Cloud) -> Any:
    return _Memory() if kind == "memory" else _Scheduler(cloud)


def test_an_alarm_wakes_its_profile(clock: Any) -> None:
    clock.alarms.arm("p1", AT)
    assert clock.rings() == [InboxMessage("p1", wake="schedule", correlation="p1-202611220415")]


def test_arming_again_is_the_same_alarm(clock: Any) -> None:
    clock.alarms.arm("p1", AT)
    clock.alarms.arm("p1", AT)
    assert len(clock.rings()) == 1


def test_two_minutes_and_two_profiles_are_alarms_of_their_own_with_bodies_of_their_own(clock: Any) -> None:
    for profile, at in [("p1", AT), ("p1", AT + timedelta(minutes=1)), ("p2", AT)]:
        clock.alarms.arm(profile, at)
    rings = clock.rings()
    assert len({(ring.profile, ring.correlation) for ring in rings}) == len(rings) == 3


@pytest.mark.parametrize("odd", [timedelta(seconds=1), timedelta(microseconds=1)])
def test_only_whole_minutes_can_be_armed(clock: Any, odd: timedelta) -> None:
    with pytest.raises(ValueError):
        clock.alarms.arm("p1", AT + odd)
