"""What becomes of the whole stack when a grant is forgotten, or a policy cannot be evaluated."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kairos.local import LocalCloud
from kairos.local.errors import Denied, Unplayable
from tests.local.asking import KEYS, ROW, refused, schedule
from tests.local.conftest import START


@pytest.fixture(scope="module")
def deployed(synthesised: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(synthesised.read_text())
    return body


def without(body: dict[str, Any], policy: str, forgotten: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    document = changed["Resources"][policy]["Properties"]["PolicyDocument"]
    kept = [each for each in document["Statement"] if not forgotten(each)]
    assert len(kept) < len(document["Statement"])
    document["Statement"] = kept
    return changed


def test_a_forgotten_grant_fails_whoever_uses_the_cloud(deployed: dict[str, Any]) -> None:
    body = without(deployed, "SweepRoleDefaultPolicy", lambda each: each["Action"] == "dynamodb:Query")
    with pytest.raises(Denied, match=r"sweep may not dynamodb:Query .*/index/wake"), LocalCloud(body, START) as cloud:
        cloud.invoke("sweep", {})


def test_a_denial_does_not_hide_what_a_test_itself_says(deployed: dict[str, Any]) -> None:
    body = without(deployed, "SweepRoleDefaultPolicy", lambda each: each["Action"] == "dynamodb:Query")
    with pytest.raises(ZeroDivisionError), LocalCloud(body, START) as cloud:
        1 / len(cloud.invoke("sweep", {}).payload or ())


def test_a_mapping_whose_role_may_not_read_its_queue_stops_the_start(deployed: dict[str, Any]) -> None:
    body = without(deployed, "DecideRoleDefaultPolicy", lambda each: "sqs:ReceiveMessage" in each["Action"])
    with pytest.raises(Unplayable, match=r"DecideFunction.*sqs:ReceiveMessage"), LocalCloud(body, START):
        pass


def test_a_mapping_whose_role_may_not_follow_its_stream_stops_the_start(deployed: dict[str, Any]) -> None:
    body = without(deployed, "DispatchRoleDefaultPolicy", lambda each: "dynamodb:GetRecords" in each["Action"])
    with pytest.raises(Unplayable, match=r"DispatchFunction.*dynamodb:DescribeStream"), LocalCloud(body, START):
        pass


def test_a_route_that_may_not_invoke_its_function_stops_the_start(deployed: dict[str, Any]) -> None:
    body = copy.deepcopy(deployed)
    del body["Resources"]["ApiPOSTv1trackIngestIntegrationPermission"]
    with pytest.raises(Unplayable, match="ApiPOSTv1track"), LocalCloud(body, START):
        pass


def test_a_rule_that_may_not_invoke_its_function_is_refused(deployed: dict[str, Any]) -> None:
    body = copy.deepcopy(deployed)
    del body["Resources"]["SweepRulePermission"]
    with LocalCloud(body, START) as cloud:
        cloud.advance(by=cloud.parts.bus.next_due() - START)  # type: ignore[operator]
        assert cloud.invocations.get("sweep", 0) == 0
        assert [denial.action for denial in cloud.take_denied()] == ["lambda:InvokeFunction"]


def _ring(cloud: LocalCloud) -> None:
    alarm = schedule(cloud, cloud.outputs["ScheduleGroup"], cloud.outputs["ScheduleRoleArn"])
    alarm["Target"] |= {"Input": '{"profile": "g", "wake": "scheduler"}'}
    alarm["Target"] |= {"DeadLetterConfig": {"Arn": cloud.outputs["ScheduleDlqArn"]}}
    cloud.session.client("scheduler").create_schedule(
        **alarm | {"ScheduleExpression": "at(2026-03-01T09:01:00)", "ActionAfterCompletion": "DELETE"}
    )
    cloud.advance(to=START.replace(minute=2))


def test_an_alarm_rings_in_the_name_of_its_role(deployed: dict[str, Any]) -> None:
    with LocalCloud(deployed, START) as cloud:
        _ring(cloud)
        assert cloud.invocations["decide"] == 1
        assert len(cloud.queues["schedule-dlq"]) == 0


def test_an_alarm_whose_role_may_not_reach_the_inbox_rings_for_nobody(deployed: dict[str, Any]) -> None:
    body = copy.deepcopy(deployed)
    body["Resources"]["ScheduleRoleDefaultPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]["Resource"] = {
        "Fn::GetAtt": ["ScheduleDlq", "Arn"]
    }
    with LocalCloud(body, START) as cloud:
        _ring(cloud)
        (denial,) = cloud.take_denied()
        assert (denial.function, denial.action) == ("scheduler", "sqs:SendMessage")
        assert denial.resource == cloud.outputs["InboxArn"]
        assert len(cloud.queues["schedule-dlq"]) == 1


def test_a_role_that_does_not_trust_scheduler_in_our_group_cannot_be_assumed(deployed: dict[str, Any]) -> None:
    body = copy.deepcopy(deployed)
    trust = body["Resources"]["ScheduleRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    trust["Condition"]["StringEquals"]["aws:SourceArn"] = "arn:aws:scheduler:eu-west-1:1:schedule-group/other"
    with LocalCloud(body, START) as cloud:
        _ring(cloud)
        assert {denial.action for denial in cloud.take_denied()} == {"sts:AssumeRole"}


def _without_key(statement: dict[str, Any]) -> bool:
    return "kms:Decrypt" in statement["Action"]


CONTACT = {"Key": KEYS["ContactsTable"], "UpdateExpression": "SET x = :v", "ExpressionAttributeValues": {":v": ROW}}


def test_a_table_under_a_key_needs_the_key_too(deployed: dict[str, Any]) -> None:
    with LocalCloud(without(deployed, "IngestRoleDefaultPolicy", _without_key), START) as cloud:
        params = {"TableName": cloud.outputs["ContactsTable"], **CONTACT}
        assert refused(cloud, "ingest", "dynamodb", "update_item", **params) == ["kms:Decrypt"]


def test_a_key_is_for_the_services_that_its_condition_names(deployed: dict[str, Any]) -> None:
    body = copy.deepcopy(deployed)
    for statement in body["Resources"]["IngestRoleDefaultPolicy"]["Properties"]["PolicyDocument"]["Statement"]:
        if _without_key(statement):
            statement["Condition"]["StringEquals"]["kms:ViaService"] = ["sqs.ap-northeast-2.amazonaws.com"]
    with LocalCloud(body, START) as cloud:
        params = {"TableName": cloud.outputs["ContactsTable"], **CONTACT}
        assert refused(cloud, "ingest", "dynamodb", "update_item", **params) == ["kms:Decrypt"]


def test_a_key_whose_own_policy_leaves_nothing_to_the_account_lets_nobody_in(deployed: dict[str, Any]) -> None:
    body = copy.deepcopy(deployed)
    del body["Resources"]["ContactsKey"]["Properties"]["KeyPolicy"]["Statement"][0]
    with LocalCloud(body, START) as cloud:
        params = {"TableName": cloud.outputs["ContactsTable"], **CONTACT}
        assert refused(cloud, "ingest", "dynamodb", "update_item", **params) == ["kms:Decrypt"]


@pytest.mark.parametrize(
    ("logical", "action"), [("FeedbackDlqPolicy", "sqs:SendMessage"), ("ContactsKey", "kms:Decrypt")]
)
def test_a_rule_reaches_its_dead_letters_by_the_queues_and_the_keys_own_policies(
    deployed: dict[str, Any], logical: str, action: str
) -> None:
    body = copy.deepcopy(deployed)
    del body["Resources"]["FeedbackRulePermission"]
    detail = {"mail": {"tags": {"ses:configuration-set": ["kairos-local"]}}}
    with LocalCloud(body, START) as cloud:
        cloud.put_event("aws.ses", "Email Delivered", detail)
        assert len(cloud.queues["feedback-dlq"]) == 1
        assert [denial.action for denial in cloud.take_denied()] == ["lambda:InvokeFunction"]
    properties = body["Resources"][logical]["Properties"]
    document = properties.get("PolicyDocument") or properties["KeyPolicy"]
    document["Statement"] = [each for each in document["Statement"] if "events" not in json.dumps(each)]
    with LocalCloud(body, START) as cloud:
        cloud.put_event("aws.ses", "Email Delivered", detail)
        assert len(cloud.dropped) == 1
        assert [denial.action for denial in cloud.take_denied()] == ["lambda:InvokeFunction", action]


def test_policies_that_are_not_in_the_template_stop_the_start(deployed: dict[str, Any]) -> None:
    body = copy.deepcopy(deployed)
    body["Resources"]["DecideRole"]["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    with pytest.raises(Unplayable, match="DecideRole: ManagedPolicyArns"), LocalCloud(body, START):
        pass


def test_a_condition_that_cannot_be_evaluated_stops_the_start(deployed: dict[str, Any]) -> None:
    body = copy.deepcopy(deployed)
    document = body["Resources"]["DecideRoleDefaultPolicy"]["Properties"]["PolicyDocument"]
    document["Statement"][-1]["Condition"] = {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}
    with pytest.raises(Unplayable, match=r"DecideRoleDefaultPolicy.*DateGreaterThan"), LocalCloud(body, START):
        pass
