"""`wait_for: {event: E, where: …, timeout: 1d}` with `then:` and `else:` — `else` on timeout.

`wait_for: {any: [{event: E, where: …, then: […]}, …], timeout: 1d}` waits for the first of several events, each with a
path of its own; where one event answers several of them, the first that is written counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kairos.domain.condition import Condition, parse_condition
from kairos.domain.decision import Decision, Go, Park, Scene
from kairos.domain.document import Document, Path
from kairos.domain.errors import BadDefinition
from kairos.domain.event import Event
from kairos.domain.journey import Matcher
from kairos.domain.membership import ON, only_event, read_event
from kairos.steps._step import PlainStep

EVENTS_MAX = 10

_EVENT: dict[str, Any] = {
    "event": {"$ref": "#/$defs/name"},
    "segment": {"$ref": "#/$defs/id"},
    "on": {"enum": list(ON)},
}
_EITHER = [{"required": ["event"]}, {"required": ["segment"]}]
_BOTH = {"segment": ["on"], "on": ["segment"]}


@dataclass(frozen=True, slots=True)
class Awaited:
    """The ways on, each with the event that opens it and what must hold of it, and how long to wait."""

    ways: tuple[tuple[str, Matcher], ...]
    timeout: timedelta


class WaitFor(PlainStep):
    """Park until an event that concerns this passage arrives, or the time is over."""

    keyword = "wait_for"
    beside = ("then", "else")
    elapsed = True
    schema = {
        "wait_for": {
            "type": "object",
            "additionalProperties": False,
            "required": ["timeout"],
            "oneOf": [*_EITHER, {"required": ["any"], "not": {"required": ["where"]}}],
            "dependentRequired": _BOTH,
            "properties": {
                **_EVENT,
                "where": {"$ref": "#/$defs/condition"},
                "any": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": EVENTS_MAX,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "oneOf": _EITHER,
                        "dependentRequired": _BOTH,
                        "properties": {
                            **_EVENT,
                            "where": {"$ref": "#/$defs/condition"},
                            "then": {"$ref": "#/$defs/steps"},
                        },
                    },
                },
                "timeout": {"$ref": "#/$defs/duration"},
            },
        },
        "then": {"$ref": "#/$defs/steps"},
        "else": {"$ref": "#/$defs/steps"},
    }

    def read(self, document: Document) -> Awaited:
        inner = document.inner("wait_for")
        if "any" not in inner.raw:
            only_event(inner, "where", "timeout")
            return Awaited((("then", read_matcher(inner)),), inner.duration("timeout"))
        inner.only("any", "timeout")
        if document.has("then"):
            raise BadDefinition((*document.path, "then"), "stands beside each event of any, not beside all of them")
        several = _several(inner)
        for one in several:
            only_event(one, "where", "then")
        ways = tuple((str(index), read_matcher(one)) for index, one in enumerate(several))
        return Awaited(ways, inner.duration("timeout"))

    def blocks(self, document: Document) -> Sequence[tuple[str, list[tuple[Any, Path]]]]:
        inner = document.inner("wait_for")
        several = _several(inner) if "any" in inner.raw else []
        own = [(str(index), one.items("then")) for index, one in enumerate(several) if one.has("then")]
        return own + [(way, document.items(way)) for way in ("then", "else") if document.has(way)]

    def enter(self, args: Awaited, scene: Scene) -> Decision:
        return Park(scene.at + args.timeout)

    def wake(self, args: Awaited, scene: Scene) -> Decision:
        return Go("else")

    def hear(self, args: Awaited, scene: Scene, event: Event) -> Decision | None:
        if not scene.at <= event.occurred_at <= scene.at + args.timeout:
            return None  # what happened after the time was over does not count, however late the wake-up comes
        return next((Go(way) for way, awaited in args.ways if answers(awaited, scene, event)), None)


def read_matcher(document: Document) -> Matcher:
    """Read the event that a step waits for, or the change of a segment, and its `where`."""
    where: Condition | None = None
    if document.has("where"):
        where = parse_condition(document.raw["where"], (*document.path, "where"))
    return Matcher(read_event(document), where)


def answers(awaited: Matcher, scene: Scene, event: Event) -> bool:
    """Return whether an event that concerns this passage is the awaited one."""
    if event.name != awaited.event or not scene.matches(event):
        return False
    return awaited.where is None or scene.holds(awaited.where, event.properties)


def _several(inner: Document) -> list[Document]:
    several = [Document(raw, path) for raw, path in inner.items("any")]
    if not 1 <= len(several) <= EVENTS_MAX:
        raise BadDefinition((*inner.path, "any"), f"expected 1 to {EVENTS_MAX} events")
    return several


STEP = WaitFor()
