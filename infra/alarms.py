"""What wakes somebody up. Each alarm says in its description what happened and what to do first.

Missing data is good news everywhere but for `sweep`, which has to run: it is what finds everything else that was lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.archive import Archive
from infra.functions import Functions
from infra.metrics import PERIOD, archive_metric, reputation, silent_connections, timer_lateness, total, unknown_sends
from infra.queues import Queues
from infra.stage import Options, Stage

_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Alarm:
    """A metric that has gone past `above` in each of `periods` periods."""

    name: str
    metric: cloudwatch.IMetric
    above: float
    says: str
    periods: int = 1
    when_silent: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING
    comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD


def make_alarms(
    scope: Construct,
    stage: Stage,
    options: Options,
    functions: Functions,
    queues: Queues,
    archive: Archive,
    api: apigateway.HttpApi,
) -> list[cloudwatch.Alarm]:
    """Make the alarms, and a topic that sends them to `options.alarm_email`."""
    topic = _topic(scope, stage, options.alarm_email)
    specified = (
        *_dead_letters(queues),
        *_waiting(queues),
        *_functions(functions),
        *_promises(),
        *_sources(),
        *_archive(archive),
        *_http(api),
    )
    alarms = [_alarm(scope, stage, alarm) for alarm in specified]
    for alarm in alarms:
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarm.add_ok_action(actions.SnsAction(topic))
    return alarms


def _dead_letters(queues: Queues) -> Iterator[Alarm]:
    for name, queue in queues.dead_letters().items():
        yield Alarm(
            f"{name}NotEmpty",
            queue.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum"),
            above=0,
            says="Something could not be done and waits here, for 14 days. Read its reason, then `kairos redrive`.",
        )


def _waiting(queues: Queues) -> Iterator[Alarm]:
    says = (
        "The oldest message has waited too long. See whether its function fails, is throttled, or has too much to do."
    )
    # Marketing may be held back by the account's sending quota, for hours after a large broadcast.
    for name, queue, seconds in (
        ("Inbox", queues.inbox, 10 * _MINUTE),
        ("WalkInbox", queues.walk_inbox, _HOUR),
        ("Tally", queues.tally, 10 * _MINUTE),
        ("OutboxTransactional", queues.outbox_transactional, 10 * _MINUTE),
        ("OutboxMarketing", queues.outbox_marketing, 6 * _HOUR),
    ):
        yield Alarm(f"{name}Waits", _age(queue), above=seconds, says=says)


def _age(queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_age_of_oldest_message(period=PERIOD, statistic="Maximum")


def _functions(functions: Functions) -> Iterator[Alarm]:
    yield Alarm(
        "FunctionsFail",
        total(functions, "Errors", "errors of the functions that run all day"),
        above=0,
        periods=3,
        says="Functions have failed for 15 minutes on end. The dashboard shows which, its log group why.",
    )
    yield Alarm(
        "FunctionsThrottled",
        total(functions, "Throttles", "throttles of the functions that run all day"),
        above=0,
        periods=3,
        says="The account's concurrency is used up. Ask for a higher limit in Service Quotas.",
    )
    yield Alarm(
        "DispatchBehind",
        functions["dispatch"].metric("IteratorAge", statistic="Maximum", period=PERIOD),
        above=5 * _MINUTE * 1000,
        says="Effects of decisions are performed late: alarm clocks and messages with them.",
    )
    yield Alarm(
        "SweepSilent",
        functions["sweep"].metric_invocations(statistic="Sum", period=Duration.minutes(15)),
        above=1,
        comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        when_silent=cloudwatch.TreatMissingData.BREACHING,
        says="Nothing looks for lost alarms and messages any more. See whether the rule for `sweep` is enabled.",
    )
    yield Alarm(
        "LearnFails",
        functions["learn"].metric_errors(statistic="Sum", period=Duration.days(1)),
        above=1,
        says="Learning failed twice in a day. What is live stays; its log group says why, `kairos learn` tries it.",
    )


def _sources() -> Iterator[Alarm]:
    yield Alarm(
        "SourcesSilent",
        silent_connections(),
        above=0,
        says="A calendar or shop was not read for a day, or says nothing any more. `kairos sources` says which.",
    )


def _promises() -> Iterator[Alarm]:
    yield Alarm(
        "TimersLate",
        timer_lateness(),
        above=10 * _MINUTE * 1000,
        periods=2,
        says="Timers are acted on more than 10 minutes after they were due. See the inbox, then EventBridge Scheduler.",
    )
    yield Alarm(
        "SendsUnknown",
        unknown_sends(),
        above=0,
        says="It is not known whether a message was accepted. Marketing is not repeated; the ledger names the message.",
    )
    # SES reviews an account at 5 % and 0.1 %:
    # https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
    yield Alarm(
        "BouncesHigh",
        reputation("BounceRate"),
        above=0.04,
        says="SES reviews an account at 5 % bounces. Stop the journeys that write to old addresses.",
    )
    yield Alarm(
        "ComplaintsHigh",
        reputation("ComplaintRate"),
        above=0.0008,
        says="SES reviews an account at 0.1 % complaints. `kairos stop-all` stops sending within seconds.",
    )


def _archive(archive: Archive) -> Iterator[Alarm]:
    yield Alarm(
        "ArchiveLate",
        archive_metric(archive, "DeliveryToS3.DataFreshness", "Maximum"),
        above=10 * _MINUTE,
        says="What was decided reaches the archive's bucket late, and so `kairos results`. Firehose tries for a day.",
    )
    yield Alarm(
        "ArchiveFails",
        archive_metric(archive, "DeliveryToS3.Success", "Average"),
        above=1,
        comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        says="Firehose cannot write to the archive's bucket, and gives up after a day. Its log group says why.",
    )


def _http(api: apigateway.HttpApi) -> Iterator[Alarm]:
    yield Alarm(
        "ApiFails",
        api.metric_server_error(statistic="Sum", period=PERIOD),
        above=0,
        periods=2,
        says="Webhooks or unsubscriptions were answered with a 5xx. Senders try again; people who unsubscribe do not.",
    )


def _alarm(scope: Construct, stage: Stage, alarm: Alarm) -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        scope,
        f"{alarm.name}Alarm",
        alarm_name=f"{stage.prefix}-{alarm.name}",
        alarm_description=alarm.says,
        metric=alarm.metric,
        threshold=alarm.above,
        comparison_operator=alarm.comparison,
        evaluation_periods=alarm.periods,
        treat_missing_data=alarm.when_silent,
    )


def _topic(scope: Construct, stage: Stage, email: str | None) -> sns.Topic:
    topic = sns.Topic(scope, "AlarmTopic", display_name=f"Kairos {stage.name} alarms", enforce_ssl=True)
    # A topic with a policy of its own, as `enforce_ssl` gives it, no longer admits CloudWatch unasked.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsMayPublish",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    if email:
        topic.add_subscription(subscriptions.EmailSubscription(email))
    return topic
