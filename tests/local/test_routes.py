"""The HTTP API as API Gateway answers."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from kairos.local import LocalCloud
from tests.local.conftest import START, post

HOOK = "/v1/webhooks/shop/main"


def event(
    cloud: LocalCloud, path: str = HOOK, headers: dict[str, str] | None = None, body: bytes = b"{}"
) -> dict[str, Any]:
    answer = cloud.http("POST", path, headers, body)
    assert answer.status == 202
    found: dict[str, Any] = answer.json()["event"]
    return found


def test_the_event_is_payload_format_two(cloud: LocalCloud) -> None:
    got = event(cloud, "/v1/webhooks/shop%20a/main?x=1&x=2&y=", {"X-Custom": "Value", "Cookie": "a=1; b=2"})
    assert (got["version"], got["routeKey"]) == ("2.0", "POST /v1/webhooks/{source}/{connection}")
    assert got["pathParameters"] == {"source": "shop a", "connection": "main"}
    assert (got["rawPath"], got["rawQueryString"]) == ("/v1/webhooks/shop a/main", "x=1&x=2&y=")
    assert got["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert got["headers"]["x-custom"] == "Value"
    assert "cookie" not in got["headers"]
    assert got["cookies"] == ["a=1", "b=2"]
    context = got["requestContext"]
    assert (context["http"]["method"], context["http"]["sourceIp"]) == ("POST", "192.0.2.10")
    assert (context["timeEpoch"], context["stage"]) == (1772355600000, "$default")


@pytest.mark.parametrize(
    ("kind", "body", "encoded"),
    [
        ("application/json", '{"note": "안녕"}'.encode(), False),
        ("application/vnd.api+json; charset=utf-8", b"{}", False),
        ("text/plain", b"{}", False),
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click", True),
        ("application/octet-stream", b"\x00", True),
        ("application/json", b"\xff\xfe{}", True),
    ],
)
def test_only_text_goes_as_text(cloud: LocalCloud, kind: str, body: bytes, encoded: bool) -> None:
    got = event(cloud, headers={"Content-Type": kind}, body=body)
    assert got["isBase64Encoded"] is encoded
    assert (base64.b64decode(got["body"]) if encoded else got["body"].encode()) == body


@pytest.mark.parametrize(
    ("method", "path"), [("GET", HOOK), ("POST", "/"), ("POST", "/v1/webhooks/shop"), ("DELETE", HOOK)]
)
def test_a_path_or_method_without_a_route_is_not_found(cloud: LocalCloud, method: str, path: str) -> None:
    answer = cloud.http(method, path)
    assert (answer.status, answer.json()) == (404, {"message": "Not Found"})
    assert cloud.invocations["web"] == 0


def test_ten_megabytes_is_the_most(cloud: LocalCloud) -> None:
    answer = cloud.http("POST", HOOK, {}, b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status, answer.json()) == (413, {"message": "Request Entity Too Large"})
    assert cloud.http("POST", HOOK, {}, b" " * (7 * 1024 * 1024)).status == 413, "a function takes six"


def test_a_function_that_fails_is_an_internal_error_without_details(cloud: LocalCloud) -> None:
    answer = post(cloud, **{"raise": "secret"})
    assert (answer.status, answer.json()) == (500, {"message": "Internal Server Error"})


def test_throttles_of_the_stage_count_when_asked_to(template: dict[str, Any]) -> None:
    with LocalCloud(template, START, throttling=True) as cloud:
        assert [cloud.http("POST", HOOK, {}, {}).status for _ in range(3)] == [202, 202, 429]
        cloud.advance(by=timedelta(seconds=1))
        assert cloud.http("POST", HOOK, {}, {}).status == 202


def test_cors_answers_before_any_function(template: dict[str, Any]) -> None:
    cors = {"AllowOrigins": ["*"], "AllowMethods": ["POST"], "AllowHeaders": ["content-type"], "MaxAge": 60}
    template["Resources"]["Api"]["Properties"]["CorsConfiguration"] = cors
    with LocalCloud(template, START) as cloud:
        answer = cloud.http("OPTIONS", HOOK, {"Origin": "https://example.com"})
        assert (answer.status, answer.headers["access-control-allow-methods"]) == (204, "POST")
        assert (
            cloud.http("POST", HOOK, {"Origin": "https://example.com"}, {}).headers["access-control-allow-origin"]
            == "*"
        )
        assert cloud.invocations["web"] == 1


def test_the_api_can_be_served_elsewhere(template: dict[str, Any]) -> None:
    with LocalCloud(template, START, public_url="http://localhost:4010") as cloud:
        assert cloud.outputs["PublicUrl"] == "http://localhost:4010"
        # Opt-out links have to be https, or nothing that carries one goes out.
        assert json.loads(post(cloud).body)["environment"]["PUBLIC_URL"] == "https://localhost:4010"
