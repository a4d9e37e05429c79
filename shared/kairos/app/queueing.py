"""What makes two queue messages the same one, on whatever queue they travel."""

from __future__ import annotations

from datetime import datetime

from kairos.app.ports import InboxMessage
from kairos.domain.ids import digest


def deduplication_id(message: InboxMessage, now: datetime) -> str:
    """Return the id by which the inbox knows a repetition, within its group and for its five minutes.

    Events bring their own ids. A wake-up is the same only while profile, ringer, correlation and minute are: a later
    one must not be taken for an echo of the first.
    """
    if message.events:
        return digest("events", message.profile, *(event.id for event in message.events))
    minute = now.strftime("%Y%m%d%H%M")
    return digest("wake", message.profile, message.wake or "", message.correlation, minute)
