"""Cal.com's bookings, listed: each delivery of its webhooks is tried once, so what was lost is read here.

`GET /v2/bookings` (cal-api-version 2024-08-13) says a booking in words of its own; it is written as the webhook that
told it, or did not. A booking that was moved is cancelled there and followed by one that names it.
https://cal.com/docs/api-reference/v2/bookings/get-all-bookings
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kairos.domain.instant import format_instant
from kairos.sources._again import PAGES_MAX, Api, Row, api_key, base_url, moment
from kairos.sources._listed_bookings import BEHIND, Booking, changes
from kairos.sources._pulling import Page, Pulling

VERSION = "2024-08-13"
PAGE_ITEMS = 100

_TRIGGERS = {"accepted": "BOOKING_CREATED", "cancelled": "BOOKING_CANCELLED", "rejected": "BOOKING_REJECTED"}
_TOLD = (
    *("uid", "status", "start", "end", "duration", "location", "meetingUrl", "title", "attendees", "eventType"),
    *("eventTypeId", "hosts", "rescheduledFromUid", "rescheduledToUid"),
)


def pull(pulling: Pulling) -> Iterator[Page]:
    """Yield what became of the bookings from a day ago on."""
    headers = {"authorization": f"Bearer {api_key(pulling.settings)}", "cal-api-version": VERSION}
    api = Api("calcom", base_url(pulling.settings, "https://api.cal.com"), headers, pulling)
    yield from changes(pulling, _bookings(api, pulling), _rows)


def _bookings(api: Api, pulling: Pulling) -> Iterator[Booking]:
    asked: dict[str, Any] = {
        "afterStart": format_instant(pulling.now - BEHIND),
        "sortStart": "asc",
        "take": PAGE_ITEMS,
        "skip": 0,
    }
    for _ in range(PAGES_MAX):
        found = api.items(api.get("/v2/bookings", asked), "data")
        for one in found:
            starts, uid = moment(one, "start"), one.get("uid")
            if isinstance(uid, str) and uid and starts is not None:
                state = {key: one.get(key) for key in _TOLD}
                at = moment(one, "updatedAt") or moment(one, "createdAt")
                yield Booking(uid, {**state, "at": one.get("updatedAt")}, moment(one, "end") or starts, at)
        if len(found) < PAGE_ITEMS:
            return
        api.late()
        # Sorted by start and not by change: one that is added meanwhile moves the others back, and is read twice.
        asked["skip"] += PAGE_ITEMS


def _rows(booking: Booking) -> list[Row]:
    trigger = _TRIGGERS.get(str(booking.state.get("status")))
    if trigger is None:  # it waits for the host, who has not said yes
        return []
    one = booking.state
    kind = one.get("eventType") if isinstance(one.get("eventType"), Mapping) else {}
    hosts = one.get("hosts")
    host = hosts[0] if isinstance(hosts, list) and hosts else {}
    payload = {
        "uid": booking.id,
        "startTime": one.get("start"),
        "endTime": one.get("end"),
        "length": one.get("duration"),
        "type": kind.get("slug") if isinstance(kind, Mapping) else None,
        "eventTypeId": one.get("eventTypeId") or (kind.get("id") if isinstance(kind, Mapping) else None),
        "title": one.get("title"),
        "location": one.get("location"),
        "metadata": {"videoCallUrl": one.get("meetingUrl")},
        "status": str(one.get("status")).upper(),
        "organizer": host,
        "attendees": _attendees(one.get("attendees")),
        "rescheduleUid": one.get("rescheduledFromUid"),
        "requestReschedule": bool(one.get("rescheduledToUid")) or None,
    }
    at = booking.changed_at
    return [Row({"triggerEvent": trigger, "createdAt": format_instant(at) if at else None, "payload": payload})]


def _attendees(given: Any) -> list[dict[str, Any]]:
    people = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    return [{**one, "locale": one.get("language")} for one in people]
