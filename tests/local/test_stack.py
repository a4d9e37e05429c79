"""Resources come into being from the template, and what is not played says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kairos.local import LocalCloud
from kairos.local.errors import AlreadyRunning, Unplayable
from tests.local.conftest import START


def test_every_kind_of_resource_is_there(cloud: LocalCloud) -> None:
    session = cloud.session
    table = session.client("dynamodb").describe_table(TableName=cloud.outputs["CustomersTable"])["Table"]
    assert table["GlobalSecondaryIndexes"][0]["Projection"]["ProjectionType"] == "KEYS_ONLY"
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    secret = session.client("secretsmanager").get_secret_value(SecretId=cloud.outputs["IdentitySecretArn"])
    assert len(secret["SecretString"]) == 64
    assert secret["SecretString"].isalnum()
    hint = session.client("ssm").get_parameter(Name="/kairos/local/hint")["Parameter"]["Value"]
    assert hint == cloud.outputs["IdentitySecretArn"]
    assert session.client("s3").list_buckets()["Buckets"][0]["Name"] == "kairos-local-bucket"
    assert session.client("scheduler").get_schedule_group(Name="kairos-local")["State"] == "ACTIVE"
    assert cloud.queues["inbox"].dead_letters is cloud.queues["parked"]


def test_tools_find_the_outputs_where_cloudformation_keeps_them(cloud: LocalCloud) -> None:
    stack = cloud.session.client("cloudformation").describe_stacks(StackName="Kairos-local")["Stacks"][0]
    assert {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]} == dict(cloud.outputs)


def test_a_type_that_is_not_played_stops_the_start_by_name(template: dict[str, Any]) -> None:
    template["Resources"]["Stream"] = {"Type": "AWS::Kinesis::Stream", "Properties": {}}
    with pytest.raises(Unplayable, match=r"Stream \(AWS::Kinesis::Stream\)"), LocalCloud(template, START):
        pass


def test_a_reference_to_nothing_stops_the_start(template: dict[str, Any]) -> None:
    template["Resources"]["Web"]["Properties"]["Environment"]["Variables"]["X"] = {"Ref": "Nothing"}
    with pytest.raises(Unplayable, match="Nothing"), LocalCloud(template, START):
        pass


@pytest.mark.parametrize(
    ("logical", "key", "value", "reason"),
    [
        ("TakeInbox", "BatchSize", 11, "at most ten"),
        ("Inbox", "VisibilityTimeout", 5, "visibility is shorter"),
        (
            "Inbox",
            "RedrivePolicy",
            {"deadLetterTargetArn": {"Fn::GetAtt": ["Lost", "Arn"]}, "maxReceiveCount": 3},
            "one kind",
        ),
        (
            "Inbox",
            "RedrivePolicy",
            {"deadLetterTargetArn": {"Fn::GetAtt": ["Parked", "Arn"]}, "maxReceiveCount": 1440},
            "1000",
        ),
        ("Inbox", "QueueName", "inbox", r"\.fifo"),
        ("ApiWeb", "PayloadFormatVersion", "1.0", "2.0"),
    ],
)
def test_what_aws_would_refuse_to_deploy_is_refused_here(
    template: dict[str, Any], logical: str, key: str, value: Any, reason: str
) -> None:
    template["Resources"][logical]["Properties"][key] = value
    with pytest.raises(Unplayable, match=reason), LocalCloud(template, START):
        pass


def test_one_cloud_at_a_time_and_nothing_left_of_the_last(template: dict[str, Any]) -> None:
    with LocalCloud(template, START) as first:
        first.session.client("dynamodb").put_item(TableName="Kairos-local-NotesTable", Item={"note": {"S": "x"}})
        with pytest.raises(AlreadyRunning), LocalCloud(template, START):
            pass
        assert len(first.tables["notes"]) == 1
    with LocalCloud(template, START) as second:
        assert len(second.tables["notes"]) == 0
        assert second.now == START


def test_the_template_that_infra_synthesises_can_be_played(synthesised: Path) -> None:
    with LocalCloud.from_template(synthesised, START) as cloud:
        tables = {"customers", "contacts", "identities", "suppressions", "messages", "config", "insights", "board"}
        tables.add("consents")
        assert tables == set(cloud.tables)
        declared = json.loads(synthesised.read_text())["Resources"].values()
        routes = [it["Properties"]["RouteKey"] for it in declared if it["Type"] == "AWS::ApiGatewayV2::Route"]
        assert "POST /v1/webhooks/{source}/{connection}" in routes
        assert cloud.http("GET", "/nowhere").status == 404
        for function in cloud.parts.lambdas:
            assert function.handler == f"functions.{function.short}.handler"
