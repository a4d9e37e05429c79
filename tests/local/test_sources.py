"""Queues and streams that start functions: batches, filters, partial answers, halving, giving up."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kairos.local import LocalCloud
from tests.local.conftest import START, message, post


def effect(cloud: LocalCloud, *bodies: dict[str, Any]) -> None:
    """Write effects into the table, all before the stream is looked at."""
    client = cloud.session.client("dynamodb")
    for i, body in enumerate(bodies):
        item = {"profile": {"S": f"p{i}"}, "effects": {"B": json.dumps(body).encode()}}
        client.put_item(TableName=cloud.outputs["CustomersTable"], Item=item)


def reached(cloud: LocalCloud) -> list[str]:
    return [email.subject for email in cloud.emails]


def mail(note: str, **fields: Any) -> dict[str, Any]:
    return {"to": "x@example.com", "note": note, **fields}


def test_a_poison_message_in_a_batch_of_ten_holds_up_its_own_group_only(cloud: LocalCloud) -> None:
    batch = [message(f"p{i}", "ok") for i in range(9)]
    post(cloud, *batch[:4], message("bad", "poison", fail=True), message("bad", "behind"), *batch[4:8])
    assert {item["profile"] for item in cloud.tables["customers"]} == {f"p{i}" for i in range(8)}
    cloud.advance(by=timedelta(minutes=3, seconds=1))
    notes = [json.loads(parked.body)["note"] for parked in cloud.queues["parked"]]
    assert notes == ["poison", "behind"], "received together as often, given up together, in order"
    post(cloud, message("bad", "later"))
    assert cloud.tables["customers"].get("bad") is not None, "the group is free again"


def test_an_exception_brings_the_whole_batch_back(cloud: LocalCloud) -> None:
    post(cloud, message("p1", "a"), message("p2", "b", crash=True))
    cloud.advance(by=timedelta(minutes=4))
    assert [parked.group for parked in cloud.queues["parked"]] == ["p2"] or len(cloud.queues["parked"]) == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        {"batchItemFailures": [{"wrong": "x"}]},
        {"batchItemFailures": 3},
    ],
)
def test_a_partial_answer_that_makes_no_sense_fails_the_batch(answer: Any) -> None:
    from kairos.local.function import Result
    from kairos.local.queue_source import _failed

    assert _failed(Result("f", "r", answer), {"m1"}) is None


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_empty_partial_answer_means_all_is_done(answer: Any) -> None:
    from kairos.local.function import Result
    from kairos.local.queue_source import _failed

    assert _failed(Result("f", "r", answer), {"m1"}) == set()


def test_queue_filters_delete_what_they_turn_away(template: dict[str, Any]) -> None:
    pattern = json.dumps({"body": {"kind": ["wanted"], "n": [{"numeric": [">", 3]}]}})
    template["Resources"]["SendOutbox"]["Properties"]["FilterCriteria"] = {"Filters": [{"Pattern": pattern}]}
    with LocalCloud(template, START) as cloud:
        client, url = cloud.session.client("sqs"), cloud.queues["outbox"].url
        for body in (
            {**mail("in"), "kind": "wanted", "n": 4},
            {**mail("out"), "kind": "wanted", "n": 3},
            {"kind": "x"},
            "text",
        ):
            client.send_message(QueueUrl=url, MessageBody=json.dumps(body) if body != "text" else "text")
        cloud.settle()
        assert (reached(cloud), len(cloud.queues["outbox"])) == (["in"], 0)


def test_stream_filters_spare_the_function_what_carries_no_effects(cloud: LocalCloud) -> None:
    client, table = cloud.session.client("dynamodb"), cloud.outputs["CustomersTable"]
    client.put_item(TableName=table, Item={"profile": {"S": "quiet"}})
    cloud.settle()
    assert cloud.invocations["react"] == 0
    effect(cloud, mail("loud"))
    cloud.settle()
    assert (cloud.invocations["react"], reached(cloud)) == (1, ["loud"])


@pytest.mark.parametrize("poison", ["raise", "report"])
def test_a_poison_record_is_found_by_halving_and_given_up_by_name(cloud: LocalCloud, poison: str) -> None:
    effect(cloud, *[mail(f"n{i}", **({"poison": poison} if i == 3 else {})) for i in range(8)])
    cloud.advance(by=timedelta(hours=1))
    assert set(reached(cloud)) == {f"n{i}" for i in range(8) if i != 3}
    (notice,) = [json.loads(lost.body) for lost in cloud.queues["lost"]]
    assert notice["requestContext"]["condition"] == "RetryAttemptsExhausted"
    batch = notice["DDBStreamBatchInfo"]
    assert (batch["batchSize"], batch["startSequenceNumber"]) == (1, batch["endSequenceNumber"])


def test_records_stay_in_order_behind_one_that_is_tried_again(cloud: LocalCloud) -> None:
    cloud.fault("sqs", "SendMessage", 1, "throttle", function="react")
    effect(cloud, mail("first"))
    cloud.settle()
    effect(cloud, mail("first"), mail("second"))
    cloud.settle()
    assert reached(cloud) == []
    cloud.advance(by=timedelta(minutes=1))
    assert reached(cloud) == ["first", "second"]


def test_records_older_than_allowed_are_given_up(template: dict[str, Any]) -> None:
    spec = template["Resources"]["ReactStream"]["Properties"]
    spec |= {"MaximumRecordAgeInSeconds": 60, "MaximumRetryAttempts": 10_000}
    with LocalCloud(template, START) as cloud:
        effect(cloud, mail("bad", poison="raise"))
        cloud.advance(by=timedelta(minutes=5))
        (notice,) = [json.loads(lost.body) for lost in cloud.queues["lost"]]
        assert notice["requestContext"]["condition"] == "RecordAgeExceeded"
        effect(cloud, mail("bad"), mail("good"))
        cloud.settle()
        assert reached(cloud) == ["bad", "good"]


def test_a_stream_record_carries_what_lambda_sends(cloud: LocalCloud) -> None:
    effect(cloud, mail("x"))
    record = cloud.parts.stream_sources[0].shard.items[0].to_json()
    assert (record["eventName"], record["eventSource"], record["awsRegion"]) == (
        "INSERT",
        "aws:dynamodb",
        "ap-northeast-2",
    )
    assert record["dynamodb"]["Keys"] == {"profile": {"S": "p0"}}
    assert record["dynamodb"]["StreamViewType"] == "NEW_IMAGE"
    assert record["eventSourceARN"].endswith(record["eventSourceARN"].split("/stream/")[1])
    assert json.dumps(record)
