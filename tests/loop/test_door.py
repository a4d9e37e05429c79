"""The public door of the deployed stack, and everything a stranger may push through it: never a 500, nothing suffers.

In the end an honest customer's checkout comes through the same functions and must be treated as ever.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.local import demo_shop as shop
from kairos.local.cloud import LocalCloud
from kairos.local.demo_shop import SECRETS, SHOP
from kairos.local.routes import Response
from tests.loop.shop import (
    CALCOM,
    CALENDLY,
    CALENDLY_KEY,
    MINUTE,
    OTHER,
    PERSON,
    SHOPIFY,
    TRACK,
    honest,
    is_clean,
    open_shop,
    profiles,
    send,
    signed,
)

pytestmark = pytest.mark.xdist_group("door")

MEGABYTE = 1_048_576


@pytest.fixture(scope="module")
def stack(template: dict[str, Any]) -> Iterator[LocalCloud]:
    with open_shop(template) as cloud:
        yield cloud


@pytest.fixture
def cloud(stack: LocalCloud) -> Iterator[LocalCloud]:
    """One stack for all intrusions: what one of them broke, the next would meet."""
    failed = dict(stack.parts.lambdas.errors)
    yield stack
    assert dict(stack.parts.lambdas.errors) == failed, "a function failed"
    assert is_clean(stack), "something is parked, waiting or given up"


def signed_for(path: str, body: bytes, cloud: LocalCloud) -> dict[str, str]:
    """Return the headers with which each sender proves a body."""
    if path == CALENDLY:
        return signed(cloud.now, body)
    if path == TRACK:
        return {"authorization": basic("main.demo-secret-key"), "content-type": "application/json"}
    if path == CALCOM:
        mac = hmac.new(str(SECRETS["calcom/main"]["secrets"][0]).encode(), body, hashlib.sha256)
        return {"x-cal-signature-256": mac.hexdigest(), "content-type": "application/json"}
    return {
        "content-type": "application/json",
        "x-shopify-topic": "checkouts/create",
        "x-shopify-shop-domain": SHOP,
        "x-shopify-webhook-id": hashlib.sha256(body).hexdigest(),
        "x-shopify-hmac-sha256": _shopify_mac(body),
    }


def _shopify_mac(body: bytes) -> str:
    secret = str(SECRETS["shopify/main"]["secrets"][0]).encode()
    return base64.b64encode(hmac.digest(secret, body, "sha256")).decode()


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def post(cloud: LocalCloud, path: str, body: bytes, **headers: str) -> Response:
    """Send a body that its sender has really signed."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return cloud.http("POST", path, {**signed_for(path, body, cloud), **changed}, body)


def refused(answer: Response, status: int, field: str = "") -> None:
    """See that an answer is a problem document (RFC 9457) of that status, and names the field."""
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == status
    assert said["detail"]
    assert said.get("field", "") == field


