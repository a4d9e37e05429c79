"""Alarms in EventBridge Scheduler: one schedule per profile and minute, which puts a wake-up into the inbox.

Its name says all about it, so creating it again is the same alarm. It deletes itself after it rang.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kairos.app.ports import InboxMessage
from kairos.aws.inbox import message_body
from kairos.aws.schedule import minute_name, schedule_once


@dataclass(frozen=True, slots=True)
class Target:
    """What every alarm rings: the inbox, through a role, and where it goes when it cannot."""

    group: str
    inbox_arn: str
    role_arn: str
    dead_letter_arn: str


class SchedulerAlarms:
    """Alarms."""

    def __init__(self, client: Any, target: Target) -> None:
        self._client = client
        self._target = target

    def arm(self, profile: str, at: datetime) -> None:
        name = alarm_name(profile, at)
        schedule_once(self._client, name, self._target.group, at, self._ring(profile, name))

    def _ring(self, profile: str, name: str) -> dict[str, Any]:
        # The name travels along: the queue tells messages apart by their content, and an alarm four minutes after
        # another must not be taken for its echo.
        return {
            "Arn": self._target.inbox_arn,
            "RoleArn": self._target.role_arn,
            "Input": message_body(InboxMessage(profile, wake="schedule", correlation=name)),
            "SqsParameters": {"MessageGroupId": profile},
            "DeadLetterConfig": {"Arn": self._target.dead_letter_arn},
        }


def alarm_name(profile: str, at: datetime) -> str:
    """Return `<profile>-<yyyymmddHHMM>`. Raises ValueError for what Scheduler would refuse or round."""
    return minute_name(profile, at)
