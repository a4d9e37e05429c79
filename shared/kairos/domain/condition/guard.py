"""Which of many conditions an event may satisfy, found without asking each: what one must have to hold is looked up.

A guard is a plain comparison with one of the event's properties that is necessary for a condition, not sufficient: who
passes it is asked in full. So a guard may let too many through and never too few, and an event's properties, which do
not change while it is heard, are all that it looks at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from kairos.domain.condition.comparison import Comparison, as_number, look_up
from kairos.domain.condition.facts import Condition
from kairos.domain.condition.plain import AllOf, AnyOf, FieldIs

EQUAL, AT_LEAST, AT_MOST, CONTAINS, PRESENT = "eq", "gte", "lte", "contains", "exists"
"""What a guard asks, the rarest first: of the parts that must all hold, the rarest is looked up."""

_RARITY = {EQUAL: 0, CONTAINS: 1, AT_LEAST: 2, AT_MOST: 2, PRESENT: 3}
_BOUNDS = {"gt": AT_LEAST, "gte": AT_LEAST, "lt": AT_MOST, "lte": AT_MOST}

Guard = tuple[str, str, Any]
"""A property (name or dotted path), what is asked of it, and the value that it is compared with."""


def guards_of(condition: Condition | None) -> tuple[Guard, ...] | None:
    """Return guards of which one passes whenever the condition holds, or None where nothing can be said."""
    if isinstance(condition, AllOf):
        found = [guards for part in condition.parts if (guards := guards_of(part)) is not None]
        return min(found, key=_cost, default=None)
    if isinstance(condition, AnyOf):
        return any_of(map(guards_of, condition.parts))
    if isinstance(condition, FieldIs):
        return _of_field(condition)
    return None


def any_of(ways: Iterable[tuple[Guard, ...] | None]) -> tuple[Guard, ...] | None:
    """Return the guards of what holds in any of several ways: none can be left out."""
    found: list[Guard] = []
    for guards in ways:
        if guards is None:
            return None
        found += guards
    return tuple(found)


def _cost(guards: Sequence[Guard]) -> tuple[int, int]:
    return max((_RARITY[asked] for _, asked, _ in guards), default=-1), len(guards)


def _of_field(condition: FieldIs) -> tuple[Guard, ...] | None:
    name, comparison = condition.field, condition.comparison
    if not isinstance(comparison, Comparison):
        return ((name, PRESENT, True),)  # a date that is not there lies nowhere
    operator, value = comparison.operator, comparison.value
    if operator == "ne" or (operator == "exists" and value is False):
        return None
    wanted = value if operator == "in" else (value,)
    if operator in ("eq", "in") and all(_key(one) is not None for one in wanted):
        return tuple((name, EQUAL, one) for one in wanted)
    if operator == CONTAINS and _key(value) is not None:
        return ((name, CONTAINS, value),)
    if operator in _BOUNDS and not isinstance(value, str) and -inf < value < inf:  # text compares in two ways
        return ((name, _BOUNDS[operator], value),)
    return ((name, PRESENT, True),)


def _key(value: Any) -> tuple[str, Any] | None:
    """Return what equal values share, None for what is neither truth, number nor text. Text that is a number is one."""
    if isinstance(value, bool):
        return "truth", value
    number = as_number(value)
    if number is not None:
        return "number", number
    return ("text", value) if isinstance(value, str) else None


@dataclass(slots=True)
class _Field:
    """Who asks what of one property: positions of conditions."""

    equal: dict[tuple[str, Any], list[int]] = field(default_factory=dict)
    contains: dict[tuple[str, Any], list[int]] = field(default_factory=dict)
    at_least: list[tuple[float, int]] = field(default_factory=list)
    at_most: list[tuple[float, int]] = field(default_factory=list)
    present: list[int] = field(default_factory=list)

    def passing(self, found: Any) -> Iterable[int]:
        yield from self.present
        key = _key(found)
        if key is not None:
            yield from self.equal.get(key, ())
        if self.contains:
            yield from self._containing(found)
        number = as_number(found)
        if number is not None:
            yield from (position for _, position in self.at_least[: bisect_right(self.at_least, number, key=_bound)])
            yield from (position for _, position in self.at_most[bisect_left(self.at_most, number, key=_bound) :])

    def _containing(self, found: Any) -> Iterable[int]:
        if isinstance(found, str):
            for (_, wanted), positions in self.contains.items():
                if not isinstance(wanted, str) or wanted in found:
                    yield from positions
        elif isinstance(found, list | tuple):
            for key in {key for item in found if (key := _key(item)) is not None}:
                yield from self.contains.get(key, ())


def _bound(row: tuple[float, int]) -> float:
    return row[0]


class Guarded:
    """Many conditions by what each must have to hold, in the order in which they were given."""

    def __init__(self, guards: Iterable[Sequence[Sequence[Any]] | None]) -> None:
        """Take the guards of each condition; None: it is always asked."""
        self._always: list[int] = []
        self._fields: dict[str, _Field] = {}
        for position, ways in enumerate(guards):
            if ways is None:
                self._always.append(position)
            for name, asked, value in ways or ():
                self._add(self._fields.setdefault(name, _Field()), asked, value, position)
        for each in self._fields.values():
            each.at_least.sort()
            each.at_most.sort()

    def _add(self, asked_of: _Field, asked: str, value: Any, position: int) -> None:
        key = _key(value)
        if asked == PRESENT:
            asked_of.present.append(position)
        elif asked in (AT_LEAST, AT_MOST):
            (asked_of.at_least if asked == AT_LEAST else asked_of.at_most).append((value, position))
        elif key is not None:
            (asked_of.equal if asked == EQUAL else asked_of.contains).setdefault(key, []).append(position)

    def passing(self, properties: Mapping[str, Any]) -> list[int]:
        """Return the positions of all conditions that may hold of these properties, in order, each once."""
        found = set(self._always)
        for name, asked_of in self._fields.items():
            value = look_up(properties, name)
            if value is not None:
                found.update(asked_of.passing(value))
        return sorted(found)
