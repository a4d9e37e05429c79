"""The HTTP API: routes, throttles, and a log that names nobody."""

from __future__ import annotations

import json

from tests.infra.deployed import Deployed, flat

ROUTES = {
    "POST /v1/webhooks/{source}/{connection}": "IngestFunction",
    "POST /v1/track": "IngestFunction",
    "POST /v1/identify": "IngestFunction",
    "POST /v1/page": "IngestFunction",
    "POST /v1/batch": "IngestFunction",
    "POST /v1/tag": "IngestFunction",
    "GET /v1/tag.js": "IngestFunction",
    "GET /u/{token}": "PreferencesFunction",
    "POST /u/{token}": "PreferencesFunction",
    "GET /r/{token}": "PreferencesFunction",
    "HEAD /r/{token}": "PreferencesFunction",
    "GET /m/{token}": "PreferencesFunction",
    "GET /p/{token}": "PreferencesFunction",
    "POST /p/{token}": "PreferencesFunction",
}


def test_each_route_leads_to_its_function_with_payload_format_two(prod: Deployed) -> None:
    integrations = prod.of_type("ApiGatewayV2::Integration")
    assert {each["PayloadFormatVersion"] for each in integrations.values()} == {"2.0"}
    led = {
        route["RouteKey"]: integrations[flat(route["Target"]).removeprefix("integrations/<").rstrip(">")]
        for route in prod.of_type("ApiGatewayV2::Route").values()
    }
    assert {key: each["IntegrationUri"]["Fn::GetAtt"][0] for key, each in led.items()} == ROUTES


def test_the_api_may_call_a_function_for_its_own_routes_only(prod: Deployed) -> None:
    allowed = [
        each for each in prod.of_type("Lambda::Permission").values() if each["Principal"] == "apigateway.amazonaws.com"
    ]
    assert len(allowed) == len(ROUTES)
    assert all("<Api>" in flat(each["SourceArn"]) for each in allowed)


def test_every_route_is_throttled_and_the_stage_waits_for_the_routes(prod: Deployed) -> None:
    stage = prod.resource("ApiStage")
    throttles = stage["Properties"]["RouteSettings"]
    assert set(throttles) == set(ROUTES)
    for throttle in (*throttles.values(), stage["Properties"]["DefaultRouteSettings"]):
        assert 0 < throttle["ThrottlingRateLimit"] <= throttle["ThrottlingBurstLimit"]
    assert set(stage["DependsOn"]) >= set(prod.of_type("ApiGatewayV2::Route"))


def test_an_unsubscription_is_the_last_thing_to_be_throttled(prod: Deployed) -> None:
    rates = {key: each["ThrottlingRateLimit"] for key, each in prod.properties("ApiStage")["RouteSettings"].items()}
    assert rates["POST /u/{token}"] == max(rates.values())


def test_the_access_log_names_nobody(prod: Deployed) -> None:
    log = json.loads(prod.properties("ApiStage")["AccessLogSettings"]["Format"])
    written = set(log.values())
    for personal in ("identity.sourceIp", "path", "identity.userAgent", "domainName", "authorizer"):
        assert not [variable for variable in written if variable.startswith(f"$context.{personal}")]
    assert {"$context.routeKey", "$context.status", "$context.requestId"} <= written


def test_browsers_may_call_from_the_sites_that_the_owner_names(prod: Deployed, local: Deployed) -> None:
    said = prod.properties("Api")["CorsConfiguration"]
    assert said["AllowOrigins"] == ["https://shop.example.com", "https://blog.example.com"]
    assert "AllowCredentials" not in said
    assert local.properties("Api")["CorsConfiguration"]["AllowOrigins"] == ["*"]
