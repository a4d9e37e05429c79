"""Conditions: what a trigger, branch or segment asks of a profile. One grammar, read once, evaluated in O(its size).

Behaviour (`did`) is answered from bounded counters kept under the hash of their predicate, never from history.
A value that is missing satisfies nothing but `ne` and `exists: false`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Protocol

from kairos.domain.document import Document, Path
from kairos.domain.errors import BadDefinition
from kairos.domain.ids import digest
from kairos.domain.profile import Profile

OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "contains", "exists")
TIMES_MAX = 100
DEPTH_MAX = 20


@dataclass(frozen=True, slots=True)
class Facts:
    """What a condition may look at. `properties` are the trigger's; `entry` is the enrollment's own, if it has one."""

    profile: Profile
    properties: Mapping[str, Any]
    now: datetime
    segments: Mapping[str, Condition]
    entry: tuple[str, str] | None = None


class Condition(Protocol):
    """A predicate over `Facts`."""

    def holds(self, facts: Facts) -> bool: ...

    def children(self) -> Sequence[Condition]: ...


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        return all(part.holds(facts) for part in self.parts)

    def children(self) -> Sequence[Condition]:
        return self.parts


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        return any(part.holds(facts) for part in self.parts)

    def children(self) -> Sequence[Condition]:
        return self.parts


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    def holds(self, facts: Facts) -> bool:
        return not self.part.holds(facts)

    def children(self) -> Sequence[Condition]:
        return (self.part,)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An operator and its right-hand side."""

    operator: str
    value: Any

    def accepts(self, found: Any) -> bool:
        """Return whether `found` (None: missing) compares so."""
        if self.operator == "exists":
            return (found is not None) is self.value
        if found is None:
            return self.operator == "ne"
        return _COMPARE[self.operator](found, self.value)


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A property of the trigger compares so."""

    field: str
    comparison: Comparison

    def holds(self, facts: Facts) -> bool:
        return self.comparison.accepts(look_up(facts.properties, self.field))

    def children(self) -> Sequence[Condition]:
        return ()


@dataclass(frozen=True, slots=True)
class TraitIs:
    """A trait of the profile compares so."""

    trait: str
    comparison: Comparison

    def holds(self, facts: Facts) -> bool:
        return self.comparison.accepts(look_up(facts.profile.traits, self.trait))

    def children(self) -> Sequence[Condition]:
        return ()


@dataclass(frozen=True, slots=True)
class EntryIs:
    """The enrollment's own entry, if it is of this kind, else any live entry of the kind, has such a field."""

    kind: str
    field: str
    comparison: Comparison

    def holds(self, facts: Facts) -> bool:
        entries = facts.profile.entries
        own = entries.get(facts.entry) if facts.entry and facts.entry[0] == self.kind else None
        candidates = [own] if own else [e for e in entries.values() if e.kind == self.kind and not e.cancelled]
        if self.field in ("starts_at", "ends_at"):
            return any(self.comparison.accepts(_written(getattr(entry, self.field))) for entry in candidates)
        return any(self.comparison.accepts(look_up(entry.properties, self.field)) for entry in candidates)

    def children(self) -> Sequence[Condition]:
        return ()


@dataclass(frozen=True, slots=True)
class InSegment:
    """The profile is in a segment."""

    segment: str

    def holds(self, facts: Facts) -> bool:
        condition = facts.segments.get(self.segment)
        return condition is not None and condition.holds(facts)

    def children(self) -> Sequence[Condition]:
        return ()


@dataclass(frozen=True, slots=True)
class Did:
    """The customer did something so many times, ever or within a window that ends now."""

    event: str
    times: Comparison
    within: timedelta | None
    where: Condition | None
    key: str
    keep: int

    def holds(self, facts: Facts) -> bool:
        counter = facts.profile.counters.get(self.key)
        times = counter.times if counter else ()
        if self.within is not None:
            oldest = facts.now - self.within
            times = tuple(at for at in times if oldest < at)
        return self.times.accepts(len(times))

    def children(self) -> Sequence[Condition]:
        return (self.where,) if self.where else ()


def parse_condition(raw: object, path: Path = (), depth: int = 0) -> Condition:
    """Read a condition of the definition language (DESIGN, the table of forms). Raises BadDefinition."""
    if depth > DEPTH_MAX:
        raise BadDefinition(path, f"conditions nest at most {DEPTH_MAX} deep")
    document = Document(raw, path)
    for key, parse in _FORMS.items():
        if key in document.raw:
            return parse(document, depth)
    raise BadDefinition(path, f"expected a condition: one of {', '.join(_FORMS)}")


