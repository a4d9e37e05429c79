"""Tables: atomic, charged by size, refused as DynamoDB refuses, expiring."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kairos.local import LocalCloud
from tests.local.conftest import START

CUSTOMERS, NOTES = "Kairos-local-CustomersTable", "Kairos-local-NotesTable"


@pytest.fixture
def db(cloud: LocalCloud) -> Any:
    return cloud.session.client("dynamodb")


def key(profile: str) -> dict[str, Any]:
    return {"profile": {"S": profile}}


def error(act: Any, **params: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        act(**params)
    return dict(caught.value.response)


def put(table: str, item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": item, **more}}


def test_binaries_come_back_as_bytes_however_deep(db: Any) -> None:
    item = {
        **key("p"),
        "state": {"B": b"\x00\xff"},
        "deep": {"M": {"list": {"L": [{"B": b"x"}]}}},
        "set": {"BS": [b"a", b"b"]},
    }
    db.put_item(TableName=CUSTOMERS, Item=item)
    assert db.get_item(TableName=CUSTOMERS, Key=key("p"), ConsistentRead=True)["Item"] == item
    assert db.scan(TableName=CUSTOMERS)["Items"] == [item]


def test_what_is_stored_is_not_the_callers_object(db: Any) -> None:
    item: dict[str, Any] = {**key("p"), "list": {"L": [{"S": "a"}]}}
    db.put_item(TableName=CUSTOMERS, Item=item)
    item["list"]["L"].append({"S": "b"})
    got = db.get_item(TableName=CUSTOMERS, Key=key("p"))["Item"]
    got["list"]["L"].append({"S": "c"})
    assert db.get_item(TableName=CUSTOMERS, Key=key("p"))["Item"]["list"] == {"L": [{"S": "a"}]}


def test_a_failed_condition_can_return_the_item_in_its_way(db: Any) -> None:
    db.put_item(TableName=CUSTOMERS, Item={**key("p"), "state": {"B": b"old"}})
    refused = error(
        db.put_item,
        TableName=CUSTOMERS,
        Item=key("p"),
        ConditionExpression="attribute_not_exists(profile)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert refused["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused["Item"]["state"] == {"B": b"old"}


def test_the_resource_interface_works_too(cloud: LocalCloud) -> None:
    table = cloud.session.resource("dynamodb").Table(CUSTOMERS)
    table.put_item(Item={"profile": "p", "n": 3, "s": {"x"}})
    assert table.get_item(Key={"profile": "p"})["Item"] == {"profile": "p", "n": 3, "s": {"x"}}


def test_a_cancelled_transaction_leaves_nothing_not_even_in_the_stream(cloud: LocalCloud, db: Any) -> None:
    db.put_item(TableName=CUSTOMERS, Item={**key("a"), "v": {"S": "1"}})
    before = len(cloud.parts.stream_sources[0].shard.items)
    refused = error(
        db.transact_write_items,
        TransactItems=[
            put(CUSTOMERS, {**key("a"), "v": {"S": "2"}}),
            put(CUSTOMERS, key("b")),
            put(NOTES, {"note": {"S": "n"}}, ConditionExpression="attribute_exists(note)"),
        ],
    )
    assert [reason["Code"] for reason in refused["CancellationReasons"]] == ["None", "None", "ConditionalCheckFailed"]
    assert cloud.tables["customers"].items() == [{"profile": "a", "v": "1"}]
    assert len(cloud.tables["notes"]) == 0
    assert len(cloud.parts.stream_sources[0].shard.items) == before


def test_a_transaction_happens_once_for_a_token(cloud: LocalCloud, db: Any) -> None:
    add = {
        "Update": {
            "TableName": CUSTOMERS,
            "Key": key("a"),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    for _ in range(2):
        db.transact_write_items(TransactItems=[add], ClientRequestToken="t")
    assert cloud.tables["customers"].items() == [{"profile": "a", "n": 1}]
    other = error(db.transact_write_items, TransactItems=[put(CUSTOMERS, key("b"))], ClientRequestToken="t")
    assert other["Error"]["Code"] == "IdempotentParameterMismatchException"
    cloud.advance(by=timedelta(minutes=10))
    db.transact_write_items(TransactItems=[add], ClientRequestToken="t")
    assert cloud.tables["customers"].items() == [{"profile": "a", "n": 2}]


def test_writers_in_many_threads_lose_nothing(cloud: LocalCloud, db: Any) -> None:
    def count() -> None:
        for _ in range(20):
            db.update_item(
                TableName=CUSTOMERS,
                Key=key("a"),
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cloud.tables["customers"].items() == [{"profile": "a", "n": 160}]


@pytest.mark.parametrize(
    ("act", "params"),
    [
        ("put_item", {"TableName": CUSTOMERS, "Item": {**key("p"), "wake": {"N": "1"}}}),
        ("put_item", {"TableName": CUSTOMERS, "Item": {**key("p"), "n": {"N": "1" * 39}}}),
        ("put_item", {"TableName": CUSTOMERS, "Item": {**key("p"), "x": {"S": "x" * 409_600}}}),
        ("batch_write_item", {"RequestItems": {CUSTOMERS: [{"PutRequest": {"Item": key(str(i))}} for i in range(26)]}}),
        ("batch_get_item", {"RequestItems": {CUSTOMERS: {"Keys": [key(str(i)) for i in range(101)]}}}),
        (
            "transact_write_items",
            {"TransactItems": [put(CUSTOMERS, {**key(str(i)), "x": {"S": "x" * 400_000}}) for i in range(11)]},
        ),
        ("get_item", {"TableName": CUSTOMERS, "Key": {"other": {"S": "p"}}}),
    ],
)
def test_dynamodb_refuses(db: Any, act: str, params: dict[str, Any]) -> None:
    assert error(getattr(db, act), **params)["Error"]["Code"] == "ValidationException"


def test_an_unknown_table_is_not_found(db: Any) -> None:
    assert error(db.get_item, TableName="none", Key=key("p"))["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("size", "reads", "writes"),
    [(1, 1, 1), (1000, 1, 1), (1024, 1, 2), (4000, 1, 4), (4096, 2, 5), (100_000, 25, 98)],
)
def test_units_follow_from_the_size_of_the_item(cloud: LocalCloud, db: Any, size: int, reads: int, writes: int) -> None:
    answer = db.put_item(
        TableName=NOTES, Item={"note": {"S": "n"}, "b": {"B": b"x" * size}}, ReturnConsumedCapacity="TOTAL"
    )
    assert answer["ConsumedCapacity"] == {"TableName": NOTES, "CapacityUnits": writes}
    db.get_item(TableName=NOTES, Key={"note": {"S": "n"}}, ConsistentRead=True)
    assert (cloud.capacity["notes"].reads, cloud.capacity["notes"].writes) == (reads, writes)
    db.get_item(TableName=NOTES, Key={"note": {"S": "n"}})
    assert cloud.capacity["notes"].reads == reads * 1.5


def test_an_index_is_charged_when_its_entry_changes_and_only_then(cloud: LocalCloud, db: Any) -> None:
    def cost(**item: Any) -> float:
        before = cloud.capacity["customers"].writes if "customers" in cloud.capacity else 0.0
        db.put_item(TableName=CUSTOMERS, Item={**key("p"), **item})
        return cloud.capacity["customers"].writes - before

    wake = {"wake": {"S": "h"}, "wake_at": {"S": "1"}}
    assert cost() == 1
    assert cost(**wake) == 2, "the entry appears"
    assert cost(**wake, other={"S": "x"}) == 1, "keys only: another attribute is not in it"
    assert cost(**{**wake, "wake_at": {"S": "2"}}) == 3, "it moves: a delete and a put"
    assert cost() == 2, "it goes"


def test_a_failed_condition_is_charged_as_a_write(cloud: LocalCloud, db: Any) -> None:
    error(db.put_item, TableName=NOTES, Item={"note": {"S": "n"}}, ConditionExpression="attribute_exists(note)")
    assert cloud.capacity["notes"].writes == 1


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_query_of_the_index_finds_its_partition_in_order_by_pages(db: Any, rows: int) -> None:
    for i in range(40):
        wake = {"S": "mine" if i < rows else "other"}
        db.put_item(TableName=CUSTOMERS, Item={**key(f"p{i}"), "wake": wake, "wake_at": {"S": f"{90 - i}"}})
    ask = {
        "TableName": CUSTOMERS,
        "IndexName": "wake",
        "KeyConditionExpression": "#w = :w AND wake_at < :at",
        "ExpressionAttributeNames": {"#w": "wake"},
        "ExpressionAttributeValues": {":w": {"S": "mine"}, ":at": {"S": "99"}},
    }
    for _ in range(2):  # the second time an empty partition is answered without moto
        found = [item for page in db.get_paginator("query").paginate(**ask, Limit=2) for item in page["Items"]]
        assert [item["profile"]["S"] for item in found] == [f"p{i}" for i in reversed(range(rows))]
    bad = {**ask, "KeyConditionExpression": "#w = :w AND nonsense = :at"}
    assert error(db.query, **bad)["Error"]["Code"] == "ValidationException"


def test_a_query_of_the_table_wants_its_key(db: Any) -> None:
    db.put_item(TableName=CUSTOMERS, Item=key("p"))
    ask = {"TableName": CUSTOMERS, "KeyConditionExpression": "profile = :p"}
    assert db.query(**ask, ExpressionAttributeValues={":p": {"S": "p"}})["Count"] == 1
    assert db.query(**ask, ExpressionAttributeValues={":p": {"S": "q"}})["Count"] == 0


def test_expired_items_go_within_the_hour_and_the_stream_says_who_took_them(cloud: LocalCloud, db: Any) -> None:
    soon = int((START + timedelta(minutes=30)).timestamp())
    db.put_item(TableName=CUSTOMERS, Item={**key("soon"), "ttl": {"N": str(soon)}})
    db.put_item(TableName=CUSTOMERS, Item={**key("late"), "ttl": {"N": str(soon + 86_400)}})
    db.put_item(TableName=CUSTOMERS, Item={**key("text"), "ttl": {"S": "soon"}})
    cloud.advance(by=timedelta(minutes=59))
    assert len(cloud.tables["customers"]) == 3, "past its time, and still to be read"
    cloud.advance(by=timedelta(minutes=1))
    assert [item["profile"] for item in cloud.tables["customers"]] == ["late", "text"]
    removal = cloud.parts.stream_sources[0].shard.items[-1].to_json()
    assert (removal["eventName"], removal["userIdentity"]["principalId"]) == ("REMOVE", "dynamodb.amazonaws.com")


def test_a_write_that_changes_nothing_makes_no_record(cloud: LocalCloud, db: Any) -> None:
    for _ in range(2):
        db.put_item(TableName=CUSTOMERS, Item={**key("p"), "v": {"S": "1"}})
    records = [record.to_json()["eventName"] for record in cloud.parts.stream_sources[0].shard.items]
    assert records == ["INSERT"]
