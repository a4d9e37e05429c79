"""Time: the group in which alarm clocks and rounds of walks are created, the roles they act in, the sweep every five
minutes, the calendar worked out anew once a day, and what it teaches learned as often."""

from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.queues import Queues
from infra.stage import Stage

SWEEP_EVERY = Duration.minutes(5)
RENEW_EVERY = Duration.days(1)
SYNC_EVERY = Duration.minutes(5)
LEARN_EVERY = Duration.days(1)


@dataclass(frozen=True, slots=True)
class Schedules:
    group: scheduler.ScheduleGroup
    role: iam.Role
    walk_role: iam.Role


def make_schedules(scope: Construct, stage: Stage, queues: Queues) -> Schedules:
    """Make the schedule group, a role that may send to the inbox, and one that may call walk; each may send what fails
    to the dead letters."""
    # Goes with any stage: what it holds is rebuilt from the customers, and its name must be free for the next stack.
    group = scheduler.ScheduleGroup(
        scope, "ScheduleGroup", schedule_group_name=stage.prefix, removal_policy=RemovalPolicy.DESTROY
    )
    # A confused deputy is shut out by account and group, as
    # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html advises.
    principal = iam.ServicePrincipal(
        "scheduler.amazonaws.com",
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group.schedule_group_arn}},
    )
    role = iam.Role(
        scope, "ScheduleRole", assumed_by=principal, description="EventBridge Scheduler puts wake-ups into the inbox"
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["sqs:SendMessage"], resources=[queues.inbox.queue_arn, queues.schedule_dlq.queue_arn]
        )
    )
    walk_role = iam.Role(
        scope, "WalkScheduleRole", assumed_by=principal, description="EventBridge Scheduler calls rounds of walks"
    )
    walk_role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[walk_arn(stage)]))
    walk_role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[queues.schedule_dlq.queue_arn]))
    return Schedules(group, role, walk_role)


def walk_arn(stage: Stage) -> str:
    """Return the walk function's ARN by its name: the function is told it, and cannot refer to itself."""
    return f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:function:{stage.prefix}-walk"


def publish_name(stage: Stage) -> str:
    """Return the name of the publish function, which `learn` is told."""
    return f"{stage.prefix}-publish"


def sync_name(stage: Stage) -> str:
    """Return the name of the sync function, which `ingest` calls with what unsigned webhooks hint at."""
    return f"{stage.prefix}-sync"


def sweep_regularly(scope: Construct, sweep: lambda_.IFunction) -> None:
    """Call `sweep` every five minutes; one that fails is not repeated, because the next one finds the same things."""
    target = targets.LambdaFunction(sweep, retry_attempts=0, max_event_age=SWEEP_EVERY)
    _call(scope, "SweepRule", "Kairos looks for alarms that did not ring", SWEEP_EVERY, target)


def renew_daily(scope: Construct, publish: lambda_.IFunction) -> None:
    """Let `publish` work out holidays, seasons and paydays anew once a day: the years that a release carries go on, and
    a newer `holidays` counts as soon as it is deployed. On all other days it changes nothing."""
    renew = events.RuleTargetInput.from_object({"command": "renew"})
    target = targets.LambdaFunction(publish, event=renew, retry_attempts=2)
    _call(scope, "RenewRule", "Kairos works out anew the days that what is live stands around", RENEW_EVERY, target)


def learn_daily(scope: Construct, learn: lambda_.IFunction) -> None:
    """Call `learn` once a day; a day that failed twice is left to the next one."""
    target = targets.LambdaFunction(learn, retry_attempts=1)
    _call(scope, "LearnRule", "Kairos learns when customers buy and answer", LEARN_EVERY, target)


def sync_regularly(scope: Construct, sync: lambda_.IFunction) -> None:
    """Call `sync` every five minutes; each connection says by itself when it is next to be read."""
    target = targets.LambdaFunction(sync, retry_attempts=0, max_event_age=SYNC_EVERY)
    _call(scope, "SyncRule", "Kairos reads calendars and shops", SYNC_EVERY, target)


def _call(scope: Construct, id: str, why: str, every: Duration, target: targets.LambdaFunction) -> None:
    events.Rule(scope, id, description=why, schedule=events.Schedule.rate(every), targets=[target])
