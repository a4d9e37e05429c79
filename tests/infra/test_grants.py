"""Who may do what: each question about personal data is asked of every role, so a new grant is a new answer here."""

from __future__ import annotations

from typing import Any

import pytest

from infra.stations import STATIONS
from tests.infra.deployed import Deployed, as_list, flat

TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
"""What tracing adds to each role: `prod` here is synthesised with it."""
ROLES = {name: f"{name.capitalize()}Role" for name in STATIONS}
CONTACTS = {
    "ContactsTable": {
        "ingest": {"UpdateItem"},
        "sync": {"UpdateItem"},
        "deliver": {"BatchGetItem"},
        "preferences": {"BatchGetItem"},
    }
}
TABLES: dict[str, dict[str, set[str]]] = {
    **CONTACTS,
    "IdentitiesTable": {name: {"BatchGetItem", "PutItem", "UpdateItem"} for name in ("ingest", "sync")},
    "CustomersTable": {
        "decide": {"GetItem", "PutItem"},
        "deliver": {"GetItem"},
        "preferences": {"GetItem"},
        "sweep": {"Query"},
        "walk": {"Scan", "DescribeTable"},
        "learn": {"Scan", "DescribeTable"},
        "dispatch": {"DescribeStream", "GetRecords", "GetShardIterator"},
    },
    "SuppressionsTable": {
        "ingest": {"PutItem"},
        "sync": {"PutItem"},
        "preferences": {"PutItem"},
        "deliver": {"Query"},
    },
    "InsightsTable": {"tally": {"Query", "PutItem", "UpdateItem"}},
    "ConsentsTable": {"decide": {"PutItem"}},
    "BoardTable": {"deliver": {"GetItem", "PutItem"}, "ingest": {"GetItem", "PutItem"}},
    "MessagesTable": {
        "deliver": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
        "ingest": {"UpdateItem"},
        "learn": {"UpdateItem"},
    },
    "ConfigTable": {
        "ingest": {"GetItem", "UpdateItem"},
        "decide": {"GetItem"},
        "deliver": {"GetItem"},
        "preferences": {"GetItem"},
        "sweep": {"GetItem", "PutItem", "Query"},
        "sync": {"GetItem", "PutItem", "Query"},
        "walk": {"GetItem", "PutItem"},
        "learn": {"GetItem"},
        "publish": {
            *("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
            *("DescribeStream", "GetRecords", "GetShardIterator"),
        },
    },
}
CONSUME = {"ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"}
SEND = {"SendMessage"}
# What the CDK grants for the destination of a stream's failures.
SEND_AND_ASK = {"SendMessage", "GetQueueAttributes", "GetQueueUrl"}
QUEUES: dict[str, dict[str, set[str]]] = {
    "InboxQueue": {
        "ingest": SEND,
        "decide": CONSUME,
        "dispatch": SEND,
        "deliver": SEND,
        "sweep": SEND,
        "sync": SEND,
        "preferences": SEND,
    },
    "WalkInboxQueue": {"walk": SEND, "decide": CONSUME},
    "InboxParkedQueue": {"decide": SEND},
    "OutboxTransactionalQueue": {"dispatch": SEND, "deliver": SEND | CONSUME},
    "OutboxMarketingQueue": {"dispatch": SEND, "deliver": SEND | CONSUME},
    "AnnouncementsQueue": {"dispatch": SEND, "deliver": SEND | CONSUME},
    "OutboxDlq": {},
    "ScheduleDlq": {},
    "EffectsDlq": {"dispatch": SEND},
    "StreamDlq": {"dispatch": SEND_AND_ASK, "publish": SEND_AND_ASK},
    "FeedbackDlq": {"ingest": SEND},
    "TallyQueue": {"tally": CONSUME},
    "TallyDlq": {},
}


@pytest.mark.parametrize(("target", "expected"), sorted({**TABLES, **QUEUES}.items()))
def test_only_these_functions_touch_it_and_only_so(prod: Deployed, target: str, expected: dict[str, set[str]]) -> None:
    allowed = {
        name: {action.partition(":")[2] for action in prod.actions_on(role, target)} for name, role in ROLES.items()
    }
    assert {name: actions for name, actions in allowed.items() if actions} == expected


def test_every_table_and_queue_is_asked_about(prod: Deployed) -> None:
    stored = {**prod.of_type("DynamoDB::GlobalTable"), **prod.of_type("SQS::Queue")}
    assert set(stored) == {*TABLES, *QUEUES}


@pytest.mark.parametrize("station", ["decide", "walk", "learn", "tally"])
def test_a_function_that_decides_cannot_reach_a_person(prod: Deployed, station: str) -> None:
    for target in ("ContactsTable", "IdentitiesTable", "SuppressionsTable", "ContactsKey", "IdentitySecret"):
        assert prod.actions_on(ROLES[station], target) == set()


def test_ingest_writes_nothing_beside_the_definitions_but_when_it_heard_of_whom(prod: Deployed) -> None:
    writes = [each for each in prod.statements("IngestRole") if _is_on(each, "ConfigTable") and "Condition" in each]
    assert [as_list(write["Action"]) for write in writes] == [["dynamodb:UpdateItem"]]
    assert writes[0]["Condition"]["ForAllValues:StringEquals"] == {"dynamodb:LeadingKeys": ["heard"]}


@pytest.mark.parametrize("role", ["IngestRole", "SyncRole"])
def test_a_write_to_contacts_may_not_answer_with_what_was_there(prod: Deployed, role: str) -> None:
    (write,) = [each for each in prod.statements(role) if _is_on(each, "ContactsTable")]
    assert write["Condition"] == {"StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"}}


