"""Operators: how a value that was found compares with the one that an author wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from kairos.domain.condition.facts import Facts
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition

OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "contains", "exists")
ORDERED = ("gt", "gte", "lt", "lte")
IN_MAX = 1_000
"""Values that one `in` may list: it is looked through for each event that it is asked of."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """An operator and its right-hand side."""

    operator: str
    value: Any

    def accepts(self, found: Any, facts: Facts | None = None) -> bool:
        """Return whether `found` (None: missing) compares so."""
        if self.operator == "exists":
            return (found is not None) is self.value
        if found is None:
            return self.operator == "ne"
        return _COMPARE[self.operator](found, self.value)

    def changes(self, found: Any, facts: Facts) -> Iterable[datetime]:
        """Time alone changes nothing."""
        return ()


def read_operator(document: Document, operator: str) -> Comparison:
    """Return the comparison under that operator. Raises BadDefinition for a right-hand side that it cannot have."""
    value, path = document.raw[operator], (*document.path, operator)
    if operator == "exists" and not isinstance(value, bool):
        raise BadDefinition(path, "expected true or false")
    if operator == "in" and (not isinstance(value, list | tuple) or len(value) > IN_MAX):
        raise BadDefinition(path, f"expected a list of at most {IN_MAX} values")
    if operator in ORDERED and (isinstance(value, bool) or not isinstance(value, int | float | str)):
        raise BadDefinition(path, "expected a number, a text or a date")
    return Comparison(operator, tuple(value) if operator == "in" else value)


def look_up(values: Mapping[str, Any], name: str) -> Any:
    """Return the value at a name or dotted path, or None."""
    if name in values:
        return values[name]
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def as_number(value: Any) -> float | int | None:
    """Return a number, also one written as text, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) <= 40:
        try:
            number = float(value)
        except ValueError:
            return None
        return number if isfinite(number) else None
    return None


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Numbers (also written as text, as shops do) compare as numbers, two texts as texts, anything else not at all."""

    def check(found: Any, wanted: Any) -> bool:
        left, right = as_number(found), as_number(wanted)
        if left is not None and right is not None:
            return compare(left, right)
        return isinstance(found, str) and isinstance(wanted, str) and compare(found, wanted)

    return check


def _equal(found: Any, wanted: Any) -> bool:
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if type(found) is type(wanted):
        return bool(found == wanted)
    left, right = as_number(found), as_number(wanted)
    return left is not None and left == right


def _contains(found: Any, wanted: Any) -> bool:
    if isinstance(found, str):
        return isinstance(wanted, str) and wanted in found
    return isinstance(found, list | tuple) and any(_equal(item, wanted) for item in found)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _equal,
    "ne": lambda found, wanted: not _equal(found, wanted),
    "gt": _ordered(lambda a, b: a > b),
    "gte": _ordered(lambda a, b: a >= b),
    "lt": _ordered(lambda a, b: a < b),
    "lte": _ordered(lambda a, b: a <= b),
    "in": lambda found, wanted: any(_equal(found, item) for item in wanted),
    "contains": _contains,
}
