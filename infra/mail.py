"""SES: a configuration set whose events come back to `ingest`, and, if asked for, the sender's domain."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.functions import keep_failed_calls
from infra.queues import Queues
from infra.stage import Stage

# What SES calls an event → its detail type on the bus. "Send" is left out: `deliver` has told the journeys of the
# hand-over already, and where it could not, the first of these settles it. An event costs as much as two page views.
# https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html; the advisor's and account's own are not ours.
FEEDBACK: Mapping[ses.EmailSendingEvent, str] = {
    ses.EmailSendingEvent.DELIVERY: "Email Delivered",
    ses.EmailSendingEvent.BOUNCE: "Email Bounced",
    ses.EmailSendingEvent.COMPLAINT: "Email Complaint Received",
    ses.EmailSendingEvent.REJECT: "Email Rejected",
    ses.EmailSendingEvent.OPEN: "Email Opened",
    ses.EmailSendingEvent.CLICK: "Email Clicked",
    ses.EmailSendingEvent.RENDERING_FAILURE: "Email Rendering Failed",
    ses.EmailSendingEvent.DELIVERY_DELAY: "Email Delivery Delayed",
    ses.EmailSendingEvent.SUBSCRIPTION: "Email Subscribed",
}


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
        events=list(FEEDBACK),
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
            detail_type=list(FEEDBACK.values()),
            detail={"mail": {"tags": {"ses:configuration-set": [stage.prefix]}}},
        ),
        targets=[
            targets.LambdaFunction(
                ingest, dead_letter_queue=queues.feedback_dlq, retry_attempts=185, max_event_age=Duration.hours(24)
            )
        ],
    )
    keep_failed_calls(scope, ingest, queues.feedback_dlq)
