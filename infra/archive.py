"""The archive: what was applied and decided, through Firehose into a bucket, and a notice of each object to `tally`.

Firehose closes an object after a minute, its longest wait here, so that what happened is counted within two.
"""

from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.queues import Queues
from infra.stage import Stage

BUFFER_SECONDS, BUFFER_MB = 60, 5
OBJECTS = "decisions/"
"""Where objects to be counted lie, by UTC date and hour; what Firehose could not write as it should is in failed/."""


@dataclass(frozen=True, slots=True)
class Archive:
    bucket: s3.Bucket
    stream: firehose.CfnDeliveryStream
    stream_name: str

    @property
    def stream_arn(self) -> str:
        return self.stream.attr_arn


def make_archive(scope: Construct, stage: Stage, queues: Queues) -> Archive:
    """Make the bucket, the delivery stream that fills it, and the notices of its objects."""
    bucket = _bucket(scope, stage)
    _give_notice(stage, bucket, queues)
    name = f"{stage.prefix}-archive"
    role, log_group = _role(scope, stage, bucket), _log_group(scope, stage)
    log_stream = logs.CfnLogStream(scope, "ArchiveLogStream", log_group_name=log_group.log_group_name)
    role.add_to_policy(iam.PolicyStatement(actions=["logs:PutLogEvents"], resources=[log_group.log_group_arn]))
    stream = firehose.CfnDeliveryStream(
        scope,
        "ArchiveStream",
        delivery_stream_name=name,
        delivery_stream_type="DirectPut",
        delivery_stream_encryption_configuration_input=firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
            key_type="AWS_OWNED_CMK"
        ),
        extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=bucket.bucket_arn,
            role_arn=role.role_arn,
            buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                interval_in_seconds=BUFFER_SECONDS, size_in_m_bs=BUFFER_MB
            ),
            compression_format="GZIP",
            prefix=f"{OBJECTS}!{{timestamp:yyyy/MM/dd/HH}}/",
            error_output_prefix="failed/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/",
            cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                enabled=True, log_group_name=log_group.log_group_name, log_stream_name=log_stream.ref
            ),
        ),
    )
    # Firehose tries its role when it is made, and refuses one whose policy is still on its way.
    stream.node.add_dependency(role)
    return Archive(bucket, stream, name)


def _bucket(scope: Construct, stage: Stage) -> s3.Bucket:
    # Always kept, as the bucket of releases is; what is left of a stage that is gone empties itself.
    days = 400 if stage.keeps_data else 30
    return s3.Bucket(
        scope,
        "ArchiveBucket",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=Duration.days(days), abort_incomplete_multipart_upload_after=Duration.days(7), enabled=True
            )
        ],
        removal_policy=RemovalPolicy.RETAIN,
    )


def _give_notice(stage: Stage, bucket: s3.Bucket, queues: Queues) -> None:
    """Let S3 tell the queue of `tally` of each object. The CDK's own way is a function of its own with rights on all
    buckets; this is the bucket's property, which wants the queue's policy first, so that names it by its beginning."""
    queues.tally.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ArchiveGivesNotice",
            principals=[iam.ServicePrincipal("s3.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queues.tally.queue_arn],
            conditions={
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::{stage.prefix}-archivebucket*"},
            },
        )
    )
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        queue_configurations=[
            s3.CfnBucket.QueueConfigurationProperty(
                event="s3:ObjectCreated:*",
                queue=queues.tally.queue_arn,
                filter=s3.CfnBucket.NotificationFilterProperty(
                    s3_key=s3.CfnBucket.S3KeyFilterProperty(
                        rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=OBJECTS)]
                    )
                ),
            )
        ]
    )
    resource.node.add_dependency(queues.tally.node.find_child("Policy"))


def _role(scope: Construct, stage: Stage, bucket: s3.Bucket) -> iam.Role:
    """https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3"""
    role = iam.Role(
        scope,
        "ArchiveRole",
        assumed_by=iam.ServicePrincipal(
            "firehose.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        ),
        description=f"Firehose writes the archive of {stage.name}",
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            resources=[bucket.bucket_arn],
        )
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:AbortMultipartUpload", "s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
        )
    )
    return role


def _log_group(scope: Construct, stage: Stage) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        "ArchiveLogs",
        log_group_name=f"/aws/kinesisfirehose/{stage.prefix}-archive",
        retention=stage.log_retention,
        removal_policy=RemovalPolicy.DESTROY,
    )
