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
from kairos.domain.journey import SendArgs
from kairos.steps._step import PlainStep

SEND_KEYS = ("send", "channel", "at", "over_cap", "expires", "if")
SEND_SCHEMA: dict[str, Any] = {
    "send": {"$ref": "#/$defs/id"},
    "channel": {"$ref": "#/$defs/channel"},
    "over_cap": {"enum": ["drop", "hold", "switch"]},
    "expires": {"$ref": "#/$defs/duration"},
    "if": {"$ref": "#/$defs/condition"},
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
    beside = ("channel", "at", "over_cap", "expires", "if")
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
        over_cap=cast(Any, document.choice("over_cap", ("drop", "hold", "switch"), "drop")),
        expires=document.duration("expires") if document.has("expires") else None,
        condition=parse_condition(document.raw["if"], (*document.path, "if")) if document.has("if") else None,
    )


def read_best_within(document: Document) -> timedelta | None:
    """Read the span of `at: {best_within: 6h}`, where it is there."""
    if not document.has("at"):
        return None
    inner = document.inner("at")
    inner.only("best_within")
    return inner.duration("best_within")


STEP = Send()
