"""Takes the inbox: one conditional write per message, a partial answer for those that say they fail."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import cache
from typing import Any

import boto3


@cache
def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures: list[dict[str, str]] = []
    failed: set[str] = set()
    for record in event["Records"]:
        body, group = json.loads(record["body"]), record["attributes"].get("MessageGroupId", "")
        if body.get("crash"):
            raise RuntimeError("the whole batch")
        if body.get("fail") or group in failed:
            failed.add(group)
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        # Applied before a crash: the condition knows it, and that is success.
        with suppress(_client("dynamodb").exceptions.ConditionalCheckFailedException):
            _apply(body, record["attributes"])
    return {"batchItemFailures": failures}


def _apply(body: dict[str, Any], attributes: dict[str, str]) -> None:
    client = _client("dynamodb")
    client.get_item(TableName=os.environ["CUSTOMERS_TABLE"], Key={"profile": {"S": body["profile"]}})
    client.update_item(
        TableName=os.environ["CUSTOMERS_TABLE"],
        Key={"profile": {"S": body["profile"]}},
        UpdateExpression="SET #n = list_append(if_not_exists(#n, :empty), :note), effects = :effects, seen = :s",
        ExpressionAttributeNames={"#n": "notes"},
        ConditionExpression="attribute_not_exists(seen) OR seen < :s",
        ExpressionAttributeValues={
            ":empty": {"L": []},
            ":note": {"L": [{"S": body.get("note", "")}]},
            ":effects": {"B": json.dumps(body).encode()},
            ":s": {"S": attributes.get("SequenceNumber", attributes["SentTimestamp"])},
        },
    )
