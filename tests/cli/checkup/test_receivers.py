"""Whether systems of the brand's own take the engine events that are posted to them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kairos.cli.checkup.functions import event_sources
from kairos.cli.checkup.receivers import receivers
from tests.cli.checkup.patients import BRAND, only, patient, source

GET = ("dynamodb", "GetItem")
LISTENING = {**BRAND, "webhooks": [{"to": "crm", "events": ["unsubscribed"]}]}
ASLEEP = source(
    FunctionArn="arn:aws:lambda:ap-northeast-2:123456789012:function:kairos-prod-deliver",
    EventSourceArn="arn:aws:sqs:ap-northeast-2:123456789012:kairos-prod-announcements",
    State="Disabled",
)


def row(**state: Any) -> dict[str, Any]:
    return {"Item": {"message": {"S": "receiver#crm"}, "state": {"S": json.dumps(state)}}}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({}, "ok"),
        (row(lost=3), "warn"),
        (row(failing_since="2026-11-22T02:30:00Z", failures=2, error="status 503"), "warn"),
        (row(failing_since="2026-11-21T00:00:00Z", failures=40, error="status 503"), "wrong"),
        (row(gone_at="2026-11-22T02:00:00Z", error="status 410"), "wrong"),
    ],
)
def test_a_webhook_that_does_not_answer_is_told(answer: dict[str, Any], status: str) -> None:
    one = patient({GET: answer}).seen_with(LISTENING, {})
    assert only(receivers(one)).status == status


def test_of_a_brand_without_webhooks_nothing_is_asked() -> None:
    assert only(receivers(patient({}))).status == "ok"


def test_the_source_of_announcements_sleeps_while_nobody_listens_and_no_longer() -> None:
    one = patient({("lambda", "ListEventSourceMappings"): {"EventSourceMappings": [source(), ASLEEP]}})
    assert only(event_sources(one)).status == "ok"
    found = only(event_sources(one.seen_with(LISTENING, {})))
    assert (found.status, "announcements" in found.says) == ("wrong", True)