NOT_JSON = {
    "nothing": b"",
    "half": b'{"id": 1',
    "text": b"hello",
    "a list": b"[1, 2]",
    "a number": b"7",
    "two objects": b"{}{}",
    "trailing comma": b'{"id": 1,}',
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "half a character": b'{"id": "\xed\x95"}',
    "UTF-16": '{"id": 1}'.encode("utf-16"),
    "deep lists": b'{"id": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "NaN": b'{"total_price": NaN}',
    "Infinity": b'{"total_price": -Infinity}',
    "NUL": b"\x00",
    "NUL inside": b'{"id": "a\x00b"}',
}
PATHS = {"shopify": SHOPIFY, "calcom": CALCOM, "calendly": CALENDLY, "track": TRACK}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_a_signed_body_that_is_no_json_object_is_a_bad_request(cloud: LocalCloud, path: str, body: bytes) -> None:
    refused(post(cloud, path, body), 400, "body")


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_it_is_a_bad_request_whatever_content_type_it_claims(cloud: LocalCloud, path: str) -> None:
    for content_type in ("text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "☃", "a/b;;;="):
        refused(post(cloud, path, b'{"id": "\xff"', content_type=content_type), 400, "body")


WRONG: dict[str, Any] = {
    "null": None,
    "a number": 7,
    "a huge number": 10**400,
    "nothing": "",
    "a NUL": "a\x00b",
    "half a surrogate pair": "\ud800",
    "a long text": "x" * 70_000,
    "nested": [[{"id": [None]}]],
    "a bad time": "2026-02-30T25:61:00Z",
    "the end of time": "9999-12-31T23:59:59-14:00",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_value_anywhere_is_taken_or_refused_by_name(cloud: LocalCloud, path: str, wrong: Any) -> None:
    """Each value near the top of a sound body is spoilt in turn; ASCII escapes carry even half a character."""
    sound = json.loads(honest(cloud)[path].body)
    for spoilt in _spoilt(sound, wrong):
        answer = post(cloud, path, json.dumps(spoilt).encode())
        assert answer.status in (200, 202, 400), answer.text
        if answer.status == 400:
            assert answer.json()["field"]


def _spoilt(value: Any, wrong: Any, levels: int = 2) -> Iterator[Any]:
    """Yield copies of an object in which one value is wrong, on so many levels."""
    for key, inner in value.items():
        yield {**value, key: wrong}
        if isinstance(inner, dict) and levels > 1:
            yield from ({**value, key: deeper} for deeper in _spoilt(inner, wrong, levels - 1))


def test_the_same_key_twice_means_the_last_and_cannot_split_readers(cloud: LocalCloud) -> None:
    body = honest(cloud)[TRACK].body.replace(b'"event": ', b'"event": {"a": 1}, "event": ', 1)
    assert post(cloud, TRACK, body).status == 202
    body = honest(cloud)[TRACK].body[:-1] + b', "event": {"a": 1}}'
    refused(post(cloud, TRACK, body), 400, "event")


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_a_megabyte_is_read_and_one_byte_more_is_too_large(cloud: LocalCloud, path: str) -> None:
    sound = honest(cloud)[path].body
    for size, statuses in (
        (MEGABYTE, (202, 400)),
        (MEGABYTE + 1, (413,)),
        (5 * MEGABYTE, (413,)),
        (11 * MEGABYTE, (413,)),
    ):
        body = sound[:-1] + b', "padding": "' + b"x" * (size - len(sound) - 16 + 1) + b'"}'
        body = body + b" " * (size - len(body))
        assert len(body) == size
        assert post(cloud, path, body).status in statuses
    refused(post(cloud, path, b"x" * (MEGABYTE + 1)), 413, "body")


def test_a_batch_of_a_thousand_is_taken_and_one_more_is_refused(cloud: LocalCloud) -> None:
    calls = [{"type": "page", "anonymousId": f"crowd-{n % 7}", "messageId": f"m{n}"} for n in range(1_001)]
    body = json.dumps({"batch": calls[:1_000]}).encode()
    answer = cloud.http("POST", "/v1/batch", signed_for(TRACK, body, cloud), body)
    assert (answer.status, answer.json()["accepted"]) == (202, 1_000)
    body = json.dumps({"batch": calls}).encode()
    refused(cloud.http("POST", "/v1/batch", signed_for(TRACK, body, cloud), body), 400, "batch")


# ---- who is it? ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/v1/webhooks/magento/main",
        "/v1/webhooks/shopify/elsewhere",
        "/v1/webhooks/_shopify_order/main",
        "/v1/webhooks/..%2f..%2fetc/main",
        "/v1/webhooks/shopify/..%2fcalcom%2fmain",
        "/v1/webhooks/shopify/main%00",
        "/v1/webhooks/shopify/" + "x" * 3000,
        "/v1/webhooks/%F0%9F%90%8D/main",
        "/v1/webhooks/shopify/main/more",
        "/v1/webhooks/shopify",
        "/v1/webhooks//",
        "/v2/track",
        "/",
    ],
)
def test_a_source_or_connection_that_is_not_there_is_not_found(cloud: LocalCloud, path: str) -> None:
    call = honest(cloud)[SHOPIFY]
    assert send(cloud, replace(call, path=path)).status == 404


