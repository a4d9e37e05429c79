"""Frequency caps: what counts against them, and when there is room again.

A place is reserved at the decision, so caps are exact: one writer per profile.
"""

from __future__ import annotations

from datetime import datetime

from kairos.app.decide.turn import Turn
from kairos.app.publish.release import Cap
from kairos.domain.profile import Message


def counts(turn: Turn, cap: Cap, channel: str) -> int:
    """Return how many count against the cap: one sent exactly `per` ago no longer does."""
    if cap.channel not in (channel, "any"):
        return 0
    since = turn.now - cap.per
    return sum(1 for name, at, _ in turn.profile.sent if at > since and cap.channel in (name, "any"))


def room_at(turn: Turn, cap: Cap) -> datetime:
    """Return when enough of what counts has aged for one more to fit."""
    since = turn.now - cap.per
    counting = sorted(at for name, at, _ in turn.profile.sent if at > since and cap.channel in (name, "any"))
    return counting[len(counting) - cap.most] + cap.per


def reserve(turn: Turn, message: Message) -> None:
    """Take a place under the caps for a message that is asked for."""
    if message.marketing:
        turn.profile.sent = (*turn.profile.sent, (message.channel, turn.now, message.id))


def give_back(turn: Turn, message: Message) -> None:
    """Give back the place of a message that does not go out."""
    turn.profile.sent = tuple(row for row in turn.profile.sent if row[2] != message.id)
