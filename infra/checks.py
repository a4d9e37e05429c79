"""The rules that the stack must pass before it is deployed, and where it departs from them, why.

The packs are AWS's own: https://github.com/cdklabs/cdk-nag/blob/main/RULES.md. A wildcard that is accepted here is
accepted for the named role only; `tests/infra/test_grants.py` says which action it stands with.
"""

from dataclasses import dataclass

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.stack import KairosStack
from infra.stations import STATIONS


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that stands, on the constructs of the stack with these ids and on what they contain."""

    rule: str
    on: tuple[str, ...]
    reason: str


def check(app: App, stack: KairosStack) -> None:
    """Make synthesis fail on a finding of either rule pack that is not accepted here."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    for accepted in (*_FUNCTIONS, *_QUEUES, *_OTHERS, *_wildcards(stack.stage.prefix)):
        for construct_id in accepted.on:
            construct = stack.node.find_child(construct_id)
            Validations.of(construct).acknowledge(Acknowledgment(id=accepted.rule, reason=accepted.reason))


_EVERY_FUNCTION = tuple(f"{name.capitalize()}Function" for name in STATIONS)
_EVERY_ROLE = tuple(f"{name.capitalize()}Role" for name in STATIONS)

_NEWER_RUNTIME = (
    "python3.13 is supported until 2029 like 3.14, and is the newest that this project can compile bytecode for and "
    "run its tests on; without bytecode a cold start takes twice the processor time."
)
_FUNCTIONS = (
    Accepted("AwsSolutions::AwsSolutions-L1", _EVERY_FUNCTION, _NEWER_RUNTIME),
    Accepted("Serverless::Serverless-LambdaLatestVersion", _EVERY_FUNCTION, _NEWER_RUNTIME),
    Accepted(
        "Serverless::Serverless-LambdaTracing",
        _EVERY_FUNCTION,
        "Traces are an option: X-Ray keeps a twentieth of all runs, which would be a tenth of what a message costs, "
        "and the correlation id in the logs follows every one.",
    ),
    Accepted(
        "Serverless::Serverless-LambdaDLQ",
        _EVERY_FUNCTION,
        "A dead-letter target serves asynchronous calls only. Queues and streams have their own; the one function that "
        "is called so and must lose nothing, ingest, has an on-failure destination, which also keeps the error.",
    ),
    Accepted(
        "Serverless::Serverless-LambdaEventSourceMappingDestination",
        ("DecideFunction", "DeliverFunction", "TallyFunction"),
        "The destination of an SQS source is the queue's own redrive policy; AWS offers no other.",
    ),
)

_A_LAST_STOP = "This is a dead-letter queue: an alarm watches it, and what is in it waits for a person."
_QUEUES = (
    Accepted(
        "Serverless::Serverless-SQSRedrivePolicy",
        ("InboxParkedQueue", "OutboxDlq", "ScheduleDlq", "EffectsDlq", "StreamDlq", "FeedbackDlq", "TallyDlq"),
        _A_LAST_STOP,
    ),
    # The rule recognises a dead-letter queue by a redrive policy that names it; these four are named elsewhere.
    Accepted(
        "AwsSolutions::AwsSolutions-SQS3", ("ScheduleDlq", "EffectsDlq", "StreamDlq", "FeedbackDlq"), _A_LAST_STOP
    ),
)

