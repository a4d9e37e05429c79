"""Frequency caps: what counts against them, and when there is room again.

A place is taken at the decision, so caps are exact: one writer per profile. A message that is asked for and not yet
reported may go out at any time, so it counts as sent now; once reported it counts from when it was sent.

Where the customer's zone is not known, a calendar day, week or month is over when it is over in every zone of the
brand: the strictest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from kairos.app.decide.turn import Turn
from kairos.domain.budget import BUDGETS
from kairos.domain.cap import Cap
from kairos.domain.profile import Message, Profile

Sent = tuple[str, datetime, str]  # channel, instant, message id


def full_for(turn: Turn, message: Message) -> list[Cap]:
    """Return the caps that leave no room for one more such message now."""
    concerned = [cap for cap in turn.release.rules.caps if cap.concerns(message.channel, message.marketing)]
    return [cap for cap in concerned if _room_at(turn, cap) > turn.now]


def room_at(turn: Turn, full: Iterable[Cap]) -> datetime:
    """Return when all of these caps will have room for one more, as far as is known now."""
    return max(_room_at(turn, cap) for cap in full)


def surplus(turn: Turn) -> list[Message]:
    """Return the messages asked for and not reported that stand under a cap with more than it allows.

    That comes of two customers becoming one, and of a message that went out although it was taken back.
    """
    over: dict[str, Message] = {}
    if not any(_in_flight(turn.profile, id) for id in turn.profile.messages):
        return []
    for cap in turn.release.rules.caps:
        counting = [row for row, leaves in _leaving(turn, cap) if leaves > turn.now]
        if len(counting) > cap.most:
            over.update({id: turn.profile.messages[id] for _, _, id in counting if _in_flight(turn.profile, id)})
    return list(over.values())


def reserve(turn: Turn, message: Message) -> None:
    """Take a place under the caps for a message that is asked for."""
    row = (message.channel, turn.now, message.id)
    if message.marketing:
        turn.profile.sent = (*turn.profile.sent, row)
    elif any(cap.concerns(message.channel, False) for cap in turn.release.rules.caps):
        turn.profile.sent_transactional = (*turn.profile.sent_transactional, row)


def give_back(turn: Turn, message: Message) -> None:
    """Give back the place of a message that does not go out; who waits for one is looked at in this turn."""
    profile = turn.profile
    for name in ("sent", "sent_transactional"):
        rows: tuple[Sent, ...] = getattr(profile, name)
        kept = tuple(row for row in rows if row[2] != message.id)
        if len(kept) < len(rows):
            setattr(profile, name, kept)
            turn.freed = True


def note_sent(turn: Turn, channel: str, marketing: bool, at: datetime, id: str) -> None:
    """A message went out at `at`: it counts from then, also one that had been taken back."""
    name = "sent" if marketing else "sent_transactional"
    rows: dict[str, Sent] = {row[2]: row for row in getattr(turn.profile, name)}
    if not marketing and id not in rows:
        return
    known = rows.get(id, (channel, at, id))
    rows[id] = (known[0], max(known[1], min(at, turn.now)), id)
    setattr(turn.profile, name, tuple(sorted(rows.values(), key=lambda row: (row[1], row[2]))))


def forget(turn: Turn) -> None:
    """Drop what no live cap needs any more, where there is more than an item may hold.

    What a cap needs is the newest `most` that count against it: publish refuses caps that together need more than fit.
    """
    for name, marketing in (("sent", True), ("sent_transactional", False)):
        rows: tuple[Sent, ...] = getattr(turn.profile, name)
        spare = len(rows) - BUDGETS["sent"].most
        if spare <= 0:
            continue
        needed = {row[2] for cap in turn.release.rules.caps for row in _newest(turn, cap, rows, marketing)}
        gone = {row[2] for row in [row for row in rows if row[2] not in needed][:spare]}
        setattr(turn.profile, name, tuple(row for row in rows if row[2] not in gone))


def _room_at(turn: Turn, cap: Cap) -> datetime:
    leaves = sorted((leaves for _, leaves in _leaving(turn, cap)), reverse=True)
    return leaves[cap.most - 1] if len(leaves) >= cap.most else turn.now


def _leaving(turn: Turn, cap: Cap) -> list[tuple[Sent, datetime]]:
    """Return what counts against a cap, or did, with the instant at which it no longer does."""
    profile, release = turn.profile, turn.release
    zones = [turn.zone] if profile.zone or isinstance(cap.per, timedelta) else release.rules.quiet_zones
    found = []
    for row in _rows(profile, cap):
        at = turn.now if _in_flight(profile, row[2]) else row[1]
        found.append((row, max(cap.leaves_at(at, zone, release.rules.week_starts) for zone in zones)))
    return found


def _rows(profile: Profile, cap: Cap) -> list[Sent]:
    rows = [row for row in profile.sent if cap.concerns(row[0], True)]
    return rows + [row for row in profile.sent_transactional if cap.concerns(row[0], False)]


def _newest(turn: Turn, cap: Cap, rows: Sequence[Sent], marketing: bool) -> list[Sent]:
    counting = {row[2] for row, leaves in _leaving(turn, cap) if leaves > turn.now}
    own = [row for row in rows if cap.concerns(row[0], marketing) and row[2] in counting]
    return own[-cap.most :]


def _in_flight(profile: Profile, id: str) -> bool:
    message = profile.messages.get(id)
    return message is not None and message.state == "asked"
