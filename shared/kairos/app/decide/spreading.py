"""Spreading: a million messages need not be due in the same second.

Where the author asks for it, a message goes at some instant within the stated span after it is due, or after the
opening it was held for. The share of the span is a hash of the message's id: always the same for the same message. It
never reaches a closed window or the expiry: where the instant would, the span is halved until it does not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kairos.app.decide.arbitration import key_of
from kairos.app.decide.turn import Turn
from kairos.app.deliver.quiet import open_at
from kairos.domain.ids import fraction
from kairos.domain.profile import Message

FINEST = timedelta(seconds=1)


def from_due(turn: Turn, message: Message) -> datetime:
    """Return when the message goes if nothing holds it: its due time, or later within its step's own `spread`."""
    return _spread(turn, message, message.chosen or message.due, _of_step(turn, message))


def from_opening(turn: Turn, message: Message, opens: datetime) -> datetime:
    """Return when a held message goes after `opens`: within its step's `spread`, else the brand's."""
    span = _of_step(turn, message)
    return _spread(turn, message, opens, turn.release.rules.spread if span is None else span)


def _of_step(turn: Turn, message: Message) -> timedelta | None:
    journey = turn.release.journey(message.journey, message.version)
    send = journey.send_of(message.step) if journey else None
    return send.spread if send else None


def _spread(turn: Turn, message: Message, start: datetime, span: timedelta | None) -> datetime:
    if not span:
        return start
    share = fraction("spread", key_of(message))
    span = min(span, message.expires_at - start)
    while span >= FINEST:
        at = start + timedelta(seconds=int(span.total_seconds() * share))
        if open_at(turn.release, turn.profile, message.channel, at, message.marketing) == at:
            return at
        span /= 2
    return start
