"""`wait_for: {event: E, where: …, timeout: 1d}` with `then:` and `else:` — `else` on timeout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kairos.domain.condition import Condition, parse_condition
from kairos.domain.decision import Decision, Go, Park, Scene
from kairos.domain.document import Document, Path
from kairos.domain.event import Event
from kairos.steps._step import PlainStep


@dataclass(frozen=True, slots=True)
class Awaited:
    """An event, what must hold of it, and how long to wait."""

    event: str
    where: Condition | None
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
            "required": ["event", "timeout"],
            "properties": {
                "event": {"$ref": "#/$defs/name"},
                "where": {"$ref": "#/$defs/condition"},
                "timeout": {"$ref": "#/$defs/duration"},
            },
        },
        "then": {"$ref": "#/$defs/steps"},
        "else": {"$ref": "#/$defs/steps"},
    }

    def read(self, document: Document) -> Awaited:
        inner = document.inner("wait_for")
        inner.only("event", "where", "timeout")
        where = parse_condition(inner.raw["where"], (*inner.path, "where")) if inner.has("where") else None
        return Awaited(inner.name("event"), where, inner.duration("timeout"))

    def blocks(self, document: Document) -> Sequence[tuple[str, list[tuple[Any, Path]]]]:
        return [(way, document.items(way)) for way in ("then", "else") if document.has(way)]

    def enter(self, args: Awaited, scene: Scene) -> Decision:
        return Park(scene.at + args.timeout)

    def wake(self, args: Awaited, scene: Scene) -> Decision:
        return Go("else")

    def hear(self, args: Awaited, scene: Scene, event: Event) -> Decision | None:
        if event.name != args.event or not scene.at <= event.occurred_at <= scene.at + args.timeout:
            return None  # what happened after the time was over does not count, however late the wake-up comes
        if not scene.matches(event):
            return None
        return Go("then") if args.where is None or scene.holds(args.where, event.properties) else None


STEP = WaitFor()
