"""HTTP as API Gateway speaks it."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.http import BODY_BYTES_MAX, problem, read_event, to_event
from kairos.domain.errors import BadInput, TooLarge

NOW = datetime(2026, 10, 2, tzinfo=UTC)


def event(**more: Any) -> dict[str, Any]:
    return {"rawPath": "/v1/track", "requestContext": {"http": {"method": "POST"}, "stage": "$default"}, **more}


def test_the_raw_body_is_byte_for_byte_what_was_sent() -> None:
    raw = bytes(range(256))
    assert read_event(event(body=b64encode(raw).decode(), isBase64Encoded=True), NOW).body == raw
    assert read_event(event(body='{"a": "김"}'), NOW).body == '{"a": "김"}'.encode()
    assert read_event(event(), NOW).body == b""


def test_header_names_are_in_lower_case() -> None:
    assert read_event(event(headers={"X-Cal-Signature-256": "A"}), NOW).headers == {"x-cal-signature-256": "A"}


def test_a_named_stage_is_no_part_of_the_path() -> None:
    staged = event(rawPath="/dev/v1/track", requestContext={"http": {"method": "POST"}, "stage": "dev"})
    assert read_event(staged, NOW).path == "/v1/track"


def test_a_body_of_exactly_the_most_is_taken() -> None:
    full = b64encode(b"x" * BODY_BYTES_MAX).decode()
    assert len(read_event(event(body=full, isBase64Encoded=True), NOW).body) == BODY_BYTES_MAX
    with pytest.raises(TooLarge):
        read_event(event(body="x" * (BODY_BYTES_MAX + 1)), NOW)
    with pytest.raises(BadInput):
        read_event(event(body="=", isBase64Encoded=True), NOW)


def test_a_problem_names_status_detail_and_field() -> None:
    answer = to_event(problem(400, "expected a text", field="userId", headers={"x-more": "1"}))
    assert answer["statusCode"] == 400
    assert answer["headers"] == {"content-type": "application/problem+json", "x-more": "1"}
    assert json.loads(answer["body"]) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "expected a text",
        "field": "userId",
    }
