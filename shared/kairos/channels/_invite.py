"""The calendar invitation of an e-mail: one event that moves and is cancelled with the booking it stands for.

A calendar knows the event by its UID, which stays the same when a booking moves, even under a new id, and believes the
highest SEQUENCE: when the booking was last told of. So invitations may arrive in any order. A cancelled booking takes
its event out again (METHOD:CANCEL). RFC 5545, RFC 5546.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from kairos.domain.errors import Refused
from kairos.registry import Delivery, Occasion

METHODS = ("request", "publish")
"""request: the reader is asked to come, and their answer goes to the sender's address. publish: nobody is asked."""

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_SEQUENCE_MAX = 2**31 - 1


def invitation(delivery: Delivery) -> tuple[str, str] | None:
    """Return the event as text, and its METHOD; None where the e-mail carries none. Raises Refused."""
    written = delivery.rendered.parts.get("invite")
    if not written:
        return None
    occasion, texts = delivery.occasion, json.loads(written)
    if occasion is None or delivery.at is None:
        raise Refused("email", "an invitation needs a booking or another entry, and when it starts")
    asked = texts.get("method", METHODS[0]).strip().lower()
    if asked not in METHODS:
        raise Refused("email", f"invite.method is one of {', '.join(METHODS)}")
    method = "CANCEL" if occasion.cancelled else asked.upper()
    return _calendar(delivery, occasion, texts, method, delivery.at), method


def _calendar(delivery: Delivery, occasion: Occasion, texts: dict[str, str], method: str, at: datetime) -> str:
    from icalendar import Calendar, Event, vCalAddress, vText

    event = Event()
    event.add("uid", f"{occasion.uid}@kairos")
    event.add("sequence", min(_SEQUENCE_MAX, max(0, int((occasion.told_at - _EPOCH).total_seconds()))))
    event.add("dtstamp", at)
    event.add("dtstart", occasion.starts_at)
    if occasion.ends_at is not None and occasion.ends_at > occasion.starts_at:
        event.add("dtend", occasion.ends_at)
    event.add("status", "CANCELLED" if occasion.cancelled else "CONFIRMED")
    for name in ("summary", "description", "location"):
        if text := texts.get(name, "").strip():
            event.add(name, text)
    organizer = vCalAddress(f"mailto:{delivery.sender['email']}")
    organizer.params["cn"] = vText(delivery.sender.get("name", ""))
    event["organizer"] = organizer
    if method != "PUBLISH":
        attendee = vCalAddress(f"mailto:{delivery.address}")
        attendee.params["rsvp"] = vText("TRUE" if method == "REQUEST" else "FALSE")
        event.add("attendee", attendee)
    calendar = Calendar()
    for name, value in (("prodid", "-//Kairos//EN"), ("version", "2.0"), ("method", method)):
        calendar.add(name, value)
    calendar.add_component(event)
    raw: Any = calendar.to_ical()
    return str(raw.decode("utf-8"))
