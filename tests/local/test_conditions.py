"""Conditions of policies, as IAM evaluates them, and nothing that cannot be evaluated."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.local.conditions import Context, arn_like, glob, read_conditions
from kairos.local.errors import Unplayable

RETURNS = "dynamodb:ReturnValues"


def holds(operator: str, key: str, wanted: Any, **context: tuple[str, ...]) -> bool:
    known: Context = {name.replace("__", ":").lower(): values for name, values in context.items()}
    (condition,) = read_conditions("test", {operator: {key: wanted}})
    return condition.holds(known)


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "answer"),
    [
        ("StringEquals", "NONE", "NONE", True),
        ("StringEquals", "NONE", "none", False),
        ("StringEquals", ["ALL_NEW", "NONE"], "NONE", True),
        ("StringNotEquals", ["ALL_NEW", "NONE"], "NONE", False),
        ("StringNotEquals", "NONE", "ALL_OLD", True),
        ("StringEqualsIgnoreCase", "NONE", "none", True),
        ("StringLike", "ALL_*", "ALL_OLD", True),
        ("StringLike", "ALL_???", "ALL_", False),
        ("StringNotLike", "ALL_*", "ALL_OLD", False),
        ("NumericLessThan", "1.2", "1.3", False),
        ("NumericLessThan", "1.2", "1.1", True),
        ("NumericGreaterThanEquals", 3, "3", True),
        ("NumericNotEquals", 3, "3", False),
        ("Bool", False, "false", True),
        ("Bool", "true", "false", False),
        ("ArnLike", "arn:aws:events:*:1:rule/k*", "arn:aws:events:eu-west-1:1:rule/kairos", True),
        ("ArnEquals", "arn:aws:events:*:1:rule/k*", "arn:aws:events:eu-west-1:1:rule/kairos", True),
        ("ArnNotLike", "arn:aws:events:*:1:rule/k*", "arn:aws:events:eu-west-1:1:rule/kairos", False),
    ],
)
def test_an_operator_compares_what_is_wanted_with_what_is_asked(
    operator: str, wanted: Any, value: str, answer: bool
) -> None:
    assert holds(operator, RETURNS, wanted, dynamodb__ReturnValues=(value,)) is answer


@pytest.mark.parametrize(
    ("operator", "answer"),
    [
        ("StringEquals", False),
        ("StringEqualsIfExists", True),
        ("StringNotEquals", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("Bool", False),
        ("ArnLikeIfExists", True),
    ],
)
def test_an_absent_key_fails_unless_the_operator_forgives_it(operator: str, answer: bool) -> None:
    assert holds(operator, RETURNS, "NONE") is answer


@pytest.mark.parametrize(("wanted", "present", "absent"), [("true", False, True), (False, True, False)])
def test_null_asks_whether_a_key_is_there(wanted: Any, present: bool, absent: bool) -> None:
    assert holds("Null", RETURNS, wanted, dynamodb__ReturnValues=("NONE",)) is present
    assert holds("Null", RETURNS, wanted) is absent


@pytest.mark.parametrize(
    ("operator", "values", "answer"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("a", "c"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAnyValue:StringNotEquals", ("a", "c"), True),
        ("ForAllValues:StringNotEquals", ("a", "c"), False),
    ],
)
def test_quantifiers_ask_all_or_any_of_the_values(operator: str, values: tuple[str, ...], answer: bool) -> None:
    assert holds(operator, RETURNS, ["a", "b"], dynamodb__ReturnValues=values) is answer


@pytest.mark.parametrize(
    ("block", "named"),
    [
        ({"DateLessThan": {RETURNS: "2026-01-01"}}, "DateLessThan"),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, "IpAddress"),
        ({"StringEquals": {"aws:PrincipalTag/team": "x"}}, "aws:PrincipalTag/team"),
        ({"Sometimes:StringEquals": {RETURNS: "x"}}, "Sometimes"),
        ({"StringEquals": {RETURNS: "${aws:username}"}}, "variable"),
    ],
)
def test_what_cannot_be_evaluated_stops_the_start_by_name(block: Any, named: str) -> None:
    with pytest.raises(Unplayable, match=rf"SomePolicy.*{named}"):
        read_conditions("SomePolicy", block)


def test_a_star_in_an_arn_does_not_reach_past_its_colon() -> None:
    assert not arn_like("arn:aws:sqs:*:inbox", "arn:aws:sqs:eu-west-1:1:inbox")
    assert arn_like("arn:aws:sqs:*:*:*", "arn:aws:sqs:eu-west-1:1:a:b")


def test_a_pattern_takes_signs_of_regular_expressions_as_they_are() -> None:
    assert glob("a.b[c]*", "a.b[c]d")
    assert not glob("a.b", "axb")
    assert not glob("a", "ab")
