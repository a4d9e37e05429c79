"""The public door: which answer each outcome gets, and that no stranger gets a 500."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairos.app.http import HttpAnswer
from kairos.app.ingest.front import handle_event
from tests.app.intake import NOW, WEBHOOK_SECRET, Station, basic, sign
from tests.sources import bodies


@pytest.fixture
def station() -> Station:
    return Station()


def problem(answer: HttpAnswer) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.body)
    assert document["status"] == answer.status
    assert document["detail"]
    return document


def test_one_wrong_call_is_reported_and_the_others_are_taken(station: Station) -> None:
    good = [{"type": "page", "anonymousId": f"a{number}"} for number in range(9)]
    answer = station.track({"batch": [*good[:4], {"type": "page", "timestamp": 5}, *good[4:]]}, "/v1/batch")
    assert answer.status == 202
    document = json.loads(answer.body)
    assert document["accepted"] == 9
    assert [one["field"] for one in document["refused"]] == ["batch[4].timestamp"]


def test_a_batch_of_wrong_calls_alone_is_a_bad_request(station: Station) -> None:
    answer = station.track({"batch": [{"type": "page", "timestamp": 5}]}, "/v1/batch")
    assert answer.status == 400
    assert problem(answer)["field"] == "batch[0].timestamp"


def test_a_bad_signature_is_401_and_touches_nothing(station: Station) -> None:
    for headers in ({}, {"x-shopify-hmac-sha256": "AAAA"}, {"x-shopify-hmac-sha256": sign(b"other")}):
        answer = station.post("/v1/webhooks/shopify/main", b"{}", {**headers, "x-shopify-topic": "orders/paid"})
        assert answer.status == 401
        assert problem(answer)["title"] == "Unauthorized"
    assert station.track({"event": "x"}, key="main.wrong").status == 401
    assert station.track({"event": "x"}, key="elsewhere.secret").status == 401
    assert station.post("/v1/webhooks/ses/main", b"{}", {}).status == 401
    assert station.journal.calls == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/webhooks/nobody/main", 404),
        ("POST", "/v1/webhooks/_shape/main", 404),
        ("POST", "/v1/webhooks/shopify/other", 404),
        ("POST", "/v1/webhooks/shopify/..", 404),
        ("POST", "/v1/webhooks/shopify", 404),
        ("POST", "/v1/webhooks/shopify/main/more", 404),
        ("POST", "/v1/unknown", 404),
        ("POST", "/", 404),
        ("POST", "", 404),
        ("GET", "/v1/webhooks/shopify/main", 405),
        ("PUT", "/v1/batch", 405),
        ("", "/v1/track", 405),
    ],
)
def test_paths_and_methods_that_lead_nowhere(station: Station, method: str, path: str, status: int) -> None:
    answer = station.post(path, b"{}", {}, method)
    assert answer.status == status
    problem(answer)
    if status == 405:
        assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, "body"),
        (b"{", 400, "body"),
        (b"[]", 400, "body"),
        (b"\xff", 400, "body"),
        (b'{"event": NaN}', 400, "body"),
        (b"[" * 100_000, 400, "body"),
        (b'{"event": 5}', 400, "event"),
        (b'{"event": "x", "userId": []}', 400, "userId"),
        (b'{"event": "' + b"x" * 1_048_576 + b'"}', 413, "body"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(station: Station, body: bytes, status: int, field: str) -> None:
    answer = station.post("/v1/track", body, basic("main.secret"))
    assert answer.status == status
    assert problem(answer)["field"] == field
    assert station.journal.calls == []


def test_a_compressed_body_is_not_opened(station: Station) -> None:
    assert station.track({"event": "x"}, **{"content-encoding": "gzip"}).status == 415


@pytest.mark.parametrize("failing", ["identities", "contacts", "inbox", "connections"])
def test_what_is_unavailable_is_503_and_done_whole_the_next_time(station: Station, failing: str) -> None:
    station.journal.failing = failing
    answer = station.shopify("orders-paid")
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    problem(answer)
    assert station.inbox.waiting() == []
    station.journal.failing = ""
    assert station.shopify("orders-paid").status == 202
    (message,) = station.inbox.waiting()
    assert station.contacts.fetch([message.profile], ["profile"])["profile"]["email"] == "planted.person@example.com"


def gateway(body: str | None, *, encoded: bool = False, **more: Any) -> dict[str, Any]:
    """Return an API Gateway HTTP API event, payload format 2.0."""
    return {
        "version": "2.0",
        "rawPath": "/v1/track",
        "headers": {"Authorization": basic("main.secret")["authorization"], "Content-Type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/v1/track"}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": encoded,
        **more,
    }


def test_a_gateway_event_is_read_with_any_header_case_and_encoding(station: Station) -> None:
    text = json.dumps({"event": "x", "userId": "김"}, ensure_ascii=False)
    assert handle_event(station.ingest, gateway(text), NOW).status == 202
    assert handle_event(station.ingest, gateway(b64encode(text.encode()).decode(), encoded=True), NOW).status == 202
    staged = gateway(text, rawPath="/dev/v1/track", requestContext={"http": {"method": "POST"}, "stage": "dev"})
    assert handle_event(station.ingest, staged, NOW).status == 202


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (gateway(None), 400),
        (gateway("***", encoded=True), 400),
        (gateway("x" * 1_500_000), 413),
        (gateway("가" * 400_000), 413),
        (gateway(b64encode(b"x" * 1_048_577).decode(), encoded=True), 413),
        (gateway("{}", headers=None), 401),
        ({}, 404),
    ],
)
def test_gateway_events_that_carry_nothing_usable(station: Station, event: dict[str, Any], status: int) -> None:
    assert handle_event(station.ingest, event, NOW).status == status


@given(
    path=st.sampled_from(
        ["/v1/track", "/v1/batch", "/v1/webhooks/shopify/main", "/v1/webhooks/calcom/main", "/v1/x/%00"]
    ),
    body=st.one_of(
        st.binary(max_size=200), st.text(max_size=100).map(lambda text: json.dumps({"event": text}).encode())
    ),
    headers=st.dictionaries(st.sampled_from(["authorization", "x-shopify-hmac-sha256", "content-encoding"]), st.text()),
    method=st.sampled_from(["POST", "GET", "\ud800"]),
)
@settings(max_examples=200, deadline=None)
def test_no_stranger_gets_a_500(path: str, body: bytes, headers: dict[str, str], method: str) -> None:
    assert Station().post(path, body, headers, method).status in range(200, 500)


SIGNED_INSIDE = ("ses", "sns")
"""Whose proof is no header: EventBridge's IAM, and a signature within the body (`test_evidence.py`)."""


