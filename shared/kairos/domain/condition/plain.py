"""Conditions that look at one value, and those that put others together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kairos.domain.condition.comparison import Comparison, look_up
from kairos.domain.condition.facts import Condition, Facts
from kairos.domain.condition.relative import Relative


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        return all(part.holds(facts) for part in self.parts)

    def changes(self, facts: Facts) -> Iterable[datetime]:
        return (at for part in self.parts for at in part.changes(facts))

    def children(self) -> Sequence[Condition]:
        return self.parts


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        return any(part.holds(facts) for part in self.parts)

    def changes(self, facts: Facts) -> Iterable[datetime]:
        return (at for part in self.parts for at in part.changes(facts))

    def children(self) -> Sequence[Condition]:
        return self.parts


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    def holds(self, facts: Facts) -> bool:
        return not self.part.holds(facts)

    def changes(self, facts: Facts) -> Iterable[datetime]:
        return self.part.changes(facts)

    def children(self) -> Sequence[Condition]:
        return (self.part,)


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A property of the trigger compares so."""

    field: str
    comparison: Comparison | Relative

    @classmethod
    def of(cls, field: str, operator: str, value: Any) -> FieldIs:
        """Return the condition that `{field: …, operator: value}` is."""
        return cls(field, Comparison(operator, value))

    def holds(self, facts: Facts) -> bool:
        return self.comparison.accepts(look_up(facts.properties, self.field), facts)

    def changes(self, facts: Facts) -> Iterable[datetime]:
        return self.comparison.changes(look_up(facts.properties, self.field), facts)

    def children(self) -> Sequence[Condition]:
        return ()


@dataclass(frozen=True, slots=True)
class TraitIs:
    """A trait of the profile compares so."""

    trait: str
    comparison: Comparison | Relative

    def holds(self, facts: Facts) -> bool:
        return self.comparison.accepts(look_up(facts.profile.traits, self.trait), facts)

    def changes(self, facts: Facts) -> Iterable[datetime]:
        return self.comparison.changes(look_up(facts.profile.traits, self.trait), facts)

    def children(self) -> Sequence[Condition]:
        return ()


@dataclass(frozen=True, slots=True)
class InSegment:
    """The profile is in a segment: asked of the customer alone, so that the answer is the same whoever asks."""

    segment: str

    def holds(self, facts: Facts) -> bool:
        key = ("holds", self.segment)
        if key not in facts.asked:
            facts.asked[key] = False  # what asks for itself is refused before it is live
            condition = facts.segments.get(self.segment)
            facts.asked[key] = condition is not None and condition.holds(facts.about({}))
        return facts.asked[key]

    def changes(self, facts: Facts) -> Iterable[datetime]:
        key, condition = ("changes", self.segment), facts.segments.get(self.segment)
        if condition is None or facts.asked.setdefault(key, False):
            return ()
        facts.asked[key] = True
        return condition.changes(facts.about({}))

    def children(self) -> Sequence[Condition]:
        return ()
