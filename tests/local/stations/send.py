"""Empties the outbox: a mail for each message."""

from __future__ import annotations

import json
import os
from email.message import EmailMessage
from functools import cache
from typing import Any

import boto3


@cache
def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        body = json.loads(record["body"])
        if body.get("to"):
            _send(body)
    return {"batchItemFailures": []}


def _send(body: dict[str, Any]) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "hello@example.com", body["to"], body.get("note", "안녕하세요")
    mail["List-Unsubscribe"] = "<https://example.com/u/1>"
    mail.set_content("반갑습니다")
    _client("sesv2").send_email(
        FromEmailAddress="hello@example.com",
        Destination={"ToAddresses": [body["to"]]},
        Content={"Raw": {"Data": mail.as_bytes()}},
        ConfigurationSetName=os.environ["CONFIGURATION_SET"],
        EmailTags=[{"Name": "message", "Value": body.get("id", "m1")}],
    )
