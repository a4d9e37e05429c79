"""A policy statement's conditions: operators and keys, as far as they can be evaluated here, and not one further.

A condition that nobody evaluates is a permission that nobody tested. So an operator, a key or a policy variable that is
not in these tables stops the start, by name.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from kairos.local.errors import Unplayable

Context = Mapping[str, tuple[str, ...]]
"""What is known of a request: each condition key (small letters) and its values. A key that is absent has no entry."""

KEYS = frozenset(
    {
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
        "dynamodb:leadingkeys",
        "dynamodb:returnvalues",
        "iam:passedtoservice",
        "kms:viaservice",
        "s3:tlsversion",
    }
)
"""The keys that `requests.py` fills wherever AWS would."""

_OPERATOR = re.compile(r"^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$")


def glob(pattern: str, text: str) -> bool:
    """Tell whether `text` matches a pattern with `*` and `?`, all of it, case and all."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(each, re.escape(each)) for each in pattern), re.DOTALL)


def arn_like(pattern: str, arn: str) -> bool:
    """Tell whether an ARN matches a pattern, part by part: a `*` does not reach past its colon, but for the last."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(map(glob, patterns, parts))


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, value: compare(float(value), float(wanted))


Test = Callable[[str, str], bool]
_TESTS: Mapping[str, Test] = {
    "StringEquals": lambda wanted, value: value == wanted,
    "StringEqualsIgnoreCase": lambda wanted, value: value.casefold() == wanted.casefold(),
    "StringLike": glob,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda wanted, value: value.lower() == wanted.lower(),
    "NumericEquals": _number(lambda value, wanted: value == wanted),
    "NumericLessThan": _number(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _number(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _number(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _number(lambda value, wanted: value >= wanted),
}
# "Not" before a test's last words: true where none of the wanted values matches, and where the key is absent.
_NEGATED: Mapping[str, str] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. `quantifier` is "", "ForAllValues" or "ForAnyValue"."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False

    def holds(self, context: Context) -> bool:
        """Tell whether the condition is met."""
        values = context.get(self.key)
        if self.operator == "Null":
            return (values is None) == (self.wanted[0].lower() == "true")
        if not values:
            return self.if_exists or self.quantifier == "ForAllValues" or self.operator in _NEGATED
        every = self.quantifier == "ForAllValues" or (not self.quantifier and self.operator in _NEGATED)
        return (all if every else any)(self._meets(value) for value in values)

    def _meets(self, value: str) -> bool:
        if self.operator in _NEGATED:
            test = _TESTS[_NEGATED[self.operator]]
            return not any(test(wanted, value) for wanted in self.wanted)
        test = _TESTS[self.operator]
        return any(test(wanted, value) for wanted in self.wanted)


def read_conditions(where: str, block: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Return a statement's conditions, all of which must hold; raise `Unplayable` for one that cannot be evaluated."""
    return tuple(
        _condition(where, operator, key, wanted) for operator, keys in block.items() for key, wanted in keys.items()
    )


def _condition(where: str, spelled: str, key: str, wanted: Any) -> Condition:
    match = _OPERATOR.match(spelled)
    quantifier, operator, if_exists = match.groups() if match else ("", "", "")
    if operator not in {*_TESTS, *_NEGATED, "Null"}:
        raise Unplayable(where, f"the condition operator {spelled} cannot be evaluated")
    if key.lower() not in KEYS:
        raise Unplayable(where, f"the condition key {key} cannot be evaluated")
    values = tuple(_text(value) for value in (wanted if isinstance(wanted, list) else [wanted]))
    for value in values:
        refuse_variables(where, value)
    return Condition(operator, key.lower(), values, quantifier or "", bool(if_exists))


def refuse_variables(where: str, text: str) -> None:
    """Raise `Unplayable` for a policy variable: what it stands for is known to AWS alone."""
    if "${" in text:
        raise Unplayable(where, f"the policy variable in {text!r} cannot be evaluated")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
