"""SES: a configuration set whose events come back to `ingest`, and, if asked for, the sender's domain."""

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.functions import keep_failed_calls
from infra.queues import Queues
from infra.stage import Stage

# https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html; the advisor's and account's own are not ours.
FEEDBACK = (
    "Email Sent",
    "Email Delivered",
    "Email Bounced",
    "Email Complaint Received",
    "Email Rejected",
    "Email Opened",
    "Email Clicked",
    "Email Rendering Failed",
    "Email Delivery Delayed",
    "Email Subscribed",
)


def make_mail(scope: Construct, stage: Stage, email_identity: str | None) -> ses.ConfigurationSet:
    """Make the configuration set, and an identity for the domain `email_identity` with its DKIM records as outputs."""
    configuration_set = ses.ConfigurationSet(
        scope,
        "ConfigurationSet",
        configuration_set_name=stage.prefix,
        reputation_metrics=True,
        suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    )
    configuration_set.add_event_destination(
        "Feedback",
        destination=ses.EventDestination.event_bus(events.EventBus.from_event_bus_name(scope, "DefaultBus", "default")),
    )
    if email_identity:
        _verify_domain(scope, email_identity)
    return configuration_set


def _verify_domain(scope: Construct, domain: str) -> None:
    identity = ses.EmailIdentity(scope, "EmailIdentity", identity=ses.Identity.domain(domain))
    for number, record in enumerate(identity.dkim_records, start=1):
        CfnOutput(
            scope,
            f"DkimRecord{number}",
            value=f"{record.name} CNAME {record.value}",
            description=f"Create this record at the DNS provider of {domain}",
        )


def return_feedback(scope: Construct, stage: Stage, ingest: lambda_.Function, queues: Queues) -> None:
    """Send the events of this stage's messages, and of no other mail in the account, to `ingest`.

    What EventBridge cannot hand over, and what `ingest` cannot do, waits in `feedback-dlq`.
    """
    events.Rule(
        scope,
        "FeedbackRule",
        description="What became of the e-mails that Kairos sent",
        event_pattern=events.EventPattern(
            source=["aws.ses"],
            detail_type=list(FEEDBACK),
            detail={"mail": {"tags": {"ses:configuration-set": [stage.prefix]}}},
        ),
        targets=[
            targets.LambdaFunction(
                ingest, dead_letter_queue=queues.feedback_dlq, retry_attempts=185, max_event_age=Duration.hours(24)
            )
        ],
    )
    keep_failed_calls(scope, ingest, queues.feedback_dlq)
