"""One page that answers three questions: is anything wrong, is anything late, what has been sent."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.functions import Functions
from infra.metrics import PERIOD, reputation, timer_lateness, unknown_sends
from infra.queues import Queues
from infra.stage import Stage

_WIDTH = 24
_HALF = _WIDTH // 2


def make_dashboard(
    scope: Construct,
    stage: Stage,
    functions: Functions,
    queues: Queues,
    api: apigateway.HttpApi,
    alarms: Sequence[cloudwatch.Alarm],
) -> None:
    """Make the dashboard; the first three of an account are free."""
    dashboard = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=stage.prefix, default_interval=Duration.days(1))
    dashboard.add_widgets(
        cloudwatch.AlarmStatusWidget(alarms=list(alarms), title="Is anything wrong?", width=_WIDTH, height=4)
    )
    dashboard.add_widgets(
        _graph("Late: timers, 99 of 100 (ms)", [timer_lateness()]),
        _graph(
            "Late: oldest message (s)",
            [
                queue.metric_approximate_age_of_oldest_message(label=label, statistic="Maximum", period=PERIOD)
                for label, queue in (
                    ("inbox", queues.inbox),
                    ("walks", queues.walk_inbox),
                    ("transactional", queues.outbox_transactional),
                    ("marketing", queues.outbox_marketing),
                    ("tally", queues.tally),
                    ("announcements", queues.announcements),
                )
            ],
        ),
    )
    dashboard.add_widgets(
        _graph("Errors", [each.metric_errors(label=name, period=PERIOD) for name, each in functions.items()]),
        _graph(
            "Duration, 99 of 100 (ms)",
            [each.metric_duration(label=name, statistic="p99", period=PERIOD) for name, each in functions.items()],
        ),
    )
    dashboard.add_widgets(
        _graph(
            "Parked and dead letters",
            [
                queue.metric_approximate_number_of_messages_visible(label=name, statistic="Maximum", period=PERIOD)
                for name, queue in queues.dead_letters().items()
            ],
        ),
        _graph("Requests", [api.metric_count(period=PERIOD), api.metric_client_error(period=PERIOD)]),
    )
    dashboard.add_widgets(
        _graph("Messages", [_ses(name) for name in ("Send", "Delivery", "Bounce", "Complaint", "Open", "Click")]),
        _graph(
            "Reputation and unknown sends", [reputation("BounceRate"), reputation("ComplaintRate")], unknown_sends()
        ),
    )


def _graph(
    title: str, metrics: Sequence[cloudwatch.IMetric], right: cloudwatch.IMetric | None = None
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title, left=list(metrics), right=[right] if right is not None else [], width=_HALF, height=6
    )


def _ses(event: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(namespace="AWS/SES", metric_name=event, statistic="Sum", period=PERIOD, label=event)
