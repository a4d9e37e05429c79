"""`at: {best_within: 6h}`: the hour of the span that suits this customer best on this channel, or now and then another.

Every hour of the span in which the channel is open (`open_at`: quiet hours, allowed windows, law packs) and the message
has not expired is a choice. The model says which is best; a stated share of messages goes in any of them, by a hash of
the message's id, so that what is not tried can be learned. The propensity of each choice is told in its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from kairos.app.decide.habits import hours_of
from kairos.app.decide.turn import Turn
from kairos.app.deliver.quiet import open_at
from kairos.domain.ids import fraction
from kairos.domain.journey import SendArgs
from kairos.domain.profile import Message
from kairos.timing.send_time import choose_hour, hour_of_week

BEST = "best hour"
_HOUR = timedelta(hours=1)


def choose(turn: Turn, message: Message) -> Message:
    """Return the message with its hour `chosen`, once; unchanged where its step asks for none, or no hour is open."""
    span = _span(turn, message)
    if span is None or message.chosen is not None:
        return message
    starts: dict[int, datetime] = {}
    for at in _openings(turn, message, min(message.due + span, message.expires_at)):
        starts.setdefault(hour_of_week(at.astimezone(turn.zone)), at)  # an hour that a clock change repeats: the first
    if not starts:
        return message
    timing = turn.release.timing
    choice = choose_hour(
        timing.hours(message.channel),
        hours_of(turn.profile, message.channel),
        list(starts),
        fraction("hour", message.id),
        timing.explore,
    )
    kind = f"{BEST}, exploring" if choice.explored else BEST
    reason = f"{kind}: 1 of {len(starts)}, propensity {choice.propensity:.4f}"
    return replace(message, chosen=starts[choice.slot], reason=reason)


def _openings(turn: Turn, message: Message, until: datetime) -> Iterator[datetime]:
    """Yield the first open instant of every local hour from now to `until`, not inside."""
    start = turn.now
    while start < until:
        wall = start.astimezone(turn.zone)
        into = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        opens = open_at(turn.release, turn.profile, message.channel, start, message.marketing)
        if opens is None:
            return
        following = start - into + _HOUR
        if opens < min(following, until):
            yield opens
        start = max(following, opens - (opens - following) % _HOUR)


def _span(turn: Turn, message: Message) -> timedelta | None:
    journey = turn.release.journey(message.journey, message.version)
    send: SendArgs | None = journey.send_of(message.step) if journey else None
    return send.best_within if send else None
