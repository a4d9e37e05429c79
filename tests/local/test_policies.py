"""Statements: what they cover, whom they name, and what stops the start because nobody could hold it."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.local.errors import Unplayable
from kairos.local.policies import Principal, Request, Statement, read_document

TABLE = "arn:aws:dynamodb:eu-west-1:1:table/t"


def statement(**spec: Any) -> Statement:
    default = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE}
    for name in ("Action", "Resource"):
        if f"Not{name}" in spec:
            del default[name]
    (read,) = read_document("Policy", {"Statement": default | spec})
    return read


def covers(it: Statement, action: str = "dynamodb:GetItem", resource: str = TABLE) -> bool:
    return it.covers(Request(action, resource, {}))


@pytest.mark.parametrize(
    ("actions", "answer"),
    [
        ("dynamodb:GetItem", True),
        ("DynamoDB:getitem", True),
        ("dynamodb:*", True),
        ("dynamodb:Get*", True),
        ("*", True),
        (["sqs:*", "dynamodb:?etItem"], True),
        ("dynamodb:PutItem", False),
        ("dynamodb:Get", False),
    ],
)
def test_actions_match_by_pattern_whatever_their_case(actions: Any, answer: bool) -> None:
    assert covers(statement(Action=actions)) is answer


@pytest.mark.parametrize(
    ("resources", "answer"),
    [
        (TABLE, True),
        ("*", True),
        ("arn:aws:dynamodb:*:*:table/*", True),
        ([f"{TABLE}/index/*", "arn:aws:dynamodb:eu-west-1:1:table/?"], True),
        (f"{TABLE}/index/*", False),
        (f"{TABLE}2", False),
        ("arn:aws:dynamodb:eu-west-1:2:table/t", False),
        ("arn:aws:*:table/t", False),
        (TABLE.upper(), False),
    ],
)
def test_resources_match_by_pattern_part_by_part(resources: Any, answer: bool) -> None:
    assert covers(statement(Resource=resources)) is answer


def test_a_table_is_not_its_index_and_an_index_not_its_table() -> None:
    index = f"{TABLE}/index/wake"
    assert not covers(statement(), resource=index)
    assert not covers(statement(Resource=index))


def test_not_action_and_not_resource_cover_everything_else() -> None:
    assert covers(statement(NotAction="dynamodb:Put*"))
    assert not covers(statement(NotAction=["dynamodb:Get*", "sqs:*"]))
    assert covers(statement(NotResource="arn:aws:dynamodb:eu-west-1:1:table/other"))
    assert not covers(statement(NotResource=TABLE))


def test_what_has_no_arn_is_covered_by_a_star_alone() -> None:
    assert covers(statement(Action="sns:Publish", Resource="*"), "sns:Publish", "*")
    assert not covers(statement(Action="sns:Publish", Resource="arn:aws:sns:*:*:*"), "sns:Publish", "*")
    assert covers(
        statement(Action="sns:Publish", Resource="arn:aws:sns:*:*:*"), "sns:Publish", "arn:aws:sns:eu-west-1:1:t"
    )


def test_a_resource_names_a_role_a_service_or_everybody_and_delegates_to_the_account() -> None:
    role = Principal("AWS", "arn:aws:iam::1:role/r", "1")
    events = Principal("Service", "events.amazonaws.com", "1")
    assert statement(Principal="*").names(role)
    assert statement(Principal={"AWS": "*"}).names(events)
    assert statement(Principal={"Service": "events.amazonaws.com"}).names(events)
    assert not statement(Principal={"Service": "events.amazonaws.com"}).names(role)
    root = statement(Principal={"AWS": "arn:aws:iam::1:root"})
    assert root.delegates(role)
    assert not root.names(role)
    assert not root.delegates(events)
    assert not statement(Principal={"AWS": "arn:aws:iam::2:root"}).delegates(role)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"NotPrincipal": {"AWS": "*"}}, "NotPrincipal"),
        ({"Effect": "Maybe"}, "Maybe"),
        ({"Resource": "arn:aws:s3:::b/${aws:userid}"}, "variable"),
        ({"NotAction": "x", "Action": "y"}, "either Action"),
        ({"Extra": 1}, "Extra"),
    ],
)
def test_a_statement_that_cannot_be_held_stops_the_start(spec: dict[str, Any], reason: str) -> None:
    default = {"Effect": "Allow", "Action": "a:b", "Resource": "*"}
    with pytest.raises(Unplayable, match=rf"Policy.*{reason}"):
        read_document("Policy", {"Statement": [default | spec]})
