"""Alarms in EventBridge Scheduler: one schedule per profile and minute, which puts a wake-up into the inbox.

Its name says all about it, so creating it again is the same alarm. It deletes itself after it rang.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from kairos.app.ports import InboxMessage
from kairos.aws.errors import calling, error_code
from kairos.aws.inbox import message_body
from kairos.domain.instant import require_utc

# The API model's own pattern for a schedule's name; a profile id of 26 characters and the minute make 39.
NAME = re.compile(r"[0-9a-zA-Z\-_.]{1,64}")
RETRY = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


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
        try:
            with calling("scheduler"):
                self._client.create_schedule(
                    Name=name,
                    GroupName=self._target.group,
                    ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M}:00)",
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target=self._ring(profile, name),
                )
        except ClientError as error:
            if error_code(error) != "ConflictException":
                raise

    def _ring(self, profile: str, name: str) -> dict[str, Any]:
        # The name travels along: the queue tells messages apart by their content, and an alarm four minutes after
        # another must not be taken for its echo.
        return {
            "Arn": self._target.inbox_arn,
            "RoleArn": self._target.role_arn,
            "Input": message_body(InboxMessage(profile, wake="schedule", correlation=name)),
            "SqsParameters": {"MessageGroupId": profile},
            "DeadLetterConfig": {"Arn": self._target.dead_letter_arn},
            "RetryPolicy": RETRY,
        }


def alarm_name(profile: str, at: datetime) -> str:
    """Return `<profile>-<yyyymmddHHMM>`. Raises ValueError for what Scheduler would refuse or round."""
    if require_utc(at).second or at.microsecond:
        raise ValueError(f"an alarm is for a whole minute, not {at}")
    name = f"{profile}-{at:%Y%m%d%H%M}"
    if not NAME.fullmatch(name):
        raise ValueError(f"Scheduler takes no schedule called {name!r}")
    return name
