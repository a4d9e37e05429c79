"""Rounds: a walk is called once a minute at most, however often it is asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.aws.rounds import SchedulerRounds, WalkTarget, round_name
from kairos.memory import MemoryClock, MemoryRounds
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, 30, tzinfo=UTC)
AT = datetime(2026, 11, 22, 4, 12, tzinfo=UTC)
WALK = "20261122t041030-abcdef"
ARN = "arn:aws:lambda:eu-west-1:1:function:kairos-dev-walk"


class _Memory:
    def __init__(self) -> None:
        self.rounds: Any = MemoryRounds(MemoryClock(NOW))

    def called(self) -> list[str]:
        found: list[str] = self.rounds.due(NOW + timedelta(days=1))
        return found


class _Scheduler:
    def __init__(self, cloud: Cloud) -> None:
        self._scheduler = cloud.client("scheduler")
        self._group = cloud.group()
        self.rounds: Any = SchedulerRounds(
            self._scheduler, WalkTarget(self._group, ARN, "arn:aws:iam::1:role/call", "arn:dead")
        )

    def called(self) -> list[str]:
        listed = self._scheduler.list_schedules(GroupName=self._group)["Schedules"]
        found = [self._scheduler.get_schedule(GroupName=self._group, Name=each["Name"]) for each in listed]
        assert all(each["Target"]["Arn"] == ARN for each in found)
        assert all(each["ActionAfterCompletion"] == "DELETE" for each in found)
        assert all(each["Target"]["DeadLetterConfig"] == {"Arn": "arn:dead"} for each in found)
        return [json.loads(each["Target"]["Input"])["walk"] for each in found]


@pytest.fixture
def clock(kind: str, cloud: Cloud) -> Any:
    return _Memory() if kind == "memory" else _Scheduler(cloud)


def test_a_round_calls_its_walk(clock: Any) -> None:
    clock.rounds.call(WALK, AT)
    assert clock.called() == [WALK]


def test_calling_again_for_the_same_minute_is_the_same_round(clock: Any) -> None:
    clock.rounds.call(WALK, AT)
    clock.rounds.call(WALK, AT)
    clock.rounds.call(WALK, AT + timedelta(minutes=1))
    assert clock.called() == [WALK, WALK]


def test_a_round_is_for_a_whole_minute(clock: Any) -> None:
    with pytest.raises(ValueError, match="whole minute"):
        clock.rounds.call(WALK, AT + timedelta(seconds=1))


def test_a_name_that_scheduler_refuses_is_refused_before_it_is_asked() -> None:
    assert round_name(WALK, AT) == f"walk-{WALK}-202611220412"
    with pytest.raises(ValueError, match="no schedule called"):
        round_name("x" * 60, AT)
