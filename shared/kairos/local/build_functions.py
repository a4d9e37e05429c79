"""Build what runs: functions, what starts them, and the HTTP API's routes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kairos.local.errors import Unplayable
from kairos.local.function import Function
from kairos.local.lambdas import send_to_queue
from kairos.local.parts import Parts
from kairos.local.patterns import Filters
from kairos.local.queue_source import QueueSource
from kairos.local.routes import Routes
from kairos.local.stack import Builder, Declared, Physical
from kairos.local.stream_source import StreamSource


def function_builders(parts: Parts) -> dict[str, Builder]:
    """Return the builders by type."""
    return {
        "AWS::Lambda::Function": lambda it: _function(parts, it),
        "AWS::Lambda::EventInvokeConfig": lambda it: _invoke_config(parts, it),
        "AWS::Lambda::EventSourceMapping": lambda it: _source(parts, it),
        "AWS::ApiGatewayV2::Api": lambda it: _api(parts, it),
        "AWS::ApiGatewayV2::Integration": _integration,
        "AWS::ApiGatewayV2::Route": lambda it: _route(parts, it),
        "AWS::ApiGatewayV2::Stage": lambda it: _stage(parts, it),
    }


def _function(parts: Parts, it: Declared) -> Physical:
    spec = it.properties
    name = spec.get("FunctionName", it.name[:64])
    arn = parts.arn("lambda", f"function:{name}")
    variables = spec.get("Environment", {}).get("Variables", {})
    function = Function(
        logical=it.logical,
        name=name,
        arn=arn,
        handler=spec.get("Handler", ""),
        variables={key: _public(parts, str(value)) for key, value in variables.items()},
        timeout=timedelta(seconds=int(spec.get("Timeout", 3))),
        memory_mb=int(spec.get("MemorySize", 128)),
        runtime=spec.get("Runtime", ""),
        role=spec.get("Role", ""),
        on_failure_arn=spec.get("DeadLetterConfig", {}).get("TargetArn"),
    )
    parts.lambdas.add(function)
    return Physical(name, {"Arn": arn})


def _public(parts: Parts, value: str) -> str:
    """Return a variable with the API's address replaced by the one under which it is really served.

    What functions see stays https, as deployed: RFC 8058 wants it of an opt-out link, so do law packs, and a message
    without such a link is refused. The outbox shows the link as it can be followed here.
    """
    for routes in parts.routes.values():
        if parts.public_url is not None:
            for address in (f"https://{routes.domain}", parts.public_url):
                value = value.replace(address, secure(parts.public_url))
    return value


def secure(url: str) -> str:
    """Return an address of ours as the deployed API would have it."""
    return "https://" + url.partition("://")[2]


def _invoke_config(parts: Parts, it: Declared) -> Physical:
    function, spec = parts.lambdas.find(it.properties["FunctionName"]), it.properties
    destination = spec.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    changed = {name: getattr(function, name) for name in Function.__dataclass_fields__}
    changed["async_retries"] = int(spec.get("MaximumRetryAttempts", 2))
    changed["on_failure_arn"] = destination or function.on_failure_arn
    parts.lambdas.add(Function(**changed))
    return Physical(it.name)


def _source(parts: Parts, it: Declared) -> Physical:
    spec = it.properties
    function, arn = parts.lambdas.find(spec["FunctionName"]), spec["EventSourceArn"]
    _check_source(it.logical, spec, arn)
    if ":sqs:" in arn:
        source = _queue_source(parts, function, spec)
        parts.queue_sources.append(source)
        parts.lambdas.sources[it.name] = source
    elif "/stream/" in arn:
        parts.stream_sources.append(_stream_source(parts, function, spec))
    else:
        raise Unplayable(it.logical, f"events from {arn} are not played")
    return Physical(it.name, {"Id": it.name})


def _check_source(logical: str, spec: Mapping[str, Any], arn: str) -> None:
    batch, window = int(spec.get("BatchSize", 10)), int(spec.get("MaximumBatchingWindowInSeconds", 0))
    if arn.endswith(".fifo") and (batch > 10 or window):
        raise Unplayable(logical, "a FIFO queue's batch holds at most ten, and has no batching window")
    if ":sqs:" in arn and batch > 10 and not window:
        raise Unplayable(logical, "a batch of more than ten messages needs a batching window")
    if len(spec.get("FilterCriteria", {}).get("Filters", [])) > 10:
        raise Unplayable(logical, "at most ten filters, by raised quota")


def _partial(spec: Mapping[str, Any]) -> bool:
    return "ReportBatchItemFailures" in spec.get("FunctionResponseTypes", [])


def _queue_source(parts: Parts, function: Function, spec: Mapping[str, Any]) -> QueueSource:
    queue = parts.sqs.by_arn(spec["EventSourceArn"])
    if queue.visibility < function.timeout:
        raise Unplayable(queue.name, f"its visibility is shorter than the time-out of {function.short}")
    return QueueSource(
        queue,
        function,
        parts.lambdas.invoke,
        parts.region,
        batch=int(spec.get("BatchSize", 10)),
        partial=_partial(spec),
        filters=Filters(spec["FilterCriteria"]) if spec.get("FilterCriteria") else None,
        enabled=spec.get("Enabled", True) is not False,
    )


def _stream_source(parts: Parts, function: Function, spec: Mapping[str, Any]) -> StreamSource:
    arn = spec["EventSourceArn"]
    destination = spec.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    retries, age = int(spec.get("MaximumRetryAttempts", -1)), int(spec.get("MaximumRecordAgeInSeconds", -1))
    source = StreamSource(
        parts.dynamodb.table(arn.split("/")[1]).stream_shard,
        arn,
        function,
        parts.lambdas.invoke,
        batch=int(spec.get("BatchSize", 100)),
        partial=_partial(spec),
        bisect=bool(spec.get("BisectBatchOnFunctionError")),
        retries=None if retries < 0 else retries,
        filters=Filters(spec.get("FilterCriteria")),
        enabled=spec.get("Enabled", True) is not False,
    )
    if age >= 0:
        source.age_max = timedelta(seconds=age)
    if destination:
        source.give_up = lambda notice: send_to_queue(parts.wire, function.short, destination, notice)
    return source


def _api(parts: Parts, it: Declared) -> Physical:
    if it.properties.get("ProtocolType") != "HTTP":
        raise Unplayable(it.logical, "only HTTP APIs are played")
    api_id = hashlib.sha256(it.name.encode()).hexdigest()[:10]
    domain = f"{api_id}.execute-api.{parts.region}.amazonaws.com"
    cors = it.properties.get("CorsConfiguration", {})
    parts.routes[api_id] = Routes(parts.now, parts.lambdas.invoke, api_id, domain, parts.account, cors)
    return Physical(api_id, {"ApiEndpoint": parts.public_url or f"https://{domain}", "ApiId": api_id})


def _integration(it: Declared) -> Physical:
    if it.properties.get("IntegrationType") != "AWS_PROXY" or it.properties.get("PayloadFormatVersion") != "2.0":
        raise Unplayable(it.logical, "only Lambda proxies in payload format 2.0 are played")
    return Physical(it.properties["IntegrationUri"])


def _route(parts: Parts, it: Declared) -> Physical:
    arn = it.properties["Target"].removeprefix("integrations/")
    parts.routes[it.properties["ApiId"]].add(it.properties["RouteKey"], parts.lambdas.find(arn))
    return Physical(it.name)


def _stage(parts: Parts, it: Declared) -> Physical:
    if it.properties.get("StageName") != "$default":
        raise Unplayable(it.logical, "only the stage $default is played: others put their name before each path")
    parts.routes[it.properties["ApiId"]].throttles = it.properties
    return Physical(it.properties["StageName"])
