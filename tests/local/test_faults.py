"""Refusals on demand, and a process killed between any two calls."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kairos.local import LocalCloud
from tests.local.conftest import START, message, post

SITES = [
    (function, nth) for function, nth in (("web", 1), ("web", 2), ("take", 1), ("take", 2), ("react", 1), ("send", 1))
]


@pytest.mark.parametrize(
    ("service", "operation", "kind", "code"),
    [
        ("dynamodb", "GetItem", "throttle", "ProvisionedThroughputExceededException"),
        ("dynamodb", "GetItem", "conflict", "TransactionConflictException"),
        ("dynamodb", "*", "unavailable", "ServiceUnavailable"),
        ("sqs", "SendMessage", "throttle", "RequestThrottled"),
        ("s3", "GetObject", "throttle", "SlowDown"),
    ],
)
def test_the_next_calls_fail_as_asked_and_then_no_more(
    cloud: LocalCloud, service: str, operation: str, kind: Any, code: str
) -> None:
    cloud.fault(service, operation, 2, kind)
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "dynamodb": ("get_item", {"TableName": "Kairos-local-NotesTable", "Key": {"note": {"S": "x"}}}),
        "sqs": ("send_message", {"QueueUrl": cloud.queues["late"].url, "MessageBody": "x"}),
        "s3": ("get_object", {"Bucket": "kairos-local-bucket", "Key": "x"}),
    }
    name, params = calls[service]
    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            getattr(cloud.session.client(service), name)(**params)
        assert caught.value.response["Error"]["Code"] == code
    with suppress(cloud.session.client("s3").exceptions.NoSuchKey):
        getattr(cloud.session.client(service), name)(**params)


def test_a_call_whose_answer_is_lost_has_taken_effect(cloud: LocalCloud) -> None:
    cloud.fault("sns", "Publish", kind="lost")
    cloud.fault("dynamodb", "PutItem", kind="lost")
    sns, table = cloud.session.client("sns"), cloud.session.client("dynamodb")
    item = {"note": {"S": "kept"}}
    with pytest.raises(ClientError) as caught:
        sns.publish(PhoneNumber="+821000000000", Message="x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 408
    with pytest.raises(ClientError):
        table.put_item(TableName="Kairos-local-NotesTable", Item=item)
    assert [sms.text for sms in cloud.sms] == ["x"]
    assert table.get_item(TableName="Kairos-local-NotesTable", Key=item)["Item"] == item


def test_a_fault_may_be_for_one_function_only(cloud: LocalCloud) -> None:
    cloud.fault("sqs", "SendMessage", 1, "throttle", function="react")
    assert post(cloud, message("p1", "a", to="x@example.com")).status == 202
    assert cloud.emails == []
    cloud.advance(by=timedelta(minutes=2))
    assert len(cloud.emails) == 1, "the stream tried again"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("function", "nth"), SITES)
def test_whatever_is_killed_between_any_two_calls_all_is_done_in_the_end(
    template: dict[str, Any], function: str, nth: int, when: Any
) -> None:
    with LocalCloud(template, START) as cloud:
        cloud.kill(function, nth, when)
        wanted = [message("p1", "a", to="a@example.com"), message("p2", "b", to="b@example.com")]
        for _ in range(3):  # a sender that hears nothing good sends again
            if post(cloud, *wanted).status == 202:
                break
        cloud.advance(by=timedelta(minutes=10))
        assert cloud.parts.wire.trouble.crashes == [], "the crash has come"
        assert {email.to[0] for email in cloud.emails} == {"a@example.com", "b@example.com"}
        assert {item["profile"]: item["notes"] for item in cloud.tables["customers"]} == {"p1": ["a"], "p2": ["b"]}
        assert all(len(queue) == 0 for queue in cloud.queues.values())


def test_a_kill_can_let_invocations_pass_first(cloud: LocalCloud) -> None:
    cloud.kill("web", 1, "before", skip=1)
    assert [post(cloud, message("p", f"n{i}")).status for i in range(3)] == [202, 500, 202]


def test_call_sites_name_where_a_function_can_be_killed(cloud: LocalCloud) -> None:
    post(cloud, message("p1", "a", to="x@example.com"))
    assert cloud.call_sites == [
        ("web", 1, "sqs", "SendMessage"),
        ("take", 1, "dynamodb", "GetItem"),
        ("take", 2, "dynamodb", "UpdateItem"),
        ("react", 1, "sqs", "SendMessage"),
        ("send", 1, "sesv2", "SendEmail"),
    ]


def test_every_call_passes_the_gates_with_its_function_and_parameters(cloud: LocalCloud) -> None:
    from kairos.local.call import Call
    from kairos.local.errors import AwsError

    seen: list[Call] = []

    def gate(call: Call) -> None:
        seen.append(call)
        if call.service == "dynamodb":
            raise AwsError("AccessDeniedException", "not granted")

    cloud.parts.wire.gates.append(gate)
    post(cloud, message("p1", "a"))
    assert [(call.function, call.service, call.operation) for call in seen] == [
        ("web", "sqs", "SendMessage"),
        ("take", "dynamodb", "GetItem"),
    ]
    assert seen[0].params["MessageGroupId"] == "p1"
    assert len(cloud.queues["inbox"]) == 1
