"""What a condition looks at, and when its answer changes by time alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nsmallest
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from kairos.domain.profile import Profile

INSTANTS_MAX = 64
"""How many instants are looked at for a change before the last of them is a time to look again."""

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a condition may look at. `properties` are the trigger's; `entry` is the enrollment's own, if it has one.

    `zone` is the customer's clock: a date without a time begins there. `asked` remembers what segments answered.
    """

    profile: Profile
    properties: Mapping[str, Any]
    now: datetime
    segments: Mapping[str, Condition]
    entry: tuple[str, str] | None = None
    zone: ZoneInfo = _UTC
    asked: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False)

    def at(self, now: datetime) -> Facts:
        """Return the same facts at another instant (UTC)."""
        return replace(self, now=now, asked={})

    def about(self, properties: Mapping[str, Any]) -> Facts:
        """Return the same facts with other properties and no entry of its own: a segment is asked with none at all."""
        return replace(self, properties=properties, entry=None)


class Condition(Protocol):
    """A predicate over `Facts`."""

    def holds(self, facts: Facts) -> bool:
        """Return whether it holds."""

    def changes(self, facts: Facts) -> Iterable[datetime]:
        """Return instants after `facts.now` at which the answer may change though nothing happens: none is left out."""

    def children(self) -> Sequence[Condition]:
        """Return the conditions it consists of."""


def next_change(condition: Condition, facts: Facts) -> datetime | None:
    """Return the exact instant at which the answer next changes by time alone, or None where it never does.

    Beyond INSTANTS_MAX of candidates it is an instant at which to look again: never later than the change.
    """
    instants = nsmallest(INSTANTS_MAX, {at for at in condition.changes(facts.at(facts.now)) if at > facts.now})
    if not instants:
        return None
    holds = condition.holds(facts)
    change = next((at for at in instants if condition.holds(facts.at(at)) != holds), None)
    return instants[-1] if change is None and len(instants) == INSTANTS_MAX else change


def walk(condition: Condition) -> list[Condition]:
    """Return the condition and all below it."""
    return [condition, *(below for child in condition.children() for below in walk(child))]
