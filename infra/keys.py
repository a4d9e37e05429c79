"""The two keys: one that encrypts who the customers are, one that hashes their identifiers.

Both stay when the stack goes. Without the first, a kept table or its last backup is unreadable; without the second, an
address that unsubscribed is no longer recognised, and the next deployment would write to people who said no.
"""

from dataclasses import dataclass

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.stage import Stage


@dataclass(frozen=True, slots=True)
class Keys:
    contacts: kms.Key
    identity: secretsmanager.Secret


def make_keys(scope: Construct, stage: Stage) -> Keys:
    """Make the contacts key and the identity secret."""
    contacts = kms.Key(
        scope,
        "ContactsKey",
        alias=f"alias/{stage.prefix}-contacts",
        description=f"Kairos {stage.name}: everything that identifies or reaches a person",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    _let_eventbridge_park_feedback(contacts)
    identity = secretsmanager.Secret(
        scope,
        "IdentitySecret",
        description=f"Kairos {stage.name}: keys the hashes of e-mail addresses, phone numbers and customer ids",
        generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        removal_policy=RemovalPolicy.RETAIN,
    )
    return Keys(contacts, identity)


def _let_eventbridge_park_feedback(key: kms.Key) -> None:
    # SES events carry the recipient's address, so the queue that holds those which reached nobody is under this key,
    # and EventBridge, which writes to it, has no role that IAM could grant the key to.
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="EventBridgeParksFeedback",
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
