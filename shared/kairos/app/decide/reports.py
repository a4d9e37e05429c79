"""What became of messages: each thing that is reported of a message is said once, with its journey and step.

Providers report in any order, more than once, and weeks after the passage that asked for the message has gone. So the
item remembers its latest messages apart from their passages, with one bit for each thing that has been said. A report
says what it implies: what was clicked was delivered, even where the word of the delivery is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from kairos.app.decide import counting, habits
from kairos.app.decide.turn import Turn
from kairos.domain.event import Event
from kairos.domain.profile import Message, Posted
from kairos.domain.reason import MACHINE, Reason

_BITS: Mapping[tuple[str, str], int] = {
    ("sent", ""): 1,
    ("delivered", ""): 2,
    ("opened", ""): 4,
    ("opened", MACHINE): 8,
    ("clicked", ""): 16,
    ("clicked", MACHINE): 32,
    ("bounced", ""): 64,
    ("complained", ""): 128,
    ("delayed", ""): 1 << 13,  # the five below it belong to `habits` and `timeliness`
}
_MAILBOX = 1 << 14
"""Of a message that is delayed for the recipient's sake: their mailbox is full, or their server does not answer."""
_OF_MAILBOXES = frozenset({"MailboxFull", "RecipientServerError", "TransientCommunicationFailure"})
STUCK_AFTER = 3
STUCK_FOR = timedelta(days=14)
_IMPLIES: Mapping[str, tuple[str, ...]] = {
    "message_sent": ("sent",),
    "message_delivered": ("sent", "delivered"),
    "message_opened": ("sent", "delivered", "opened"),
    "message_clicked": ("sent", "delivered", "clicked"),
    "message_complained": ("sent", "delivered", "complained"),
    "message_bounced": ("sent", "bounced"),
    "message_delayed": ("sent", "delayed"),
}
_BY_MACHINES = frozenset({"opened", "clicked"})


def remember(turn: Turn, message: Message) -> None:
    """Remember a message that is asked for; one asked for again is known already."""
    posted = Posted(message.journey, message.version, message.step, message.channel, turn.now)
    turn.profile.posted.setdefault(message.id, posted)


def is_out(turn: Turn, id: str) -> bool:
    """Return whether it was reported that a message has left."""
    posted = turn.profile.posted.get(id)
    return posted is not None and bool(posted.told & _BITS["sent", ""])


def knows(turn: Turn, event: Event) -> bool:
    """Return whether an event reports of a message that is remembered: then each thing said of it is counted once."""
    return event.name in _IMPLIES and event.message in turn.profile.posted


def is_by_machine(event: Event) -> bool:
    """Return whether a proxy or a scanner opened or clicked: it is counted, and no journey takes it for an answer."""
    return event.name in ("message_opened", "message_clicked") and event.properties.get("machine") is True


def take(turn: Turn, event: Event) -> None:
    """Say what an event reports of a message of ours, as far as it was not said before."""
    id = event.message or ""
    posted = turn.profile.posted.get(id)
    kinds = _IMPLIES.get(event.name)
    if posted is None or kinds is None:
        return
    machine = event.properties.get("machine") is True
    told = posted.told
    answered = False
    for kind in kinds:
        by = MACHINE if machine and kind in _BY_MACHINES else ""
        bit = _BITS[kind, by]
        if not told & bit:
            told |= bit
            answered |= kind in _BY_MACHINES and not by
            if kind == "sent":
                told |= habits.note_sent(turn, posted)
            turn.reasons.append(_reason(turn, id, posted, kind, by or _why(event, kind)))
            said = {**event.properties, **_about(turn, id, posted), "machine": bool(by)}
            counting.count(turn, f"message_{kind}", said, event.occurred_at)
    if event.name == "message_delayed" and event.properties.get("delay_type") in _OF_MAILBOXES:
        told |= _MAILBOX
    turn.profile.posted[id] = replace(posted, told=told)
    if answered:
        habits.note_answer(turn, id, event.occurred_at)


def is_stuck(turn: Turn, channel: str) -> bool:
    """Return whether a mailbox takes nothing for now: the last STUCK_AFTER messages of which anything is known were
    delayed on its side and never arrived, the newest of them less than STUCK_FOR ago. What comes after that is the
    probe: where it is delayed too, the mailbox rests as long again."""
    posted = [one for one in turn.profile.posted.values() if one.channel == channel]
    heard = sorted((one for one in posted if one.told & (_MAILBOX | _BITS["delivered", ""])), key=lambda one: one.at)
    last = heard[-STUCK_AFTER:]
    if len(last) < STUCK_AFTER or last[-1].at + STUCK_FOR <= turn.now:
        return False
    return not any(one.told & _BITS["delivered", ""] for one in last)


def _why(event: Event, kind: str) -> str:
    return str(event.properties.get("delay_type") or "") if kind == "delayed" else ""


def _about(turn: Turn, id: str, posted: Posted) -> dict[str, str]:
    """Return what a message is known by. Its template stands in the version that sent it, while that is kept."""
    message = turn.profile.messages.get(id)
    journey = turn.release.journey(posted.journey, posted.version) if message is None else None
    send = journey.send_of(posted.step) if journey else None
    template = message.template if message else send.template if send else ""
    return {"journey": posted.journey, "step": posted.step, "channel": posted.channel, "template": template}


def _reason(turn: Turn, id: str, posted: Posted, kind: str, by: str) -> Reason:
    return Reason(
        at=turn.now,
        profile=turn.profile.id,
        kind=kind,
        reason=by,
        journey=posted.journey,
        version=posted.version,
        step=posted.step,
        channel=posted.channel,
        message=id,
    )
