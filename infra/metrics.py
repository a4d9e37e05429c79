"""The metrics that Kairos itself reports, by embedded metric format, and AWS's that alarms and dashboard both show."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from infra.archive import Archive
from infra.functions import Functions

PERIOD = Duration.minutes(5)
DAILY = frozenset({"learn"})


def own_metric(name: str, station: str, statistic: str) -> cloudwatch.Metric:
    """Return a metric that `functions/<station>.py` reports under the namespace Kairos."""
    return cloudwatch.Metric(
        namespace="Kairos",
        metric_name=name,
        dimensions_map={"service": f"kairos-{station}"},
        statistic=statistic,
        period=PERIOD,
    )


def timer_lateness() -> cloudwatch.Metric:
    """Return how long after it was due a timer was acted on, in milliseconds; 99 of 100 were faster."""
    return own_metric("TimerLateness", "decide", "p99")


def unknown_sends() -> cloudwatch.Metric:
    """Return how many sends are known neither to have reached the provider nor not to have."""
    return own_metric("UnknownSends", "deliver", "Sum")


def silent_connections() -> cloudwatch.Metric:
    """Return how many connections were not read to their end for a day, or are silent for longer than is usual."""
    return own_metric("ConnectionsSilent", "sync", "Maximum")


def archive_metric(archive: Archive, name: str, statistic: str) -> cloudwatch.Metric:
    """Return one of Firehose's metrics of the archive's stream."""
    return cloudwatch.Metric(
        namespace="AWS/Firehose",
        metric_name=name,
        dimensions_map={"DeliveryStreamName": archive.stream_name},
        statistic=statistic,
        period=PERIOD,
    )


def reputation(name: str) -> cloudwatch.Metric:
    """Return the account's `BounceRate` or `ComplaintRate` as SES judges it, between 0 and 1."""
    return cloudwatch.Metric(
        namespace="AWS/SES", metric_name=f"Reputation.{name}", statistic="Average", period=Duration.hours(1)
    )


def total(functions: Functions, metric: str, label: str) -> cloudwatch.MathExpression:
    """Return the sum of Lambda's metric "Errors" or "Throttles" over all functions that run all day.

    An alarm watches ten metrics at most, and three bad periods on end never befall what runs once a day.
    """
    by_name = {name: _lambda_metric(each, metric) for name, each in functions.items() if name not in DAILY}
    return cloudwatch.MathExpression(expression=" + ".join(by_name), using_metrics=by_name, period=PERIOD, label=label)


def _lambda_metric(function: lambda_.Function, metric: str) -> cloudwatch.Metric:
    return function.metric(metric, statistic="Sum", period=PERIOD)
