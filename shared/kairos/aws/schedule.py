"""One EventBridge schedule that fires once and deletes itself: its name says all about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from kairos.aws.errors import calling, error_code
from kairos.domain.instant import require_utc

# The API model's own pattern for a schedule's name; a profile id of 26 characters and the minute make 39.
NAME = re.compile(r"[0-9a-zA-Z\-_.]{1,64}")
RETRY = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


def schedule_once(client: Any, name: str, group: str, at: datetime, target: Mapping[str, Any]) -> None:
    """Let `target` be called at a minute (UTC), with Scheduler's longest patience. That it is there is success."""
    try:
        with calling("scheduler"):
            client.create_schedule(
                Name=name,
                GroupName=group,
                ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M}:00)",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={**target, "RetryPolicy": RETRY},
            )
    except ClientError as error:
        if error_code(error) != "ConflictException":
            raise


def minute_name(prefix: str, at: datetime) -> str:
    """Return `<prefix>-<yyyymmddHHMM>`. Raises ValueError for what Scheduler would refuse or round."""
    if require_utc(at).second or at.microsecond:
        raise ValueError(f"a schedule is for a whole minute, not {at}")
    name = f"{prefix}-{at:%Y%m%d%H%M}"
    if not NAME.fullmatch(name):
        raise ValueError(f"Scheduler takes no schedule called {name!r}")
    return name
