"""Rounds in EventBridge Scheduler: one schedule per walk and minute, which invokes the walk function.

The function must not call itself through a queue of its own: Lambda would take it for a runaway loop and stop it at the
sixteenth turn, and the queue would be asked for work all day.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from kairos.aws.alarms import NAME, RETRY
from kairos.aws.errors import calling, error_code
from kairos.domain.instant import require_utc


@dataclass(frozen=True, slots=True)
class WalkTarget:
    """What every round invokes: the walk function, through a role, and where it goes when it cannot."""

    group: str
    walk_arn: str
    role_arn: str
    dead_letter_arn: str


class SchedulerRounds:
    """Rounds."""

    def __init__(self, client: Any, target: WalkTarget) -> None:
        self._client = client
        self._target = target

    def call(self, walk: str, at: datetime) -> None:
        try:
            with calling("scheduler"):
                self._client.create_schedule(
                    Name=round_name(walk, at),
                    GroupName=self._target.group,
                    ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M}:00)",
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={
                        "Arn": self._target.walk_arn,
                        "RoleArn": self._target.role_arn,
                        "Input": json.dumps({"walk": walk}),
                        "DeadLetterConfig": {"Arn": self._target.dead_letter_arn},
                        "RetryPolicy": RETRY,
                    },
                )
        except ClientError as error:
            if error_code(error) != "ConflictException":
                raise


def round_name(walk: str, at: datetime) -> str:
    """Return `walk-<walk>-<yyyymmddHHMM>`. Raises ValueError for what Scheduler would refuse or round."""
    if require_utc(at).second or at.microsecond:
        raise ValueError(f"a round is called for a whole minute, not {at}")
    name = f"walk-{walk}-{at:%Y%m%d%H%M}"
    if not NAME.fullmatch(name):
        raise ValueError(f"Scheduler takes no schedule called {name!r}")
    return name
