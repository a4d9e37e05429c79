"""The archive: what Firehose may do, how long objects wait and stay, and who is told of them."""

from __future__ import annotations

from infra.archive import OBJECTS
from tests.infra.deployed import Deployed, as_list, flat, references


def test_an_object_is_closed_within_a_minute_and_lies_by_utc_hour(prod: Deployed) -> None:
    stream = prod.properties("ArchiveStream")
    to = stream["ExtendedS3DestinationConfiguration"]
    assert stream["DeliveryStreamType"] == "DirectPut"
    assert (to["BufferingHints"]["IntervalInSeconds"], to["CompressionFormat"]) == (60, "GZIP")
    assert to["Prefix"] == OBJECTS + "!{timestamp:yyyy/MM/dd/HH}/"
    assert not to["ErrorOutputPrefix"].startswith(OBJECTS), "what failed would be counted"


def test_firehose_may_write_into_this_bucket_and_do_nothing_else(prod: Deployed) -> None:
    allowed = {
        action: flat(resource)
        for statement in prod.statements("ArchiveRole")
        for action in as_list(statement["Action"])
        for resource in as_list(statement.get("Resource", []))
    }
    assert allowed == {
        "s3:GetBucketLocation": "<ArchiveBucket>",
        "s3:ListBucket": "<ArchiveBucket>",
        "s3:ListBucketMultipartUploads": "<ArchiveBucket>",
        "s3:AbortMultipartUpload": "<ArchiveBucket>/*",
        "s3:PutObject": "<ArchiveBucket>/*",
        "logs:PutLogEvents": "<ArchiveLogs>",
    }


def test_only_ingest_sync_and_decide_put_records_and_only_tally_reads_objects(prod: Deployed) -> None:
    roles = [name for name in prod.of_type("IAM::Role") if name != "ArchiveRole"]
    assert {role for role in roles if prod.actions_on(role, "ArchiveStream")} == {
        "IngestRole",
        "SyncRole",
        "DecideRole",
    }
    assert {
        role: prod.actions_on(role, "ArchiveBucket") for role in roles if prod.actions_on(role, "ArchiveBucket")
    } == {"TallyRole": {"s3:GetObject"}}
    for role in ("IngestRole", "SyncRole", "DecideRole"):
        assert prod.actions_on(role, "ArchiveStream") == {"firehose:PutRecordBatch"}


def test_the_queue_is_told_of_what_is_to_be_counted_and_nothing_else(prod: Deployed) -> None:
    (notice,) = prod.properties("ArchiveBucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert notice["Queue"] == {"Fn::GetAtt": ["TallyQueue", "Arn"]}
    assert notice["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": OBJECTS}]
    assert "TallyQueuePolicy" in as_list(prod.resource("ArchiveBucket")["DependsOn"])


def test_only_this_accounts_archive_may_give_notice(prod: Deployed) -> None:
    (allowed,) = [
        each for each in prod.properties("TallyQueuePolicy")["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"
    ]
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    # CloudFormation calls the bucket so, of the stack's and the resource's name.
    assert flat(allowed["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(":s3:::kairos-prod-archivebucket*")


def test_the_archive_is_private_kept_by_its_stage_and_empties_itself(prod: Deployed, local: Deployed) -> None:
    for deployed, days in ((prod, 400), (local, 30)):
        bucket = deployed.properties("ArchiveBucket")
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert rule["ExpirationInDays"] == days
        assert deployed.resource("ArchiveBucket")["DeletionPolicy"] == "Retain"


def test_an_archive_that_is_late_or_cannot_be_written_is_heard_of(prod: Deployed) -> None:
    for name, metric in (("ArchiveLateAlarm", "DataFreshness"), ("ArchiveFailsAlarm", "Success")):
        alarm = prod.properties(name)
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Firehose", f"DeliveryToS3.{metric}")
        assert alarm["Dimensions"][0]["Value"] == prod.properties("ArchiveStream")["DeliveryStreamName"]
        assert references(alarm["AlarmActions"]) == {"AlarmTopic"}