def look_up(values: Mapping[str, Any], name: str) -> Any:
    """Return the value at a name or dotted path, or None."""
    if name in values:
        return values[name]
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def walk(condition: Condition) -> list[Condition]:
    """Return the condition and all below it."""
    return [condition, *(below for child in condition.children() for below in walk(child))]


def _comparison(document: Document, *others: str) -> Comparison:
    document.only(*others, *OPERATORS)
    used = [operator for operator in OPERATORS if operator in document.raw]
    if len(used) != 1:
        raise BadDefinition(document.path, f"expected exactly one operator of {', '.join(OPERATORS)}")
    return _checked(document, used[0])


def _checked(document: Document, operator: str) -> Comparison:
    value = document.raw[operator]
    if operator == "exists" and not isinstance(value, bool):
        raise BadDefinition((*document.path, operator), "expected true or false")
    if operator == "in" and not isinstance(value, list | tuple):
        raise BadDefinition((*document.path, operator), "expected a list")
    if operator in ("gt", "gte", "lt", "lte") and (isinstance(value, bool) or not isinstance(value, int | float | str)):
        raise BadDefinition((*document.path, operator), "expected a number, a text or a date")
    return Comparison(operator, tuple(value) if operator == "in" else value)


def _all(document: Document, depth: int) -> Condition:
    document.only("all")
    return AllOf(tuple(parse_condition(item, path, depth + 1) for item, path in document.items("all")))


def _any(document: Document, depth: int) -> Condition:
    document.only("any")
    return AnyOf(tuple(parse_condition(item, path, depth + 1) for item, path in document.items("any")))


def _not(document: Document, depth: int) -> Condition:
    document.only("not")
    return Not(parse_condition(document.raw["not"], (*document.path, "not"), depth + 1))


def _did(document: Document, depth: int) -> Condition:
    document.only("did", "times", "within", "where")
    times = _comparison(document.inner("times")) if document.has("times") else Comparison("gte", 1)
    if times.operator not in ("eq", "ne", "gt", "gte", "lt", "lte") or isinstance(times.value, bool):
        raise BadDefinition((*document.path, "times"), "expected a comparison with a whole number, such as {gte: 3}")
    if not isinstance(times.value, int) or not 0 <= times.value <= TIMES_MAX:
        raise BadDefinition((*document.path, "times"), f"expected a whole number from 0 to {TIMES_MAX}")
    where = None
    if document.has("where"):
        where = parse_condition(document.raw["where"], (*document.path, "where"), depth + 1)
        if not all(isinstance(part, AllOf | AnyOf | Not | FieldIs) for part in walk(where)):
            raise BadDefinition((*document.path, "where"), "expected conditions on the event's own fields only")
    event = document.name("did")
    within = document.duration("within") if document.has("within") else None
    written = json.dumps(document.raw.get("where"), sort_keys=True, ensure_ascii=False, default=str)
    return Did(event, times, within, where, digest("counter", event, written)[:13], times.value + 1)


def _field(document: Document, _: int) -> Condition:
    return FieldIs(document.name("field"), _comparison(document, "field"))


def _trait(document: Document, _: int) -> Condition:
    return TraitIs(document.name("trait"), _comparison(document, "trait"))


def _entry(document: Document, _: int) -> Condition:
    return EntryIs(document.name("entry"), document.name("field"), _comparison(document, "entry", "field"))


def _segment(document: Document, _: int) -> Condition:
    document.only("segment")
    return InSegment(document.identifier("segment"))


# "entry" stands before "field": an entry condition carries both keys.
_FORMS: dict[str, Callable[[Document, int], Condition]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "did": _did,
    "segment": _segment,
    "entry": _entry,
    "trait": _trait,
    "field": _field,
}


def _written(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _number(value: Any) -> float | int | None:
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
        left, right = _number(found), _number(wanted)
        if left is not None and right is not None:
            return compare(left, right)
        return isinstance(found, str) and isinstance(wanted, str) and compare(found, wanted)

    return check


def _equal(found: Any, wanted: Any) -> bool:
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if type(found) is type(wanted):
        return bool(found == wanted)
    left, right = _number(found), _number(wanted)
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
