"""Sensitive times: after a complaint, a refund or a cancellation marketing rests, as the brand says.

What happened is remembered as behaviour is (the last time under a live predicate), so a rest follows `occurred_at`,
survives merges, and an event that comes late counts from when it happened.
"""

from __future__ import annotations

from datetime import datetime

from kairos.app.decide.turn import Turn
from kairos.app.publish.rests import Rest
from kairos.domain.profile import Message


def resting(turn: Turn, message: Message) -> tuple[datetime, Rest] | None:
    """Return until when a marketing message rests, and the rule: of several one that drops, then the longest."""
    if not message.marketing:
        return None
    ends = [(end, rest) for rest in turn.release.rules.rests if (end := _end(turn, rest, message)) is not None]
    return max(ends, key=lambda found: (not found[1].holds, found[0]), default=None)


def _end(turn: Turn, rest: Rest, message: Message) -> datetime | None:
    if rest.channels and message.channel not in rest.channels:
        return None
    counter = turn.profile.counters.get(rest.key)
    if counter is None or not counter.times:
        return None
    end = counter.times[-1] + rest.length
    return end if end > turn.now else None
