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

from kairos.aws.schedule import minute_name, schedule_once


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
        target = {
            "Arn": self._target.walk_arn,
            "RoleArn": self._target.role_arn,
            "Input": json.dumps({"walk": walk}),
            "DeadLetterConfig": {"Arn": self._target.dead_letter_arn},
        }
        schedule_once(self._client, round_name(walk, at), self._target.group, at, target)


def round_name(walk: str, at: datetime) -> str:
    """Return `walk-<walk>-<yyyymmddHHMM>`. Raises ValueError for what Scheduler would refuse or round."""
    return minute_name(f"walk-{walk}", at)
