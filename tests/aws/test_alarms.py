"""A schedule is what Scheduler accepts, and says where it goes when it cannot ring."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from kairos.aws.alarms import SchedulerAlarms, Target, alarm_name
from kairos.domain.errors import Throttled, Unavailable
from tests.aws.fakes import FakeClient, aws_error

AT = datetime(2026, 11, 22, 4, 5, tzinfo=UTC)
PROFILE = "k3nyq7bxw2k3nyq7bxw2k3nyq7"
TARGET = Target("kairos-dev", "arn:inbox", "arn:role", "arn:dead")


def test_a_schedule_rings_the_inbox_once_and_deletes_itself() -> None:
    client = FakeClient(create_schedule=[{}])
    SchedulerAlarms(client, TARGET).arm(PROFILE, AT)
    ((_, schedule),) = client.calls
    assert schedule["Name"] == f"{PROFILE}-202611220405"
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (
        "at(2026-11-22T04:05:00)",
        "UTC",
    )
    assert (schedule["GroupName"], schedule["ActionAfterCompletion"]) == ("kairos-dev", "DELETE")
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    target = schedule["Target"]
    assert (target["Arn"], target["RoleArn"], target["DeadLetterConfig"]) == (
        "arn:inbox",
        "arn:role",
        {"Arn": "arn:dead"},
    )
    assert target["SqsParameters"] == {"MessageGroupId": PROFILE}
    assert json.loads(target["Input"]) == {"profile": PROFILE, "wake": "schedule", "correlation": schedule["Name"]}
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


def test_an_alarm_that_is_there_already_is_success() -> None:
    SchedulerAlarms(FakeClient(create_schedule=[aws_error("ConflictException", 409)]), TARGET).arm(PROFILE, AT)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (aws_error("ThrottlingException", 429), Throttled),
        (aws_error("ServiceQuotaExceededException", 402), Throttled),
        (aws_error("InternalServerException", 500), Unavailable),
        (aws_error("ValidationException"), ClientError),
    ],
)
def test_other_answers_are_not(error: ClientError, ours: type[Exception]) -> None:
    with pytest.raises(ours):
        SchedulerAlarms(FakeClient(create_schedule=[error]), TARGET).arm(PROFILE, AT)


@pytest.mark.parametrize(
    ("profile", "at"),
    [
        ("p" * 52, AT),
        ("p 1", AT),
        ("p/1", AT),
        ("가", AT),
        ("p1", AT + timedelta(seconds=1)),
        ("p1", AT.replace(tzinfo=None)),
        ("p1", AT.astimezone(timezone(timedelta(hours=9)))),
    ],
)
def test_what_scheduler_would_refuse_or_ring_at_another_time_is_refused_before(profile: str, at: datetime) -> None:
    with pytest.raises(ValueError):
        alarm_name(profile, at)