def test_ses_cannot_be_played_by_a_stranger(cloud: LocalCloud) -> None:
    body = json.dumps({"eventType": "Bounce", "mail": {"messageId": "x"}}).encode()
    answer = cloud.http("POST", "/v1/webhooks/ses/main", {"content-type": "application/json"}, body)
    assert answer.status in (401, 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "post", "BREW"])
@pytest.mark.parametrize("path", [SHOPIFY, TRACK])
def test_another_method_finds_nothing(cloud: LocalCloud, method: str, path: str) -> None:
    before = cloud.invocations["decide"]
    assert cloud.http(method, path, honest(cloud)[path].headers, honest(cloud)[path].body).status in (404, 405)
    assert cloud.invocations["decide"] == before


BAD_SIGNATURES = {
    "missing": None,
    "empty": "",
    "blank": "   ",
    "another's": base64.b64encode(b"x" * 32).decode(),
    "not ASCII": "ünïcödé",
    "hex for base64": "ab" * 32,
    "very long": "A" * 9_000,
}


@pytest.mark.parametrize("signature", BAD_SIGNATURES.values(), ids=BAD_SIGNATURES)
@pytest.mark.parametrize(
    ("path", "header"),
    [
        (SHOPIFY, "x-shopify-hmac-sha256"),
        (CALCOM, "x-cal-signature-256"),
        (CALENDLY, "calendly-webhook-signature"),
        (TRACK, "authorization"),
    ],
)
def test_without_the_right_signature_nothing_is_touched(
    cloud: LocalCloud, path: str, header: str, signature: str | None
) -> None:
    call = honest(cloud, OTHER)[path]
    headers = {name: value for name, value in call.headers.items() if name != header}
    if signature is not None:
        headers[header] = signature
    before = (cloud.invocations["decide"], len(cloud.tables["identities"]), len(cloud.tables["contacts"]))
    refused(cloud.http("POST", path, headers, call.body), 401)
    assert (cloud.invocations["decide"], len(cloud.tables["identities"]), len(cloud.tables["contacts"])) == before


@pytest.mark.parametrize("path", [SHOPIFY, CALCOM, CALENDLY])
def test_a_signature_does_not_cover_another_body(cloud: LocalCloud, path: str) -> None:
    call = honest(cloud)[path]
    refused(send(cloud, replace(call, body=call.body + b" ")), 401)
    refused(send(cloud, replace(call, body=call.body.replace(b"moran", b"mallo"))), 401)


def test_a_signature_sent_twice_proves_nothing(cloud: LocalCloud) -> None:
    """API Gateway joins what was sent twice by a comma: which of the two was meant would be a guess."""
    for path, header in ((SHOPIFY, "x-shopify-hmac-sha256"), (CALCOM, "x-cal-signature-256")):
        call = honest(cloud)[path]
        good = call.headers[header]
        for both in (f"{good},{good}", f"AAAA,{good}", f"{good},AAAA"):
            refused(cloud.http("POST", path, {**call.headers, header: both}, call.body), 401)
    call = honest(cloud)[CALENDLY]
    good = call.headers["calendly-webhook-signature"]
    refused(send(cloud, call, calendly_webhook_signature=f"{good},{good}"), 401)


def test_a_webhook_of_another_shop_or_connection_is_refused(cloud: LocalCloud) -> None:
    call = honest(cloud)[SHOPIFY]
    refused(send(cloud, call, x_shopify_shop_domain="other.myshopify.example.com"), 401)
    refused(send(cloud, replace(call, path=CALCOM)), 401)


def test_the_public_key_can_claim_to_be_nobody(cloud: LocalCloud) -> None:
    """What stands in every web page must not move a known customer, whatever it says."""
    known = profiles(cloud).get(PERSON.address)
    body = {
        "userId": str(PERSON.id),
        "anonymousId": "mallory",
        "traits": {"email": PERSON.address},
        "event": "Order Completed",
        "properties": {"order_id": "free", "total": 1},
    }
    key = {"authorization": basic("main.demo-public-key")}
    for path in ("/v1/track", "/v1/identify", "/v1/page", "/v1/alias"):
        assert cloud.http("POST", path, key, body).status in (200, 202, 404)
    assert profiles(cloud).get(PERSON.address) == known


