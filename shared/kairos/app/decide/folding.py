"""A profile that exceeds the stated rate is folded: what it does more in that minute is counted, not decided.

A page that reports every scroll, or a robot with the public key, would otherwise start, end and wake journeys hundreds
of times a minute, and its de-duplication hashes would push out those of orders that may yet be delivered again.
"""

from __future__ import annotations

from datetime import timedelta

from kairos.app.decide.turn import Turn
from kairos.domain.event import Event
from kairos.domain.profile import seen_until
from kairos.domain.reason import Reason

FOLDED_AFTER = 300
"""Events of one profile, from one kind of sender, that are decided in a minute. A person does a handful."""
TOLD = f"more than {FOLDED_AFTER} events in a minute: counted, not decided"


def folds(turn: Turn, event: Event) -> bool:
    """Return whether the event, which was not seen before, is one too many, and say so once a minute.

    Only behaviour is folded: never what changes an entry, a consent, a trait or the reach, what reports on a message,
    or what is historical (it starts nothing anyway). How many there were is told by the hashes that de-duplicate: those
    of one kind of sender that came within one minute are kept until the same minute. A folded event leaves none, so
    that one which is delivered twice is counted twice.
    """
    seen = turn.profile.seen
    if len(seen) < FOLDED_AFTER or not _is_behaviour(event):
        return False
    until = seen_until(max(event.received_at, turn.now) + event.retry_horizon)
    if seen.ending(until) < FOLDED_AFTER:
        return False
    told = [reason.at for reason in (*turn.profile.log, *turn.reasons) if reason.reason == TOLD]
    if not told or turn.now - max(told) >= timedelta(minutes=1):
        turn.reasons.append(Reason(turn.now, turn.profile.id, "ignored", TOLD))
    return True


def _is_behaviour(event: Event) -> bool:
    says_more = event.entry or event.consent or event.traits or event.reach or event.message
    return not says_more and not event.historical