@pytest.mark.parametrize(
    ("station", "services"), [("ingest", ["dynamodb", "sqs"]), ("sync", ["dynamodb"]), ("deliver", ["dynamodb"])]
)
def test_the_contacts_key_is_used_only_through_the_service_that_holds_the_data(
    prod: Deployed, station: str, services: list[str]
) -> None:
    (statement,) = [each for each in prod.statements(ROLES[station]) if _is_on(each, "ContactsKey")]
    via = as_list(statement["Condition"]["StringEquals"]["kms:ViaService"])
    assert via == [f"{service}.ap-northeast-2.amazonaws.com" for service in services]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_who_answers_links_may_read_contacts_and_write_none(prod: Deployed) -> None:
    (statement,) = [each for each in prod.statements(ROLES["preferences"]) if _is_on(each, "ContactsKey")]
    assert statement["Action"] == "kms:Decrypt"
    assert statement["Condition"]["StringEquals"]["kms:ViaService"] == ["dynamodb.ap-northeast-2.amazonaws.com"]


def test_nobody_else_uses_the_contacts_key(prod: Deployed) -> None:
    users = {name for name, role in ROLES.items() if prod.actions_on(role, "ContactsKey")}
    assert users == {"ingest", "sync", "deliver", "preferences"}


def test_only_those_who_hash_an_identifier_read_the_secret(prod: Deployed) -> None:
    readers = {name: prod.actions_on(role, "IdentitySecret") for name, role in ROLES.items()}
    read = {"secretsmanager:GetSecretValue"}
    assert {name: each for name, each in readers.items() if each} == {
        "ingest": read,
        "sync": read,
        "deliver": read,
        "preferences": read,
    }


def test_releases_are_written_by_publish_alone(prod: Deployed) -> None:
    allowed = {name: prod.actions_on(role, "ReleasesBucket") for name, role in ROLES.items()}
    assert {name: each for name, each in allowed.items() if each} == {
        "ingest": {"s3:GetObject"},
        "decide": {"s3:GetObject"},
        "deliver": {"s3:GetObject"},
        "preferences": {"s3:GetObject"},
        "walk": {"s3:GetObject"},
        "learn": {"s3:GetObject"},
        "publish": {"s3:GetObject", "s3:PutObject"},
    }


