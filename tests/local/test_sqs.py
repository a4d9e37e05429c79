"""SQS's API through boto3: its answers and its refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from kairos.local import LocalCloud


@pytest.fixture
def sqs(cloud: LocalCloud) -> Any:
    return cloud.session.client("sqs")


@pytest.fixture
def parked(cloud: LocalCloud) -> str:
    """A FIFO queue without content-based de-duplication that nothing consumes."""
    return cloud.queues["parked"].url


@pytest.fixture
def late(cloud: LocalCloud) -> str:
    """A standard queue that nothing consumes."""
    return cloud.queues["late"].url


def refusal(act: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        act(**params)
    return str(caught.value.response["Error"]["Code"])


def test_send_receive_and_delete_go_round(sqs: Any, late: str) -> None:
    attributes = {"kind": {"DataType": "String", "StringValue": "x"}}
    sent = sqs.send_message(QueueUrl=late, MessageBody="안녕", MessageAttributes=attributes)
    (got,) = sqs.receive_message(QueueUrl=late, AttributeNames=["All"], MessageAttributeNames=["All"])["Messages"]
    assert (got["MessageId"], got["Body"], got["MessageAttributes"]) == (sent["MessageId"], "안녕", attributes)
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"
    assert got["Attributes"]["SentTimestamp"] == "1772355600000"
    assert "Messages" not in sqs.receive_message(QueueUrl=late, WaitTimeSeconds=20)
    sqs.delete_message(QueueUrl=late, ReceiptHandle=got["ReceiptHandle"])
    assert refusal(sqs.delete_message, QueueUrl=late, ReceiptHandle="never") == "ReceiptHandleIsInvalid"


def test_a_batch_fails_entry_by_entry(sqs: Any, late: str) -> None:
    entries = [{"Id": "good", "MessageBody": "x"}, {"Id": "bad", "MessageBody": "x", "DelaySeconds": 901}]
    answer = sqs.send_message_batch(QueueUrl=late, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    assert [(entry["Id"], entry["SenderFault"]) for entry in answer["Failed"]] == [("bad", True)]


def test_fifo_answers_carry_a_sequence_number_and_a_repeat_the_first_ones(
    cloud: LocalCloud, sqs: Any, parked: str
) -> None:
    say = {"QueueUrl": parked, "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    first, again = sqs.send_message(**say), sqs.send_message(**say)
    assert len(first["SequenceNumber"]) == 20
    assert (first["MessageId"], first["SequenceNumber"]) == (again["MessageId"], again["SequenceNumber"])
    cloud.advance(by=timedelta(minutes=5))
    assert sqs.send_message(**say)["SequenceNumber"] > first["SequenceNumber"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"MessageBody": ""}, "MissingParameter"),
        ({"MessageBody": "x\x00"}, "InvalidMessageContents"),
        ({"MessageBody": "가" * 349_526}, "InvalidParameterValue"),
        ({"MessageGroupId": "has space"}, "InvalidParameterValue"),
        ({"MessageGroupId": "g" * 129}, "InvalidParameterValue"),
        ({"MessageDeduplicationId": "한글"}, "InvalidParameterValue"),
        ({"DelaySeconds": 1}, "InvalidParameterValue"),
        (
            {"QueueUrl": "https://sqs.ap-northeast-2.amazonaws.com/123456789012/none"},
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
    ],
)
def test_a_fifo_queue_refuses(sqs: Any, parked: str, changes: dict[str, Any], code: str) -> None:
    good = {"QueueUrl": parked, "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    assert refusal(sqs.send_message, **{**good, **changes}) == code


def test_a_fifo_queue_needs_a_group_and_an_id_or_content(sqs: Any, parked: str, late: str) -> None:
    assert refusal(sqs.send_message, QueueUrl=parked, MessageBody="x") == "MissingParameter"
    assert refusal(sqs.send_message, QueueUrl=parked, MessageBody="x", MessageGroupId="g") == "InvalidParameterValue"
    assert (
        refusal(sqs.send_message, QueueUrl=late, MessageBody="x", MessageDeduplicationId="d") == "InvalidParameterValue"
    )


def test_one_mebibyte_is_the_most_that_a_message_or_batch_holds(sqs: Any, late: str) -> None:
    sqs.send_message(QueueUrl=late, MessageBody="x" * 1_048_576)
    halves = [{"Id": str(i), "MessageBody": "x" * 524_289} for i in range(2)]
    code = refusal(sqs.send_message_batch, QueueUrl=late, Entries=halves)
    assert code == "AWS.SimpleQueueService.BatchRequestTooLong"


def test_batches_have_one_to_ten_distinct_entries(sqs: Any, late: str) -> None:
    def send(*ids: str) -> str:
        return refusal(sqs.send_message_batch, QueueUrl=late, Entries=[{"Id": i, "MessageBody": "x"} for i in ids])

    assert send().endswith("EmptyBatchRequest")
    assert send("a", "a").endswith("BatchEntryIdsNotDistinct")
    assert send(*map(str, range(11))).endswith("TooManyEntriesInBatchRequest")
    assert send("has space").endswith("InvalidBatchEntryId")


def test_visibility_changes_within_twelve_hours(sqs: Any, late: str) -> None:
    sqs.send_message(QueueUrl=late, MessageBody="x")
    (got,) = sqs.receive_message(QueueUrl=late)["Messages"]
    handle = {"QueueUrl": late, "ReceiptHandle": got["ReceiptHandle"]}
    assert refusal(sqs.change_message_visibility, **handle, VisibilityTimeout=43_201) == "InvalidParameterValue"
    sqs.change_message_visibility(**handle, VisibilityTimeout=0)
    (again,) = sqs.receive_message(QueueUrl=late)["Messages"]
    answer = sqs.delete_message_batch(
        QueueUrl=late,
        Entries=[{"Id": "1", "ReceiptHandle": again["ReceiptHandle"]}, {"Id": "2", "ReceiptHandle": "no"}],
    )
    assert [entry["Id"] for entry in answer["Failed"]] == ["2"]


def test_attributes_names_and_purge(sqs: Any, parked: str) -> None:
    say = {"QueueUrl": parked, "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    sqs.send_message(**say)
    found = sqs.get_queue_attributes(QueueUrl=parked, AttributeNames=["All"])["Attributes"]
    assert (found["ApproximateNumberOfMessages"], found["FifoQueue"]) == ("1", "true")
    assert sqs.get_queue_url(QueueName="kairos-local-parked.fifo")["QueueUrl"] == parked
    sqs.purge_queue(QueueUrl=parked)
    found = sqs.get_queue_attributes(QueueUrl=parked, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert found == {"ApproximateNumberOfMessages": "0"}


def test_parameters_are_checked_as_botocore_does(sqs: Any) -> None:
    with pytest.raises(ParamValidationError):
        sqs.send_message(QueueUrl=1)
