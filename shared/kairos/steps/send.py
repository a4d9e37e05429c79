"""`send: cart-coupon` — ask for a message: a template, its channels in order of preference, or one `channel`.

`at: {best_within: 6h}` leaves the moment to send-time prediction within that span. `over_cap` says what happens when a
frequency cap is full: drop (the default), hold or switch. `expires` shortens the 24 h after which it is pointless.
`if: CONDITION` is asked when the message is asked for, when a held one is released, and once more by `deliver` just
before the provider is called; where it does not hold the message is not sent, with that reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from kairos.domain.condition import parse_condition
from kairos.domain.decision import Ask, Decision, Scene
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.journey import PRIORITY_MAX, SendArgs
from kairos.steps._step import PlainStep

BEST_WITHIN_MAX = timedelta(days=7)

OVER_CAP = {"not_sent": "drop", "drop": "drop", "hold": "hold", "switch": "switch"}
"""As written → what the engine does: `drop` is the older word for `not_sent`."""

SEND_OPTIONS = ("over_cap", "expires", "if", "priority", "spread")
SEND_KEYS = ("send", "channel", "at", *SEND_OPTIONS)
SEND_SCHEMA: dict[str, Any] = {
    "send": {"$ref": "#/$defs/id"},
    "channel": {"$ref": "#/$defs/channel"},
    "over_cap": {"enum": list(OVER_CAP)},
    "expires": {"$ref": "#/$defs/duration"},
    "if": {"$ref": "#/$defs/condition"},
    "priority": {"$ref": "#/$defs/priority"},
    "spread": {"$ref": "#/$defs/duration"},
}
BEST_WITHIN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["best_within"],
    "properties": {"best_within": {"$ref": "#/$defs/duration"}},
}


class Send(PlainStep):
    """Ask for one message."""

    keyword = "send"
    beside = ("channel", "at", *SEND_OPTIONS)
    schema = {**SEND_SCHEMA, "at": BEST_WITHIN}

    def read(self, document: Document) -> SendArgs:
        return replace(read_send(document), best_within=read_best_within(document))

    def enter(self, args: SendArgs, scene: Scene) -> Decision:
        return Ask(args)


def read_send(document: Document) -> SendArgs:
    """Read what every send has, in steps, timelines, on_move and on_cancel."""
    return SendArgs(
        template=document.identifier("send"),
        channel=document.identifier("channel") if document.has("channel") else None,
        over_cap=cast(Any, OVER_CAP[document.choice("over_cap", tuple(OVER_CAP), "not_sent")]),
        expires=document.duration("expires") if document.has("expires") else None,
        condition=parse_condition(document.raw["if"], (*document.path, "if")) if document.has("if") else None,
        priority=read_priority(document),
        spread=document.duration("spread") if document.has("spread") else None,
    )


def read_priority(document: Document) -> int | None:
    """Read how much a message, or those of a journey, matter when several want one place under a cap."""
    if not document.has("priority"):
        return None

    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= PRIORITY_MAX:
            raise ValueError
        return value

    return document.read("priority", parse, f"a whole number from 0 to {PRIORITY_MAX}, the highest first")


def read_best_within(document: Document) -> timedelta | None:
    """Read the span of `at: {best_within: 6h}`, where it is there."""
    if not document.has("at"):
        return None
    inner = document.inner("at")
    inner.only("best_within")
    return read_span(inner)


def read_span(document: Document) -> timedelta:
    """Read the span within which send-time prediction may choose."""
    span = document.duration("best_within")
    if span > BEST_WITHIN_MAX:
        raise BadDefinition((*document.path, "best_within"), "expected at most 7d: a week has every hour once")
    return span


STEP = Send()
