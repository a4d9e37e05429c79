"""Alarm clocks and the sweep."""

from __future__ import annotations

import json

import pytest

from tests.infra.deployed import Deployed, as_list, flat


def test_the_group_is_named_by_the_stage(prod: Deployed) -> None:
    assert prod.properties("ScheduleGroup")["Name"] == "kairos-prod"


def test_an_alarm_clock_can_put_a_wake_up_into_the_inbox_and_do_nothing_else(prod: Deployed) -> None:
    (statement,) = prod.statements("ScheduleRole")
    assert statement["Action"] == "sqs:SendMessage"
    assert [flat(each) for each in as_list(statement["Resource"])] == ["<InboxQueue>", "<ScheduleDlq>"]


def test_a_round_can_call_walk_and_do_nothing_else(prod: Deployed) -> None:
    allowed = {each["Action"]: flat(each["Resource"]) for each in prod.statements("WalkScheduleRole")}
    assert allowed.pop("lambda:InvokeFunction").endswith(":function:kairos-prod-walk")
    assert allowed == {"sqs:SendMessage": "<ScheduleDlq>"}
    assert prod.properties("WalkFunction")["FunctionName"] == "kairos-prod-walk"


@pytest.mark.parametrize("role", ["ScheduleRole", "WalkScheduleRole"])
def test_only_schedules_of_our_group_may_use_the_role(prod: Deployed, role: str) -> None:
    (trust,) = prod.properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"},
        "aws:SourceArn": {"Fn::GetAtt": ["ScheduleGroup", "Arn"]},
    }


def test_the_calendar_is_worked_out_anew_once_a_day(prod: Deployed) -> None:
    rule = prod.properties("RenewRule")
    assert rule["ScheduleExpression"] == "rate(1 day)"
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["PublishFunction", "Arn"]}
    assert json.loads(target["Input"]) == {"command": "renew"}


def test_what_customers_teach_is_learned_once_a_day(prod: Deployed) -> None:
    rule = prod.properties("LearnRule")
    assert rule["ScheduleExpression"] == "rate(1 day)"
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["LearnFunction", "Arn"]}


@pytest.mark.parametrize("name", ["Sweep", "Sync"])
def test_sweep_and_sync_run_every_five_minutes_and_end_before_the_next(prod: Deployed, name: str) -> None:
    rule = prod.properties(f"{name}Rule")
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [f"{name}Function", "Arn"]}
    assert prod.properties(f"{name}Function")["Timeout"] < 300
