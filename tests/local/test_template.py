"""CloudFormation's intrinsic functions."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.local.errors import Unplayable
from kairos.local.template import Template

BODY = {
    "Parameters": {
        "Stage": {"Type": "String", "Default": "dev"},
        "List": {"Type": "CommaDelimitedList", "Default": "a,b"},
    },
    "Mappings": {"Sizes": {"dev": {"memory": 256}}},
    "Conditions": {
        "Dev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]},
        "NotDev": {"Fn::Not": [{"Condition": "Dev"}]},
        "Both": {"Fn::And": [{"Condition": "Dev"}, {"Fn::Or": [{"Condition": "NotDev"}, {"Condition": "Dev"}]}]},
    },
    "Resources": {
        "A": {"Type": "X"},
        "B": {"Type": "X", "Condition": "NotDev"},
        "C": {"Type": "X", "Condition": "Both"},
    },
}
TEMPLATE = Template(BODY, account="1", region="ap-northeast-2", stack="S")


def physical(name: str, attribute: str | None) -> str:
    return f"<{name}>" if attribute is None else f"<{name}.{attribute}>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "A"}, "<A>"),
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "List"}, ["a", "b"]),
        ({"Ref": "AWS::Region"}, "ap-northeast-2"),
        ({"Fn::GetAtt": ["A", "Arn"]}, "<A.Arn>"),
        ({"Fn::GetAtt": "A.Nested.Arn"}, "<A.Nested.Arn>"),
        ({"Fn::Join": ["-", ["x", {"Ref": "A"}, 1]]}, "x-<A>-1"),
        ({"Fn::Sub": "${Stage}/${A.Arn}/${!Literal}/${AWS::AccountId}"}, "dev/<A.Arn>/${Literal}/1"),
        ({"Fn::Sub": ["${B}", {"B": {"Ref": "A"}}]}, "<A>"),
        ({"Fn::Select": ["1", {"Fn::Split": [":", "a:b:c"]}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]}, 256),
        ({"Fn::If": ["Dev", "yes", {"Ref": "Missing"}]}, "yes"),
        ({"a": {"Fn::If": ["NotDev", 1, {"Ref": "AWS::NoValue"}]}, "b": [{"Ref": "AWS::NoValue"}, 2]}, {"b": [2]}),
        ({"Fn::Base64": "hi"}, "aGk="),
    ],
)
def test_intrinsic_functions_are_carried_out(value: Any, expected: Any) -> None:
    assert TEMPLATE.resolve(value, physical) == expected


def test_resources_whose_condition_does_not_hold_are_left_out() -> None:
    assert TEMPLATE.active() == ["A", "C"]


def test_an_unknown_function_stops_by_name() -> None:
    with pytest.raises(Unplayable, match="Fn::Transform"):
        TEMPLATE.resolve({"Fn::Transform": {}}, physical)