# ---- odd, but not wrong ----------------------------------------------------------------------------------------


def test_a_compressed_body_is_told_to_come_as_it_is(cloud: LocalCloud) -> None:
    call = honest(cloud)[SHOPIFY]
    packed = gzip.compress(call.body)
    headers = {**signed_for(SHOPIFY, packed, cloud), "content-encoding": "gzip"}
    refused(cloud.http("POST", SHOPIFY, headers, packed), 415)
    refused(post(cloud, SHOPIFY, packed), 400, "body")  # and one that does not say so is no JSON
    bomb = gzip.compress(b"0" * 50 * MEGABYTE)
    refused(cloud.http("POST", SHOPIFY, {**signed_for(SHOPIFY, bomb, cloud), "content-encoding": "gzip"}, bomb), 415)


def test_weird_headers_change_nothing(cloud: LocalCloud) -> None:
    call = honest(cloud)[SHOPIFY]
    weird = {
        "X-KAIROS-CORRELATION": "a\nb'; drop table",
        "content-length": "-5",
        "x-forwarded-for": "1.2.3.4, evil",
        "x-shopify-event-id": "🐍" * 200,
        "x-shopify-triggered-at": "yesterday",
        "cookie": ";;;=;",
        "transfer-encoding": "chunked",
        "expect": "100-continue",
        "user-agent": "\x00",
    }
    answer = cloud.http("POST", SHOPIFY, {**call.headers, **weird}, call.body)
    assert answer.status == 202
    assert "drop" not in answer.headers["x-kairos-correlation"]


def test_a_byte_order_mark_and_white_space_are_forgiven(cloud: LocalCloud) -> None:
    assert post(cloud, TRACK, b"\xef\xbb\xbf \n" + honest(cloud)[TRACK].body + b"\n").status == 202


def test_a_body_sent_as_bytes_is_the_same_body(cloud: LocalCloud) -> None:
    """The gateway wraps what it does not take for text in base64; the signature is over the bytes inside."""
    for path in (SHOPIFY, CALCOM, CALENDLY):
        call = honest(cloud)[path]
        assert send(cloud, call, content_type="application/octet-stream").status == 202


# ---- early and late --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_a_stamp_within_five_minutes_is_believed(cloud: LocalCloud, seconds: int) -> None:
    body = honest(cloud)[CALENDLY].body
    assert cloud.http("POST", CALENDLY, signed(cloud.now + timedelta(seconds=seconds), body), body).status == 202


@pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400, 10**10])
def test_a_stamp_beyond_five_minutes_is_not(cloud: LocalCloud, seconds: int) -> None:
    body = honest(cloud)[CALENDLY].body
    stamp = str(int(cloud.now.timestamp()) + seconds)
    digest = hmac.new(CALENDLY_KEY.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    refused(cloud.http("POST", CALENDLY, {"calendly-webhook-signature": f"t={stamp},v1={digest}"}, body), 401)


@pytest.mark.parametrize("stamp", ["", "-1", "1.5", "١٢٣", "9" * 400, "NaN", "t=1"])
def test_a_stamp_that_is_no_time_is_no_proof(cloud: LocalCloud, stamp: str) -> None:
    body = honest(cloud)[CALENDLY].body
    digest = hmac.new(CALENDLY_KEY.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    refused(cloud.http("POST", CALENDLY, {"calendly-webhook-signature": f"t={stamp},v1={digest}"}, body), 401)


def test_after_all_that_an_honest_customer_is_served(cloud: LocalCloud) -> None:
    send(cloud, shop.customer_saved(cloud.now, OTHER, new=True))
    sent = len(cloud.emails)
    assert send(cloud, honest(cloud, OTHER)[SHOPIFY]).status == 202
    cloud.advance(by=31 * MINUTE)
    assert [email.subject for email in cloud.emails[sent:] if email.to[0] == OTHER.address] == [
        "Sugug, your cart is waiting"
    ]