def test_a_wildcard_stands_only_where_no_resource_can_be_named(prod: Deployed) -> None:
    """With "*" itself: ListStreams, and tracing's. With a part of a name: those that `checks.py` explains."""
    everything = {
        name: {
            action
            for statement in prod.statements(role)
            if statement["Effect"] == "Allow" and statement.get("Resource") == "*"
            for action in as_list(statement["Action"])
        }
        for name, role in ROLES.items()
    }
    more = {
        "dispatch": {"dynamodb:ListStreams"},
        "publish": {"dynamodb:ListStreams"},
    }
    assert everything == {name: more.get(name, set()) | TRACING for name in ROLES}


def test_partial_wildcards_are_these_and_no_others(prod: Deployed) -> None:
    found = {
        flat(resource)
        for role in (*ROLES.values(), "ScheduleRole")
        for statement in prod.statements(role)
        if statement["Effect"] == "Allow"
        for resource in as_list(statement.get("Resource", []))
        if "*" in flat(resource) and flat(resource) != "*"
    }
    here = "<AWS::Region>:<AWS::AccountId>"
    assert found == {
        "<ReleasesBucket>/*",
        "<ArchiveBucket>/decisions/*",
        f"arn:<AWS::Partition>:scheduler:{here}:schedule/kairos-prod/*",
        f"arn:<AWS::Partition>:scheduler:{here}:schedule/kairos-prod/walk-*",
        f"arn:<AWS::Partition>:ses:{here}:identity/*",
        f"arn:<AWS::Partition>:sns:{here}:app/*/kairos-prod",
        f"arn:<AWS::Partition>:sns:{here}:endpoint/*/kairos-prod/*",
        f"arn:<AWS::Partition>:ssm:{here}:parameter/kairos/prod/connections/*",
        f"arn:<AWS::Partition>:ssm:{here}:parameter/kairos/prod/connections/cafe24/*",
        f"arn:<AWS::Partition>:ssm:{here}:parameter/kairos/prod/connections/webhook/*",
        f"arn:<AWS::Partition>:ssm:{here}:parameter/kairos/prod/connections/kakao/*",
    }


def test_no_action_is_a_wildcard(prod: Deployed) -> None:
    for role in (*ROLES.values(), "ScheduleRole"):
        for statement in prod.statements(role):
            assert not [action for action in as_list(statement["Action"]) if "*" in action]


