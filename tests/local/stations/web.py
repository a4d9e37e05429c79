"""Answers HTTP: puts what it gets into the inbox, and can be told to misbehave."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from typing import Any

import boto3


@cache
def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


STATE: dict[str, Any] = {"cold": True}


def handler(event: dict[str, Any], context: Any) -> Any:
    cold, STATE["cold"] = STATE["cold"], False
    order = json.loads(event.get("body") or "{}") if not event.get("isBase64Encoded") else {}
    if order.get("raise"):
        raise ValueError(order["raise"])
    if order.get("exit"):
        raise SystemExit(1)
    if order.get("say"):
        sys.stdout.write(order["say"] + "\n")
    for message in order.get("messages", []):
        _client("sqs").send_message(
            QueueUrl=os.environ["INBOX_URL"], MessageBody=json.dumps(message), MessageGroupId=message["profile"]
        )
    return {
        "statusCode": 202,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"cold": cold, "environment": dict(os.environ), "event": event, "request": _seen(context)}),
    }


def _seen(context: Any) -> dict[str, Any]:
    return {
        "id": context.aws_request_id,
        "left": context.get_remaining_time_in_millis(),
        "name": context.function_name,
        "arn": context.invoked_function_arn,
    }
