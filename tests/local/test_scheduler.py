"""Scheduler's checks, and its alarms going off."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kairos.local import LocalCloud
from tests.local.conftest import START

ROLE = "arn:aws:iam::123456789012:role/scheduler"


def schedule(
    cloud: LocalCloud, at: str = "at(2026-03-01T09:05:00)", queue: str = "late", **changes: Any
) -> dict[str, Any]:
    target = {"Arn": cloud.queues[queue].arn, "RoleArn": ROLE, "Input": '{"wake": 1}', **changes.pop("Target", {})}
    return {
        "Name": "p1-202603010905",
        "GroupName": "kairos-local",
        "ScheduleExpression": at,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": target,
        **changes,
    }


def create(cloud: LocalCloud, **params: Any) -> Any:
    return cloud.session.client("scheduler").create_schedule(**params)


def refusal(cloud: LocalCloud, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        create(cloud, **params)
    return str(caught.value.response["Error"]["Code"])


def names(cloud: LocalCloud) -> list[str]:
    found = cloud.session.client("scheduler").list_schedules(GroupName="kairos-local")["Schedules"]
    return [entry["Name"] for entry in found]


def test_a_schedule_fires_at_its_minute_and_deletes_itself(cloud: LocalCloud) -> None:
    create(cloud, **schedule(cloud))
    cloud.advance(to=START + timedelta(minutes=4, seconds=59))
    assert (len(cloud.queues["late"]), names(cloud)) == (0, ["p1-202603010905"])
    cloud.advance(by=timedelta(seconds=1))
    (message,) = cloud.queues["late"]
    assert (message.body, message.sent_at) == ('{"wake": 1}', START + timedelta(minutes=5))
    assert names(cloud) == []


def test_without_delete_a_schedule_stays_and_does_not_fire_again(cloud: LocalCloud) -> None:
    create(cloud, **schedule(cloud, ActionAfterCompletion="NONE"))
    cloud.advance(by=timedelta(days=2))
    assert (len(cloud.queues["late"]), names(cloud)) == (1, ["p1-202603010905"])


def test_a_zone_counts(cloud: LocalCloud) -> None:
    create(cloud, **schedule(cloud, "at(2026-03-01T18:30:00)", ScheduleExpressionTimezone="Asia/Seoul"))
    cloud.advance(by=timedelta(minutes=30))
    assert next(iter(cloud.queues["late"])).sent_at == START + timedelta(minutes=30)


def test_a_fifo_target_gets_group_and_content_as_its_id(cloud: LocalCloud) -> None:
    wake = {"Input": json.dumps({"profile": "p1", "note": "wake"}), "SqsParameters": {"MessageGroupId": "p1"}}
    for name in ("one", "two"):
        create(cloud, **schedule(cloud, queue="inbox", Name=name, Target=wake))
    cloud.advance(by=timedelta(minutes=5))
    assert cloud.tables["customers"].get("p1") is not None
    assert cloud.tables["customers"].items()[0]["notes"] == ["wake"], "the second ring within five minutes is the first"


def test_the_universal_target_calls_sqs_with_its_parameters(cloud: LocalCloud) -> None:
    params = {
        "QueueUrl": cloud.queues["parked"].url,
        "MessageBody": "x",
        "MessageGroupId": "g",
        "MessageDeduplicationId": "1",
    }
    universal = {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": json.dumps(params)}
    create(cloud, **schedule(cloud, Target=universal))
    cloud.advance(by=timedelta(minutes=5))
    assert [(message.body, message.group) for message in cloud.queues["parked"]] == [("x", "g")]


def test_what_a_target_refuses_for_good_goes_to_the_dead_letters(cloud: LocalCloud) -> None:
    target = {
        "Arn": "arn:aws:sqs:ap-northeast-2:123456789012:gone",
        "DeadLetterConfig": {"Arn": cloud.queues["lost"].arn},
    }
    create(cloud, **schedule(cloud, Target=target))
    cloud.advance(by=timedelta(minutes=5))
    (message,) = cloud.queues["lost"]
    assert message.body == '{"wake": 1}'
    assert message.attributes["ERROR_CODE"]["StringValue"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_throttled_target_is_tried_again(cloud: LocalCloud) -> None:
    cloud.fault("sqs", "SendMessage", 3, "throttle", function="scheduler")
    create(cloud, **schedule(cloud))
    cloud.advance(by=timedelta(minutes=5))
    assert len(cloud.queues["late"]) == 0
    cloud.advance(by=timedelta(minutes=1))
    assert len(cloud.queues["late"]) == 1


def test_patience_ends_with_the_retry_policy(cloud: LocalCloud) -> None:
    cloud.fault("sqs", "SendMessage", 3, "throttle", function="scheduler")
    limited = {"RetryPolicy": {"MaximumRetryAttempts": 2}, "DeadLetterConfig": {"Arn": cloud.queues["lost"].arn}}
    create(cloud, **schedule(cloud, Target=limited))
    cloud.advance(by=timedelta(minutes=10))
    assert (len(cloud.queues["late"]), len(cloud.queues["lost"])) == (0, 1)


def test_a_rate_fires_again_and_again_and_a_disabled_schedule_never(cloud: LocalCloud) -> None:
    create(cloud, **schedule(cloud, "rate(10 minutes)"))
    create(cloud, **schedule(cloud, "rate(1 minute)", Name="off", State="DISABLED"))
    cloud.advance(by=timedelta(hours=1))
    assert len(cloud.queues["late"]) == 6


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Name": "a b"}, "ValidationException"),
        ({"Name": "x" * 65}, "ValidationException"),
        ({"Name": "한글"}, "ValidationException"),
        ({"GroupName": "nobody"}, "ResourceNotFoundException"),
        ({"at": "at(2026-03-01T08:59:00)"}, "ValidationException"),
        ({"at": "at(2026-02-30T08:59:00)"}, "ValidationException"),
        ({"at": "at(2026-03-02T09:00:00Z)"}, "ValidationException"),
        ({"at": "rate(1 hours)"}, "ValidationException"),
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "ValidationException"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "ValidationException"),
        ({"queue": "inbox"}, "ValidationException"),
        ({"Target": {"RoleArn": "nobody"}}, "ValidationException"),
        ({"Target": {"Input": "x" * 262_145}}, "ValidationException"),
        ({"Target": {"DeadLetterConfig": {"Arn": "arn:aws:sqs:r:1:dead.fifo"}}}, "ValidationException"),
    ],
)
def test_scheduler_refuses(cloud: LocalCloud, changes: dict[str, Any], code: str) -> None:
    assert refusal(cloud, **schedule(cloud, **changes)) == code


def test_a_second_schedule_of_a_name_is_a_conflict_and_the_same_token_is_not(cloud: LocalCloud) -> None:
    first = create(cloud, **schedule(cloud), ClientToken="once")
    assert create(cloud, **schedule(cloud), ClientToken="once") == first
    assert refusal(cloud, **schedule(cloud), ClientToken="twice") == "ConflictException"


def test_get_update_and_delete(cloud: LocalCloud) -> None:
    client, key = cloud.session.client("scheduler"), {"Name": "p1-202603010905", "GroupName": "kairos-local"}
    create(cloud, **schedule(cloud))
    assert client.get_schedule(**key)["CreationDate"] == START
    client.update_schedule(**schedule(cloud, "at(2026-03-01T10:00:00)"))
    cloud.advance(by=timedelta(minutes=30))
    assert len(cloud.queues["late"]) == 0
    client.delete_schedule(**key)
    cloud.advance(by=timedelta(hours=1))
    assert len(cloud.queues["late"]) == 0
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_schedule(**key)


def test_a_group_taken_away_takes_its_alarms_with_it(cloud: LocalCloud) -> None:
    create(cloud, **schedule(cloud))
    cloud.session.client("scheduler").delete_schedule_group(Name="kairos-local")
    cloud.advance(by=timedelta(hours=1))
    assert len(cloud.queues["late"]) == 0
    assert refusal(cloud, **schedule(cloud)) == "ResourceNotFoundException"