@given(st.sampled_from(bodies.sent_names()), st.binary(min_size=1, max_size=3), st.integers(0, 5000))
@settings(max_examples=200, deadline=None)
def test_bytes_that_were_signed_and_are_wrong_are_the_senders_fault(
    which: tuple[str, str], noise: bytes, at: int
) -> None:
    source, name = which
    raw = json.dumps(bodies.body(source, name)).encode()
    raw = raw[: at % len(raw)] + noise + raw[at % len(raw) :]
    if source in SIGNED_INSIDE:
        return
    answer = Station().post(f"/v1/webhooks/{source}/main", raw, signed(source, name, raw))
    assert answer.status in (200, 202, 400)


def signed(source: str, name: str, raw: bytes) -> dict[str, str]:
    """Return the headers by which a source would vouch for these bytes."""
    if source == "track":
        return basic("main.secret")
    secret = WEBHOOK_SECRET if source == "imports" else "main.secret"
    return bodies.topic_headers(source, name) | bodies.proof(source, raw, secret, NOW)


@pytest.mark.parametrize(("source", "name"), [one for one in bodies.sent_names() if one[0] not in SIGNED_INSIDE])
def test_every_recorded_body_is_accepted_end_to_end(station: Station, source: str, name: str) -> None:
    raw = json.dumps(bodies.body(source, name)).encode()
    answer = station.post(f"/v1/webhooks/{source}/main", raw, signed(source, name, raw))
    assert answer.status == (202 if bodies.parse(source, name) else 200)
    logged = json.dumps(dict(answer.facts)).lower()
    assert [mark for mark in bodies.MARKS if mark in logged + answer.body.lower()] == []
    assert all(event.received_at == NOW and event.occurred_at.tzinfo is UTC for event in station.events())


def test_the_ping_of_woocommerce_is_answered_as_it_must_be_and_leaves_nothing(station: Station) -> None:
    answer = station.post("/v1/webhooks/woocommerce/main", b"webhook_id=7", {})
    assert (answer.status, station.journal.calls) == (200, [])


@pytest.mark.parametrize("name", bodies.names("cafe24"))
def test_nothing_that_cafe24_says_is_believed_before_it_is_read_again(station: Station, name: str) -> None:
    raw = json.dumps(bodies.body("cafe24", name)).encode()
    answer = station.post("/v1/webhooks/cafe24/main", raw, signed("cafe24", name, raw))
    facts = len(bodies.parse("cafe24", name))
    assert json.loads(answer.body) == {"accepted": 0, "unaddressed": facts, "refused": []}
    assert station.inbox.waiting() == []
    assert station.journal.calls == ["archive"] * bool(facts)
