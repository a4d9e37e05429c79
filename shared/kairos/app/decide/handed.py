"""What a provider says of a message after it took it: it did not arrive, or will arrive too late.

Taken is not delivered. Kakao learns only afterwards that somebody has no KakaoTalk, a mail server answers for days. A
transactional message is owed, so where the provider gives it up while it still means something the template's next
channel is tried, as if it had been refused at once. Advertising is owed to nobody: it is counted as bounced, and rests.

A provider that is still trying (`message_delayed`) says until when. Where the message is over by then it may come too
late, so the next channel is tried at once, at the risk of being read twice; else its last word is awaited.
"""

from __future__ import annotations

from kairos.app.decide.messages import fall_back
from kairos.app.decide.turn import Turn
from kairos.app.decide.ways import BOUNCED, DELAYED
from kairos.domain.event import Event
from kairos.domain.instant import parse_instant
from kairos.domain.profile import ANSWERS_LATER, Message

ARRIVED = frozenset({"message_delivered", "message_opened", "message_clicked", "message_complained"})
GIVEN_UP = frozenset({"message_bounced", "message_rejected", "message_failed"})


def keep(turn: Turn, message: Message) -> None:
    """Remember a message that a provider just took, where its later word could still make a difference."""
    if message.marketing or not message.untried or message.channel not in ANSWERS_LATER:
        return
    if message.expires_at > turn.now:
        turn.profile.handed[message.id] = message


def hear(turn: Turn, event: Event) -> None:
    """Take in what an event says of a message that was taken: the first word that settles it is the last."""
    message = turn.profile.handed.get(event.message or "")
    if message is None:
        return
    if event.name in ARRIVED or message.expires_at <= turn.now:
        del turn.profile.handed[message.id]
    elif event.name in GIVEN_UP:
        _next(turn, message, BOUNCED)
    elif event.name == "message_delayed" and _comes_too_late(event, message):
        _next(turn, message, DELAYED)


def forget(turn: Turn, enrollment: str) -> None:
    """Owe nothing more of a passage that ended early: what it said is no longer true."""
    for message in [one for one in turn.profile.handed.values() if one.enrollment == enrollment]:
        del turn.profile.handed[message.id]


def _next(turn: Turn, message: Message, reason: str) -> None:
    del turn.profile.handed[message.id]
    fall_back(turn, message, reason)


def _comes_too_late(event: Event, message: Message) -> bool:
    until = event.properties.get("retried_until")
    return isinstance(until, str) and parse_instant(until) > message.expires_at
