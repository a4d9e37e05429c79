"""The HTTP API: who may knock, how often, and what is written down about it.

Nobody is authorised here. A webhook is signed and `ingest` checks the signature over the raw body; tracking carries a
write key; an unsubscribe link is its own proof, and a mail provider that follows RFC 8058 has no other.
"""

import json
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.functions import Functions
from infra.stage import Options, Stage


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path; `rate` is requests per second, of which `burst` may come at once."""

    method: apigateway.HttpMethod
    path: str
    function: str
    rate: int
    burst: int

    @property
    def key(self) -> str:
        return f"{self.method.value} {self.path}"


_HEAD = apigateway.HttpMethod.HEAD
_GET, _POST = apigateway.HttpMethod.GET, apigateway.HttpMethod.POST

# Shops call again when they are throttled, browsers do not, and an unsubscription that fails is a broken law: the
# last routes are the widest, since after a broadcast everybody clicks in the same minutes.
ROUTES = (
    Route(_POST, "/v1/webhooks/{source}/{connection}", "ingest", rate=200, burst=400),
    Route(_POST, "/v1/track", "ingest", rate=300, burst=600),
    Route(_POST, "/v1/identify", "ingest", rate=100, burst=200),
    Route(_POST, "/v1/page", "ingest", rate=300, burst=600),
    Route(_POST, "/v1/batch", "ingest", rate=100, burst=200),
    Route(_POST, "/v1/tag", "ingest", rate=500, burst=1000),
    Route(_GET, "/v1/tag.js", "ingest", rate=300, burst=600),
    Route(_GET, "/u/{token}", "preferences", rate=500, burst=1000),
    Route(_POST, "/u/{token}", "preferences", rate=500, burst=1000),
    Route(_GET, "/r/{token}", "preferences", rate=500, burst=1000),
    Route(_HEAD, "/r/{token}", "preferences", rate=200, burst=400),
    Route(_GET, "/m/{token}", "preferences", rate=200, burst=400),
    Route(_GET, "/p/{token}", "preferences", rate=100, burst=200),
    Route(_POST, "/p/{token}", "preferences", rate=100, burst=200),
)
# What a route added in a hurry gets until it has figures of its own.
DEFAULT_RATE, DEFAULT_BURST = 50, 100

# No address, no path (it holds unsubscribe tokens), no user agent: route, result and times only.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "protocol": "$context.protocol",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "integrationError": "$context.integrationErrorMessage",
}


def make_api(scope: Construct, stage: Stage, options: Options) -> apigateway.HttpApi:
    """Make the API without routes: its address goes into the environment of functions that the routes then name."""
    return apigateway.HttpApi(
        scope,
        "Api",
        api_name=stage.prefix,
        description="Kairos: webhooks, tracking and unsubscribe links",
        create_default_stage=False,
        cors_preflight=apigateway.CorsPreflightOptions(
            allow_origins=list(options.allowed_origins),
            allow_methods=[apigateway.CorsHttpMethod.POST],
            allow_headers=["authorization", "content-type"],
            max_age=Duration.hours(1),
        ),
    )


def add_routes(scope: Construct, stage: Stage, api: apigateway.HttpApi, functions: Functions) -> apigateway.CfnStage:
    """Route to `functions`, with a throttle for each route and an access log. Return the stage that is deployed."""
    integrations = {
        name: HttpLambdaIntegration(
            f"{name.capitalize()}Integration",
            functions[name],
            payload_format_version=apigateway.PayloadFormatVersion.VERSION_2_0,
        )
        for name in sorted({route.function for route in ROUTES})
    }
    routes = [
        added
        for route in ROUTES
        for added in api.add_routes(path=route.path, methods=[route.method], integration=integrations[route.function])
    ]
    deployed = _deployed_stage(scope, stage, api)
    # A throttle may only name a route that exists.
    deployed.node.add_dependency(*routes)
    return deployed


def _deployed_stage(scope: Construct, stage: Stage, api: apigateway.HttpApi) -> apigateway.CfnStage:
    log_group = logs.LogGroup(
        scope,
        "ApiLogs",
        # Under this prefix a log group needs no line in the account's resource policy, whose length is limited.
        log_group_name=f"/aws/vendedlogs/{stage.prefix}/api",
        retention=stage.log_retention,
        removal_policy=RemovalPolicy.DESTROY,
    )
    return apigateway.CfnStage(
        scope,
        "ApiStage",
        api_id=api.api_id,
        stage_name="$default",
        auto_deploy=True,
        access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(ACCESS_LOG)
        ),
        default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
            throttling_rate_limit=DEFAULT_RATE, throttling_burst_limit=DEFAULT_BURST
        ),
        route_settings={
            route.key: {"ThrottlingRateLimit": route.rate, "ThrottlingBurstLimit": route.burst} for route in ROUTES
        },
    )
