"""`webhook: {to: crm, fields: [total], timeout: 1h}` — call a system of your own: `then` on its answer, or `else`.

The step only asks: `deliver` makes the call, and its answer comes back as an event. While there is none the call is
asked for again, each time after a longer pause, under the same id; a receiver that keeps the ids sees it once.
`keep: {score: result.score}` puts plain values of the answer's JSON into traits. What is called under the name `to` is
kept by `kairos connect webhook crm`, with the secret that signs it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kairos.domain.condition import look_up
from kairos.domain.decision import Call, Decision, Go, Scene, Update
from kairos.domain.document import NAME_FORM, Document, Path
from kairos.domain.errors import BadDefinition
from kairos.domain.event import WEBHOOK, Event
from kairos.domain.ids import call_id
from kairos.steps._step import PlainStep
from kairos.steps.update import VALUE_CHARACTERS_MAX

ANSWERED, FAILED = "webhook_answered", "webhook_failed"
TIMEOUT, TIMEOUT_MIN, TIMEOUT_MAX = timedelta(hours=1), timedelta(minutes=1), timedelta(days=3)
NAMES_MAX = 20
PAUSE, PAUSE_MAX = timedelta(minutes=2), timedelta(hours=6)
"""After how long a call without an answer is asked for again: the first time, and at most. It doubles."""

_CONNECTION = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Hook:
    """Which connection is called, which traits and fields of the trigger it is told, and what is kept of its answer."""

    to: str
    traits: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    timeout: timedelta = TIMEOUT
    keep: Mapping[str, str] = field(default_factory=dict)


class Webhook(PlainStep):
    """Call, and stay until the answer comes or the time is over."""

    keyword = "webhook"
    beside = ("then", "else")
    schema = {
        "webhook": {
            "type": "object",
            "additionalProperties": False,
            "required": ["to"],
            "properties": {
                "to": {"type": "string", "pattern": r"^[A-Za-z0-9_-]{1,64}$(?!\n)"},
                "traits": {"type": "array", "maxItems": NAMES_MAX, "items": {"$ref": "#/$defs/name"}},
                "fields": {"type": "array", "maxItems": NAMES_MAX, "items": {"$ref": "#/$defs/name"}},
                "timeout": {"$ref": "#/$defs/duration"},
                "keep": {
                    "type": "object",
                    "maxProperties": NAMES_MAX,
                    "propertyNames": {"$ref": "#/$defs/name"},
                    "additionalProperties": {"$ref": "#/$defs/name"},
                },
            },
        },
        "then": {"$ref": "#/$defs/steps"},
        "else": {"$ref": "#/$defs/steps"},
    }

    def read(self, document: Document) -> Hook:
        inner = document.inner("webhook")
        inner.only("to", "traits", "fields", "timeout", "keep")
        to = inner.read("to", _connection, "a connection that `kairos connect webhook NAME` made")
        timeout = inner.duration("timeout", TIMEOUT)
        if not TIMEOUT_MIN <= timeout <= TIMEOUT_MAX:
            raise BadDefinition((*inner.path, "timeout"), "lasts at most 3d, and not less than 1m")
        return Hook(to, _names(inner, "traits"), _names(inner, "fields"), timeout, _kept(inner))

    def blocks(self, document: Document) -> Sequence[tuple[str, list[tuple[Any, Path]]]]:
        return [(way, document.items(way)) for way in ("then", "else") if document.has(way)]

    def enter(self, args: Hook, scene: Scene) -> Decision:
        return self._call(args, scene)

    def wake(self, args: Hook, scene: Scene) -> Decision:
        over = scene.at >= scene.enrollment.reached_at + args.timeout
        return Go("else") if over else self._call(args, scene)

    def hear(self, args: Hook, scene: Scene, event: Event) -> Decision | None:
        enrollment = scene.enrollment
        ours = event.source == WEBHOOK and event.properties.get("call") == call_id(enrollment.id, enrollment.node or "")
        if not ours or event.occurred_at > enrollment.reached_at + args.timeout:
            return None
        if event.name == ANSWERED:
            return Update(_answered(args, event.properties.get("body")), exit="then")
        return Go("else") if event.name == FAILED else None

    def _call(self, args: Hook, scene: Scene) -> Decision:
        asked = scene.enrollment.visits.get(scene.enrollment.node or "", 0)
        again = scene.at + min(PAUSE * 2 ** min(asked, 10), PAUSE_MAX)
        return Call(args.to, min(again, scene.enrollment.reached_at + args.timeout))


def _answered(args: Hook, body: Any) -> dict[str, Any]:
    """Return the traits that the answer sets: plain values only, and nothing for what it does not say."""
    found = {name: look_up(body, path) for name, path in args.keep.items()} if isinstance(body, Mapping) else {}
    return {name: value for name, value in found.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool) and len(str(value)) <= VALUE_CHARACTERS_MAX


def _connection(value: Any) -> str:
    if not isinstance(value, str) or not _CONNECTION.fullmatch(value):
        raise ValueError
    return value


def _names(inner: Document, key: str) -> tuple[str, ...]:
    names = [name for name, _ in inner.items(key)] if inner.has(key) else []
    if len(names) > NAMES_MAX or not all(isinstance(name, str) and NAME_FORM.fullmatch(name) for name in names):
        raise BadDefinition((*inner.path, key), f"expected a list of at most {NAMES_MAX} names")
    return tuple(names)


def _kept(inner: Document) -> dict[str, str]:
    if not inner.has("keep"):
        return {}
    keep = inner.inner("keep")
    sound = all(
        NAME_FORM.fullmatch(name) and isinstance(path, str) and NAME_FORM.fullmatch(path)
        for name, path in keep.raw.items()
    )
    if not sound or len(keep.raw) > NAMES_MAX:
        raise BadDefinition(keep.path, f"expected at most {NAMES_MAX} traits, each with a path such as result.score")
    return dict(keep.raw)


STEP = Webhook()
