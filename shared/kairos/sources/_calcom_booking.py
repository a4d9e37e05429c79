"""What each of Cal.com's triggers says of a booking: an entry that is there, moved or gone, or what happened to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kairos.domain.event import EntryFact, Event
from kairos.registry import Request
from kairos.sources._shape import Object, present

Reader = Callable[[Object, datetime, Request], list[Event]]


def _updated(payload: Object, occurred_at: datetime, request: Request) -> list[Event]:
    former = payload.ident("rescheduleUid")
    entry = _entry(payload, replaces=former if former != payload.need("uid") else None)
    if entry.starts_at is None:
        payload.fail("startTime", 'an instant, such as "2026-03-07T12:00:00Z"')
    return [_event("entry_updated", payload, occurred_at, request, entry)]


def _cancelled(payload: Object, occurred_at: datetime, request: Request) -> list[Event]:
    # A host who asks for another time cancels this one; the new uid comes once the attendee has picked.
    moved_to = "" if payload.flag("requestReschedule") else None
    return [
        _event(
            "entry_cancelled",
            payload,
            occurred_at,
            request,
            _entry(payload, moved_to=moved_to),
        )
    ]


def _requested(payload: Object, occurred_at: datetime, request: Request) -> list[Event]:
    out = [_event("booking_requested", payload, occurred_at, request)]
    former = payload.ident("rescheduleUid")
    if former and former != payload.need("uid"):
        # The old time is given up the moment a new one is asked for, whatever the host will say.
        left = EntryFact("booking", former, moved_to=payload.need("uid"))
        out.append(_event("entry_cancelled", payload, occurred_at, request, left))
    return out


def _plain(name: str) -> Reader:
    def read(payload: Object, occurred_at: datetime, request: Request) -> list[Event]:
        return [_event(name, payload, occurred_at, request)]

    return read


def _event(
    name: str,
    payload: Object,
    occurred_at: datetime,
    request: Request,
    entry: EntryFact | None = None,
) -> Event:
    properties = {
        "booking_id": payload.ident("uid") or payload.need("bookingUid"),
        **_properties(payload),
    }
    if entry and entry.id != properties["booking_id"]:
        properties = {"booking_id": entry.id}
    return Event("", name, "", occurred_at, request.received_at, properties, entry=entry)


def _entry(payload: Object, *, replaces: str | None = None, moved_to: str | None = None) -> EntryFact:
    return EntryFact(
        "booking",
        payload.need("uid"),
        payload.instant("startTime"),
        payload.instant("endTime"),
        _properties(payload),
        replaces=replaces,
        moved_to=moved_to,
    )


def _properties(payload: Object) -> dict[str, Any]:
    kind = payload.object("eventType")
    return present(
        service=payload.text("type", 128) or kind.text("slug", 128),
        event_type_id=payload.ident("eventTypeId") or kind.ident("id"),
        length_minutes=payload.amount("length"),
        price=payload.amount("price"),
        currency=payload.text("currency", 3),
        status=(payload.text("status", 32) or "").lower(),
    )


READERS: Mapping[str, Reader] = {
    "BOOKING_CREATED": _updated,
    "BOOKING_RESCHEDULED": _updated,
    "BOOKING_CANCELLED": _cancelled,
    "BOOKING_REJECTED": _cancelled,
    # Another room or another host: the same booking, of which a template needs to know the new one.
    "BOOKING_LOCATION_UPDATED": _updated,
    "BOOKING_REASSIGNED": _updated,
    "BOOKING_REQUESTED": _requested,
    "BOOKING_PAID": _plain("booking_paid"),
    "BOOKING_PAYMENT_INITIATED": _plain("booking_payment_initiated"),
    "BOOKING_NO_SHOW_UPDATED": _plain("booking_no_show"),
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW": _plain("booking_no_show"),
    "AFTER_HOSTS_CAL_VIDEO_NO_SHOW": _plain("booking_host_no_show"),
    "MEETING_STARTED": _plain("booking_started"),
    "MEETING_ENDED": _plain("booking_ended"),
}

TIMES = {"MEETING_STARTED": "startTime", "MEETING_ENDED": "endTime"}
"""Which field says when it happened, where that is not when it was told."""
