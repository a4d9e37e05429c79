"""The nine tables and the bucket of releases. Items and keys are described in `kairos/aws/table.py`."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.stage import Stage

WAKE_INDEX = "wake"


@dataclass(frozen=True, slots=True)
class Tables:
    customers: dynamodb.TableV2
    identities: dynamodb.TableV2
    contacts: dynamodb.TableV2
    suppressions: dynamodb.TableV2
    messages: dynamodb.TableV2
    config: dynamodb.TableV2
    insights: dynamodb.TableV2
    board: dynamodb.TableV2
    consents: dynamodb.TableV2
    releases: s3.Bucket


def make_tables(scope: Construct, stage: Stage, contacts_key: kms.IKey) -> Tables:
    """Make the tables, on demand; `prod` protects them from deletion and can be restored to any second of 35 days."""
    return Tables(
        customers=_customers(scope, stage),
        identities=_table(scope, stage, "Identities", partition="identity"),
        contacts=_table(
            scope,
            stage,
            "Contacts",
            partition="profile",
            sort="ref",
            ttl="ttl",
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(contacts_key),
        ),
        suppressions=_table(scope, stage, "Suppressions", partition="address", sort="scope"),
        messages=_table(scope, stage, "Messages", partition="message", ttl="ttl"),
        config=_table(scope, stage, "Config", partition="kind", sort="id", stream=True),
        insights=_table(scope, stage, "Insights", partition="insight", sort="slice", ttl="ttl"),
        board=_table(scope, stage, "Board", partition="profile", ttl="ttl"),
        consents=_table(scope, stage, "Consents", partition="person", sort="word"),
        releases=_releases(scope),
    )


def _customers(scope: Construct, stage: Stage) -> dynamodb.TableV2:
    table = _table(scope, stage, "Customers", partition="profile", ttl="ttl", stream=True)
    # Sparse and keys only: an item is in it while something is due or unconfirmed, and costs no more than its keys.
    table.add_global_secondary_index(
        index_name=WAKE_INDEX,
        partition_key=_string("wake"),
        sort_key=_string("wake_at"),
        projection_type=dynamodb.ProjectionType.KEYS_ONLY,
    )
    return table


def _table(
    scope: Construct,
    stage: Stage,
    name: str,
    *,
    partition: str,
    sort: str | None = None,
    ttl: str | None = None,
    stream: bool = False,
    encryption: dynamodb.TableEncryptionV2 | None = None,
) -> dynamodb.TableV2:
    return dynamodb.TableV2(
        scope,
        f"{name}Table",
        partition_key=_string(partition),
        sort_key=_string(sort) if sort else None,
        time_to_live_attribute=ttl,
        billing=dynamodb.Billing.on_demand(),
        encryption=encryption,
        dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE if stream else None,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=stage.keeps_data
        ),
        deletion_protection=stage.keeps_data,
        removal_policy=stage.removal,
    )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _releases(scope: Construct) -> s3.Bucket:
    # Always kept: CloudFormation cannot delete a bucket that has objects in it, and a deletion would stop half-way.
    return s3.Bucket(
        scope,
        "ReleasesBucket",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        removal_policy=RemovalPolicy.RETAIN,
    )
