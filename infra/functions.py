"""The functions: alike in all but size, environment and what may be done with them (see `grants.py`)."""

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.assets import code_asset, layer_asset, learn_layer_asset, publish_layer_asset
from infra.stage import Stage
from infra.stations import STATIONS, Station

Functions = Mapping[str, lambda_.Function]


def make_functions(
    scope: Construct, stage: Stage, environment: Mapping[str, str], *, traces: bool = False
) -> Functions:
    """Make each function with the part of `environment` (names without `KAIROS_`) that it reads."""
    named = "What pyproject.toml names under"
    layer = _layer(scope, "DependencyLayer", layer_asset(), f"{named} [project].dependencies, and their dependencies")
    learning = _layer(scope, "LearnLayer", learn_layer_asset(), f"{named} learn-layer: what learn computes with")
    compiling = _layer(scope, "PublishLayer", publish_layer_asset(), f"{named} publish-layer: what compiles MJML")
    code = code_asset()
    made = {}
    for station in STATIONS.values():
        chosen = [learning] if station.computes else [layer, *([compiling] if station.compiles else [])]
        told = _environment(stage, station, environment)
        made[station.name] = _function(scope, stage, station, code, chosen, told, traces)
    return made


def keep_failed_calls(scope: Construct, function: lambda_.Function, queue: sqs.Queue) -> None:
    """Put what `function` failed three times, called asynchronously, into `queue`, with the error beside it.

    The construct that the CDK has for this would also let the function use the queue's key for anything.
    """
    lambda_.CfnEventInvokeConfig(
        scope,
        f"{function.node.id}Retries",
        function_name=function.function_name,
        qualifier="$LATEST",
        maximum_retry_attempts=2,
        maximum_event_age_in_seconds=Duration.hours(6).to_seconds(),
        destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
            on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=queue.queue_arn)
        ),
    ).node.add_dependency(function)


def _layer(scope: Construct, name: str, code: lambda_.Code, description: str) -> lambda_.LayerVersion:
    return lambda_.LayerVersion(
        scope,
        name,
        code=code,
        description=description,
        compatible_architectures=[lambda_.Architecture.ARM_64],
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
    )


def _environment(stage: Stage, station: Station, environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "KAIROS_STAGE": stage.name,
        **{f"KAIROS_{name}": environment[name] for name in station.reads},
        "POWERTOOLS_SERVICE_NAME": f"kairos-{station.name}",
        "POWERTOOLS_METRICS_NAMESPACE": "Kairos",
        # Zone rules come from the tzdata in the layer, whatever the runtime's own copy says.
        "PYTHONTZPATH": "",
    }


def _function(
    scope: Construct,
    stage: Stage,
    station: Station,
    code: lambda_.Code,
    layers: list[lambda_.LayerVersion],
    environment: dict[str, str],
    traces: bool,
) -> lambda_.Function:
    title = station.name.capitalize()
    name = f"{stage.prefix}-{station.name}"
    return lambda_.Function(
        scope,
        f"{title}Function",
        function_name=name,
        description=station.purpose,
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        handler=station.handler,
        code=code,
        layers=layers,
        memory_size=station.memory_mb,
        timeout=Duration.seconds(station.timeout_seconds),
        environment=environment,
        # Without the managed policy, which would let each function write into the log groups of the others.
        role=iam.Role(
            scope,
            f"{title}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {name} may do",
        ),
        log_group=logs.LogGroup(
            scope,
            f"{title}Logs",
            log_group_name=f"/aws/lambda/{name}",
            retention=stage.log_retention,
            removal_policy=RemovalPolicy.DESTROY,
        ),
        tracing=lambda_.Tracing.ACTIVE if traces else lambda_.Tracing.DISABLED,
        # A customer's life is a loop on purpose (inbox, stream, inbox; an outbox that waits for a send token), and
        # Lambda would break it after sixteen turns. Ours ends by itself: each turn is bounded by what is due.
        recursive_loop=lambda_.RecursiveLoop.ALLOW,
        logging_format=lambda_.LoggingFormat.JSON,
        # Metrics are log lines of level INFO: a higher level here would silence them.
        application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
        # Lambda's own start and report lines cost more to keep than the run they describe; failures are still logged.
        system_log_level_v2=lambda_.SystemLogLevel.WARN,
    )