def test_ingest_counts_complaints_in_the_ledgers_table_and_comes_at_no_message(prod: Deployed) -> None:
    (counting,) = [each for each in prod.statements("IngestRole") if "<MessagesTable>" in str(_resources(each))]
    assert counting["Action"] == "dynamodb:UpdateItem"
    assert counting["Condition"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": ["health#*"]}


def _resources(statement: Any) -> list[str]:
    return [flat(resource) for resource in as_list(statement.get("Resource", []))]


def test_to_what_has_a_name_only_devices_of_the_stage_can_be_published(prod: Deployed) -> None:
    publishing = [each for each in prod.statements("DeliverRole") if "sns:Publish" in as_list(each["Action"])]
    (texts,) = [each for each in publishing if "NotResource" in each]
    (devices,) = [each for each in publishing if "Resource" in each]
    assert flat(texts["NotResource"]) == "arn:<AWS::Partition>:sns:*:*:*", "a telephone number alone has no ARN"
    here = "<AWS::Region>:<AWS::AccountId>"
    assert flat(devices["Resource"]) == f"arn:<AWS::Partition>:sns:{here}:endpoint/*/kairos-prod/*"


@pytest.mark.parametrize("station", ["dispatch", "sweep"])
def test_an_alarm_clock_is_armed_in_our_group_with_our_role_and_passed_to_no_other_service(
    prod: Deployed, station: str
) -> None:
    statements = list(prod.statements(ROLES[station]))
    (create,) = [each for each in statements if each["Action"] == "scheduler:CreateSchedule"]
    assert flat(create["Resource"]).endswith(":schedule/kairos-prod/*")
    assert "<ScheduleRole>" in _passed_on(statements)


@pytest.mark.parametrize("station", ["publish", "walk"])
def test_a_round_of_a_walk_is_called_under_its_own_name_and_role(prod: Deployed, station: str) -> None:
    statements = list(prod.statements(ROLES[station]))
    (create,) = [each for each in statements if each["Action"] == "scheduler:CreateSchedule"]
    assert flat(create["Resource"]).endswith(":schedule/kairos-prod/walk-*")
    assert _passed_on(statements) == {"<WalkScheduleRole>"}


def test_a_lost_walk_is_called_by_sweep(prod: Deployed) -> None:
    assert _passed_on(list(prod.statements(ROLES["sweep"]))) == {"<ScheduleRole>", "<WalkScheduleRole>"}


def test_only_deliver_sends_mail_and_only_those_with_a_clock_arm(prod: Deployed) -> None:
    def may(action: str) -> set[str]:
        return {
            name
            for name, role in ROLES.items()
            for each in prod.statements(role)
            if each["Effect"] == "Allow" and action in as_list(each["Action"])
        }

    assert may("ses:SendEmail") == may("ses:SendRawEmail") == may("sns:Publish") == {"deliver"}
    assert may("scheduler:CreateSchedule") == may("iam:PassRole") == {"dispatch", "sweep", "publish", "walk"}
    assert may("ssm:GetParameter") == {"ingest", "sync", "deliver"}
    assert may("ssm:GetParametersByPath") == may("ssm:PutParameter") == {"sync"}


def test_sync_may_renew_what_opens_a_mall_and_no_other_secret(prod: Deployed) -> None:
    (write,) = [each for each in prod.statements("SyncRole") if each["Action"] == "ssm:PutParameter"]
    assert flat(write["Resource"]).endswith(":parameter/kairos/prod/connections/cafe24/*")


def test_ingest_may_call_sync_with_a_hint_and_no_other_function(prod: Deployed) -> None:
    (call,) = [each for each in prod.statements("IngestRole") if each["Action"] == "lambda:InvokeFunction"]
    assert flat(call["Resource"]) == "<SyncFunction>"


def test_learn_writes_what_is_known_of_products_and_may_call_publish_and_no_other_function(prod: Deployed) -> None:
    actions = {a for each in prod.statements("LearnRole") for a in as_list(each["Action"])}
    assert actions == {
        *("dynamodb:Scan", "dynamodb:DescribeTable", "dynamodb:GetItem", "s3:GetObject", "lambda:InvokeFunction"),
        "dynamodb:UpdateItem",
        *("logs:CreateLogStream", "logs:PutLogEvents"),
        *TRACING,
    }
    (call,) = [each for each in prod.statements("LearnRole") if each["Action"] == "lambda:InvokeFunction"]
    assert flat(call["Resource"]) == "<PublishFunction>"
    (write,) = [each for each in prod.statements("LearnRole") if each["Action"] == "dynamodb:UpdateItem"]
    assert write["Condition"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": ["product#*"]}


def test_each_function_writes_its_own_log_and_no_other(prod: Deployed) -> None:
    for name, role in ROLES.items():
        (logs,) = [each for each in prod.statements(role) if "logs:PutLogEvents" in as_list(each["Action"])]
        assert flat(logs["Resource"]) == f"<{name.capitalize()}Logs>"


def test_no_role_carries_a_managed_policy(prod: Deployed) -> None:
    assert not [name for name, role in prod.of_type("IAM::Role").items() if role.get("ManagedPolicyArns")]


def _passed_on(statements: list[dict[str, Any]]) -> set[str]:
    """Return the roles that are passed on, to Scheduler and to no other service."""
    passed = [each for each in statements if each["Action"] == "iam:PassRole"]
    to_scheduler = {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    assert all(each["Condition"] == to_scheduler for each in passed)
    return {flat(resource) for each in passed for resource in as_list(each["Resource"])}


def _is_on(statement: dict[str, Any], target: str) -> bool:
    return f"<{target}>" in [flat(resource) for resource in as_list(statement.get("Resource", []))]