_OTHERS = (
    Accepted(
        "AwsSolutions::AwsSolutions-APIG4",
        ("Api",),
        "Shops, browsers and mail providers have no AWS identity. Webhooks are verified by signature over the raw "
        "body, tracking by write key, unsubscribe links by the token in them; each route is throttled.",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-S1",
        ("ReleasesBucket",),
        "It holds compiled journeys by content hash and no data of customers; only publish and the owner write to it.",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-S1",
        ("ArchiveBucket",),
        "It holds pseudonyms only, Firehose alone writes to it, and of the functions only tally reads it; logs of its "
        "own would want a bucket beside it, for objects that CloudTrail can log where somebody asks for it.",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-SMG4",
        ("IdentitySecret",),
        "The secret keys the hashes under which people are found: rotating it is an operation on data, in which old "
        "keys stay readable, and not something to happen by a calendar.",
    ),
    Accepted(
        "Serverless::Serverless-EventBusDLQ",
        ("SweepRule", "SyncRule", "RenewRule", "LearnRule"),
        "A run that failed is not worth keeping: the next one, minutes or a day later, finds the same things.",
    ),
    Accepted(
        "Serverless::Serverless-SNSRedrivePolicy",
        ("AlarmTopic",),
        "The subscriber is a person's mailbox, and alarms stay visible on the dashboard.",
    ),
)


def _wildcards(prefix: str) -> tuple[Accepted, ...]:
    here = "<AWS::Region>:<AWS::AccountId>"
    return (
        Accepted(
            "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
            _EVERY_ROLE,
            "X-Ray's write actions (where traces are asked for) and dynamodb:ListStreams know no resource.",
        ),
        Accepted(
            f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sns:{here}:app/*/{prefix}]",
            ("DeliverRole",),
            "One application for each push service, made by `kairos connect push` under the stage's name.",
        ),
        Accepted(
            f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sns:{here}:endpoint/*/{prefix}/*]",
            ("DeliverRole",),
            "One endpoint for each device, named by SNS.",
        ),
        Accepted(
            "AwsSolutions::AwsSolutions-IAM5[Resource::<ReleasesBucket.Arn>/*]",
            ("IngestRole", "DecideRole", "DeliverRole", "PublishRole", "PreferencesRole", "WalkRole", "LearnRole"),
            "Releases are named by the hash of their content, and everything in the bucket is one.",
        ),
        Accepted(
            "AwsSolutions::AwsSolutions-IAM5[Resource::<ArchiveBucket.Arn>/decisions/*]",
            ("TallyRole",),
            "Objects are named by Firehose, by the hour and a number of its own.",
        ),
        Accepted(
            "AwsSolutions::AwsSolutions-IAM5[Resource::<ArchiveBucket.Arn>/*]",
            ("ArchiveRole",),
            "Objects are named by Firehose, by the hour and a number of its own; the bucket holds nothing else.",
        ),
        Accepted(
            f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:scheduler:{here}:schedule/{prefix}/*]",
            ("DispatchRole", "SweepRole"),
            "A schedule is named by the customer and the minute; the group holds nothing else.",
        ),
        Accepted(
            f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:scheduler:{here}:schedule/{prefix}/walk-*]",
            ("PublishRole", "WalkRole"),
            "A round of a walk is named by the walk and the minute.",
        ),
        Accepted(
            f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:{here}:identity/*]",
            ("DeliverRole",),
            "The sender is named by brand.yaml, which changes without a deployment, and in the SES sandbox the "
            "recipient's identity is checked too.",
        ),
        Accepted(
            "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:"
            f"{here}:parameter/kairos/{prefix.removeprefix('kairos-')}/connections/*]",
            ("IngestRole", "SyncRole"),
            "One parameter for each connected shop, made by `kairos connect` without a deployment.",
        ),
        Accepted(
            "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:"
            f"{here}:parameter/kairos/{prefix.removeprefix('kairos-')}/connections/cafe24/*]",
            ("SyncRole",),
            "One parameter for each connected mall, whose refresh token each renewal replaces.",
        ),
        Accepted(
            "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:"
            f"{here}:parameter/kairos/{prefix.removeprefix('kairos-')}/connections/webhook/*]",
            ("DeliverRole",),
            "One parameter for each webhook that is called, made by `kairos connect` without a deployment.",
        ),
        Accepted(
            "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:"
            f"{here}:parameter/kairos/{prefix.removeprefix('kairos-')}/connections/kakao/*]",
            ("DeliverRole",),
            "The provider of AlimTalk, connected by `kairos connect` without a deployment.",
        ),
    )
