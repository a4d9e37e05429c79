"""What is outstanding: messages asked for and not yet reported, and what is reported of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kairos.app.decide import caps, handed, spreading
from kairos.app.decide.messages import CHECK_AFTER, drop, effect_of, fall_back, hold
from kairos.app.decide.turn import Turn
from kairos.app.deliver.consent import base_of
from kairos.app.deliver.quiet import QUIET
from kairos.domain.event import Event
from kairos.domain.instant import parse_instant
from kairos.domain.profile import Message

CHECK_AFTER_MAX = timedelta(hours=6)
UNKNOWN_AFTER = timedelta(hours=72)
PROOFS = frozenset(
    {
        "message_sent",
        "message_delivered",
        "message_delayed",
        "message_bounced",
        "message_complained",
        "message_opened",
        "message_clicked",
    }
)
"""Whatever of these is heard first, the provider took the message. The first is `deliver`'s own word; SES is not asked
for its own (`infra/mail.py`), so where `deliver` never learned of the hand-over, one of the others settles it."""


def ask_again(turn: Turn, message: Message) -> None:
    """A message was asked for and nothing was reported: ask again, and after three days close it as unknown."""
    if turn.now >= message.due + UNKNOWN_AFTER:
        drop(turn, message, "unknown")  # it may have gone out, as lately as now: it keeps its place under the caps
        caps.note_sent(turn, message.channel, message.marketing, turn.now, message.id)
        return
    pause = min(CHECK_AFTER * 2**message.asks, CHECK_AFTER_MAX)
    again = replace(message, asks=message.asks + 1, check_at=turn.now + pause)
    turn.profile.messages[message.id] = again
    turn.effects.append(effect_of(turn, again))


def take_report(turn: Turn, event: Event) -> None:
    """Take in what `deliver` or the provider says of a message: in any order, and more than once."""
    message = turn.profile.messages.get(event.message or "")
    if event.name in PROOFS:
        _sent(turn, event, message)
    elif message is None or message.state != "asked":
        pass
    elif event.name == "message_held":
        _held(turn, event, message)
    elif event.name in ("message_not_sent", "message_rejected", "message_failed"):
        turn.profile.messages.pop(message.id)
        caps.give_back(turn, message)
        fall_back(turn, message, str(event.properties.get("reason") or "refused"))
        return
    handed.hear(turn, event)


def _sent(turn: Turn, event: Event, message: Message | None) -> None:
    """A message that was withdrawn or held and went out all the same still counts against the caps."""
    told = event.properties
    marketing, channel = (
        (message.marketing, message.channel) if message else (told.get("marketing"), told.get("channel"))
    )
    if message is not None:
        turn.profile.messages.pop(message.id)
        handed.keep(turn, message)
    told_now = message is not None or event.name == "message_sent"
    if told_now and isinstance(channel, str):
        caps.note_sent(turn, channel, bool(marketing), event.occurred_at, event.message or "")


def _held(turn: Turn, event: Event, message: Message) -> None:
    """`deliver` found a gate closed that opens later: the message waits here, and is settled anew then."""
    until = event.properties.get("until")
    caps.give_back(turn, message)
    turn.profile.messages.pop(message.id)
    reason = str(event.properties.get("reason") or "held")
    later = max(parse_instant(until) if isinstance(until, str) else turn.now + CHECK_AFTER, turn.now)
    hold(turn, message, spreading.from_opening(turn, message, later) if base_of(reason) == QUIET else later, reason)
