"""The stub answers real clients of botocore as AWS would, as far as the hot path goes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from bench.stub import serve

PROFILE = {"profile": {"S": "p"}, "version": {"N": "1"}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = serve()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(url: str) -> Any:
    session = Session()
    session.set_credentials("AKIABENCHBENCHBENCH1", "bench")
    config = Config(retries={"total_max_attempts": 1})
    return lambda service: session.create_client(service, "eu-west-1", endpoint_url=url, config=config)


def test_an_item_is_read_as_it_was_written(client: Any) -> None:
    dynamodb = client("dynamodb")
    item = {"message": {"S": "m"}, "state": {"B": b"\x00\xff"}, "n": {"N": "3"}}
    dynamodb.put_item(TableName="messages", Item=item)
    assert dynamodb.get_item(TableName="messages", Key={"message": {"S": "m"}})["Item"] == item
    assert "Item" not in dynamodb.get_item(TableName="messages", Key={"message": {"S": "other"}})


def test_what_is_there_is_not_made_again_and_is_shown(client: Any) -> None:
    dynamodb = client("dynamodb")
    put = {"TableName": "identities", "ConditionExpression": "attribute_not_exists(#identity)"}
    dynamodb.put_item(Item={"identity": {"S": "i"}, "profile": {"S": "first"}}, **put)
    with pytest.raises(ClientError) as caught:
        dynamodb.put_item(Item={"identity": {"S": "i"}, "profile": {"S": "second"}}, **put)
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert caught.value.response["Item"]["profile"] == {"S": "first"}  # type: ignore[typeddict-item]


def test_a_profile_is_written_on_its_version_only(client: Any) -> None:
    dynamodb = client("dynamodb")
    dynamodb.put_item(TableName="customers", Item=PROFILE)
    later = {**PROFILE, "version": {"N": "2"}}
    condition = {"ConditionExpression": "version = :version", "TableName": "customers"}
    dynamodb.put_item(Item=later, ExpressionAttributeValues={":version": {"N": "1"}}, **condition)
    with pytest.raises(ClientError):
        dynamodb.put_item(Item=later, ExpressionAttributeValues={":version": {"N": "1"}}, **condition)


def test_an_update_sets_what_it_names(client: Any) -> None:
    dynamodb = client("dynamodb")
    key = {"profile": {"S": "p"}, "ref": {"S": "profile"}}
    dynamodb.update_item(
        TableName="contacts",
        Key=key,
        UpdateExpression="SET #f0 = :f0, seen = :at",
        ExpressionAttributeNames={"#f0": "f#email"},
        ExpressionAttributeValues={":f0": {"S": "x"}, ":at": {"S": "now"}},
    )
    found = dynamodb.batch_get_item(RequestItems={"contacts": {"Keys": [key]}})["Responses"]["contacts"]
    assert found == [{**key, "f#email": {"S": "x"}, "seen": {"S": "now"}}]


def test_messages_are_accepted_in_order(client: Any) -> None:
    sqs = client("sqs")
    entries = [{"Id": str(n), "MessageBody": f"{n}", "MessageGroupId": "g"} for n in range(3)]
    answer = sqs.send_message_batch(QueueUrl="http://localhost/1/inbox.fifo", Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["0", "1", "2"]


def test_mail_schedules_and_objects_are_taken(client: Any) -> None:
    raw = {"Content": {"Raw": {"Data": b"mail"}}, "ConfigurationSetName": "c"}
    assert client("sesv2").send_email(**raw)["MessageId"]
    target = {"Arn": "arn:aws:sqs:eu-west-1:123456789012:q", "RoleArn": "arn:aws:iam::123456789012:role/r"}
    once = {"Name": "n", "ScheduleExpression": "at(2030-01-01T00:00:00)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    assert client("scheduler").create_schedule(Target=target, **once)["ScheduleArn"]
    s3 = client("s3")
    s3.put_object(Bucket="b", Key="k", Body=b"bundle")
    assert s3.get_object(Bucket="b", Key="k")["Body"].read() == b"bundle"
