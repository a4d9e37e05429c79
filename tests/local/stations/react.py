"""Reads the stream: passes each effect on to the outbox, and refuses those that are poison."""

from __future__ import annotations

import base64
import json
import os
from functools import cache
from typing import Any

import boto3


@cache
def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    client = _client("sqs")
    for record in event["Records"]:
        change = record["dynamodb"]
        effect = json.loads(base64.b64decode(change["NewImage"]["effects"]["B"]))
        if effect.get("poison") == "raise":
            raise RuntimeError("poison")
        if effect.get("poison") == "report":
            return {"batchItemFailures": [{"itemIdentifier": change["SequenceNumber"]}]}
        client.send_message(QueueUrl=os.environ["OUTBOX_URL"], MessageBody=json.dumps(effect))
    return {"batchItemFailures": []}
