"""The deployed policies at work: what lies beyond each function's boundary is refused, in AWS's words, and remembered.

Each question is asked of the synthesised stack, through a client, in the function's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kairos.local import LocalCloud
from kairos.local.errors import Unplayable
from tests.local.asking import KEYS, ROW, refused, schedule
from tests.local.conftest import START

pytestmark = pytest.mark.xdist_group("permissions")


@pytest.fixture(scope="module")
def running(synthesised: Path) -> Iterator[LocalCloud]:
    with LocalCloud.from_template(synthesised, START) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    """One stack for all questions; each must have taken the refusals it expected."""
    yield running
    assert running.take_denied() == []


def table_call(cloud: LocalCloud, operation: str, table: str) -> dict[str, Any]:
    name, key = cloud.outputs[table], KEYS[table]
    if operation == "put_item":
        return {"TableName": name, "Item": key}
    if operation == "batch_get_item":
        return {"RequestItems": {name: {"Keys": [key]}}}
    if operation == "scan":
        return {"TableName": name}
    if operation == "query":
        first = next(iter(key))
        values = {":v": ROW}
        return {"TableName": name, "KeyConditionExpression": f"{first} = :v", "ExpressionAttributeValues": values}
    return {"TableName": name, "Key": key}


READ = ("get_item", "batch_get_item", "query", "scan")
WRITE = ("put_item", "update_item", "delete_item")
BOUNDARIES = [
    *(("decide", table, READ + WRITE) for table in ("ContactsTable", "IdentitiesTable", "SuppressionsTable")),
    ("decide", "MessagesTable", READ + WRITE),
    ("decide", "ConfigTable", WRITE),
    ("ingest", "ContactsTable", (*READ, "put_item", "delete_item")),
    ("ingest", "CustomersTable", READ + WRITE),
    ("ingest", "SuppressionsTable", (*READ, "update_item", "delete_item")),
    ("ingest", "IdentitiesTable", ("query", "scan", "delete_item")),
    *(("dispatch", table, READ + WRITE) for table in KEYS),
    *(("sweep", table, READ + WRITE) for table in KEYS if table != "ConfigTable"),
    ("preferences", "IdentitiesTable", READ + WRITE),
    # The preference centre looks at one customer, behind a link of their own, and asks what of them can be reached.
    ("preferences", "CustomersTable", (*(each for each in READ if each != "get_item"), *WRITE)),
    ("preferences", "ContactsTable", (*(each for each in READ if each != "batch_get_item"), *WRITE)),
    ("preferences", "SuppressionsTable", (*READ, "update_item", "delete_item")),
    ("deliver", "CustomersTable", (*WRITE, "scan", "query", "batch_get_item")),
    ("deliver", "ContactsTable", (*WRITE, "scan")),
    ("deliver", "SuppressionsTable", WRITE),
    ("deliver", "IdentitiesTable", READ + WRITE),
    *(("publish", table, READ + WRITE) for table in KEYS if table != "ConfigTable"),
]


@pytest.mark.parametrize(("function", "table", "operations"), BOUNDARIES)
def test_beyond_its_boundary_a_function_is_refused(
    cloud: LocalCloud, function: str, table: str, operations: tuple[str, ...]
) -> None:
    for operation in operations:
        (action,) = refused(cloud, function, "dynamodb", operation, **table_call(cloud, operation, table))
        assert action == "dynamodb:" + "".join(word.title() for word in operation.split("_"))


def test_a_table_granted_in_one_way_is_not_granted_in_its_index_nor_the_other_way_round(cloud: LocalCloud) -> None:
    name = cloud.outputs["CustomersTable"]
    query = {"KeyConditionExpression": "wake = :v", "ExpressionAttributeValues": {":v": ROW}}
    client = cloud.session.client("dynamodb")
    with cloud.acting("sweep"):
        assert client.query(TableName=name, IndexName="wake", **query)["Items"] == []
    assert refused(cloud, "decide", "dynamodb", "query", TableName=name, IndexName="wake", **query) == [
        "dynamodb:Query"
    ]


def test_a_write_to_contacts_may_not_answer_with_what_was_there(cloud: LocalCloud) -> None:
    write = {
        "TableName": cloud.outputs["ContactsTable"],
        "Key": KEYS["ContactsTable"],
        "UpdateExpression": "SET x = :v",
        "ExpressionAttributeValues": {":v": ROW},
    }
    client = cloud.session.client("dynamodb")
    with cloud.acting("ingest"):
        client.update_item(**write)
        client.update_item(**write, ReturnValues="NONE")
    for asked in ("ALL_OLD", "ALL_NEW", "UPDATED_NEW"):
        assert refused(cloud, "ingest", "dynamodb", "update_item", **write, ReturnValues=asked) == [
            "dynamodb:UpdateItem"
        ]


def test_a_transaction_needs_what_each_of_its_parts_needs(cloud: LocalCloud) -> None:
    items = [{"Put": {"TableName": cloud.outputs["ContactsTable"], "Item": KEYS["ContactsTable"]}}]
    assert refused(cloud, "decide", "dynamodb", "transact_write_items", TransactItems=items) == ["dynamodb:PutItem"]


@pytest.mark.parametrize(
    ("function", "queue"),
    [
        ("ingest", "OutboxMarketingUrl"),
        ("decide", "InboxUrl"),
        ("decide", "OutboxTransactionalUrl"),
        ("sweep", "OutboxMarketingUrl"),
        ("preferences", "OutboxMarketingUrl"),
        ("deliver", "ParkedUrl"),
        ("publish", "InboxUrl"),
    ],
)
def test_a_queue_takes_messages_from_those_it_is_for(cloud: LocalCloud, function: str, queue: str) -> None:
    message = {"QueueUrl": cloud.outputs[queue], "MessageBody": "x"}
    group = {"MessageGroupId": "g"} if ".fifo" in cloud.outputs[queue] else {}
    assert refused(cloud, function, "sqs", "send_message", **message, **group) == ["sqs:SendMessage"]


def test_nobody_reads_the_secrets_or_sends_mail_but_who_must(cloud: LocalCloud) -> None:
    secret = {"SecretId": cloud.outputs["IdentitySecretArn"]}
    assert refused(cloud, "decide", "secretsmanager", "get_secret_value", **secret) == ["secretsmanager:GetSecretValue"]
    parameter = {"Name": cloud.outputs["ConnectionsPrefix"] + "shopify/main", "WithDecryption": True}
    assert refused(cloud, "deliver", "ssm", "get_parameter", **parameter) == ["ssm:GetParameter"]
    elsewhere = {"Name": "/other/secret", "WithDecryption": True}
    assert refused(cloud, "ingest", "ssm", "get_parameter", **elsewhere) == ["ssm:GetParameter"]
    mail = {
        "FromEmailAddress": "a@example.com",
        "Destination": {"ToAddresses": ["b@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
    }
    assert refused(cloud, "dispatch", "sesv2", "send_email", **mail) == ["ses:SendEmail"]
    assert refused(cloud, "ingest", "sns", "publish", PhoneNumber="+82105550100", Message="x") == ["sns:Publish"]


def test_deliver_may_text_a_person_and_publish_to_no_topic_and_to_nobody_elses_devices(cloud: LocalCloud) -> None:
    topic = cloud.session.client("sns").create_topic(Name="other")["TopicArn"]
    with cloud.acting("deliver"):
        cloud.session.client("sns").publish(PhoneNumber="+82105550100", Message="x")
    assert refused(cloud, "deliver", "sns", "publish", TopicArn=topic, Message="x") == ["sns:Publish"]
    device = topic.replace(":other", ":endpoint/GCM/kairos-else/1")
    assert refused(cloud, "deliver", "sns", "publish", TargetArn=device, Message="x") == ["sns:Publish"]


def test_an_alarm_is_armed_in_our_group_and_with_our_role_only(cloud: LocalCloud) -> None:
    group, role = cloud.outputs["ScheduleGroup"], cloud.outputs["ScheduleRoleArn"]
    admin = "arn:aws:iam::123456789012:role/admin"
    for function in ("dispatch", "sweep"):
        passed = refused(cloud, function, "scheduler", "create_schedule", **schedule(cloud, group, admin))
        assert passed == ["iam:PassRole"]
        created = refused(cloud, function, "scheduler", "create_schedule", **schedule(cloud, "default", role))
        assert created == ["scheduler:CreateSchedule"]
    assert refused(cloud, "decide", "scheduler", "create_schedule", **schedule(cloud, group, role)) == [
        "scheduler:CreateSchedule"
    ]


def test_the_operator_may_do_everything(cloud: LocalCloud) -> None:
    cloud.session.client("dynamodb").scan(TableName=cloud.outputs["ContactsTable"])


def test_a_call_that_nobody_described_stops_the_run(cloud: LocalCloud) -> None:
    with cloud.acting("decide"), pytest.raises(Unplayable, match=r"cloudformation\.DescribeStacks"):
        cloud.session.client("cloudformation").describe_stacks()
