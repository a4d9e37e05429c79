"""Calendly's scheduled events and their invitees: what its webhooks said, or would have said had they not been off.

Calendly disables a subscription after a day of failures and tells nobody, so its state is asked for too. Events cannot
be listed by when they changed: those from a day ago on are listed, and invitees asked for where an event changed.
https://developer.calendly.com/api-docs (scheduled_events, invitees, webhook_subscriptions)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kairos.domain.errors import Refused, Unavailable
from kairos.domain.instant import format_instant
from kairos.sources._again import PAGES_MAX, Api, Row, api_key, base_url, moment
from kairos.sources._listed_bookings import BEHIND, Booking, changes
from kairos.sources._pulling import Page, Pulling

PAGE_ITEMS = 100
DISABLED = "Calendly has switched the webhook off: create the subscription anew"

_TOPICS = {"active": "invitee.created", "canceled": "invitee.canceled"}


def pull(pulling: Pulling) -> Iterator[Page]:
    """Yield what became of the events from a day ago on."""
    headers = {"authorization": f"Bearer {api_key(pulling.settings)}"}
    api = Api("calendly", base_url(pulling.settings, "https://api.calendly.com"), headers, pulling)
    user = _me(api)
    listed = _events(api, pulling, user)
    yield from changes(pulling, listed, lambda one: list(_invitees(api, one)))
    yield Page(warning=_trouble(api, user))


def _me(api: Api) -> Mapping[str, Any]:
    found = api.json(api.get("/users/me"))
    user = found.get("resource") if isinstance(found, Mapping) else None
    if not isinstance(user, Mapping) or not user.get("current_organization"):
        raise Refused("calendly", "the token does not say whose it is")
    return user


def _whose(pulling: Pulling, user: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is read: the whole organization's events, or those of the token's owner alone."""
    if pulling.settings.get("scope") == "organization":
        return {"organization": user["current_organization"]}
    return {"user": user.get("uri")}


def _events(api: Api, pulling: Pulling, user: Mapping[str, Any]) -> Iterator[Booking]:
    asked = {
        **_whose(pulling, user),
        "count": PAGE_ITEMS,
        "sort": "start_time:asc",
        "min_start_time": format_instant(pulling.now - BEHIND),
    }
    for event in _all(api, "/scheduled_events", asked):
        starts, ends = moment(event, "start_time"), moment(event, "end_time")
        uri = event.get("uri")
        if isinstance(uri, str) and starts is not None:
            id = uri.rstrip("/").rpartition("/")[2]
            yield Booking(id, event, ends or starts, moment(event, "updated_at"))


def _invitees(api: Api, booking: Booking) -> Iterator[Row]:
    event = booking.state
    for invitee in _all(api, f"/scheduled_events/{booking.id}/invitees", {"count": PAGE_ITEMS}):
        topic = _TOPICS.get(str(invitee.get("status")))
        if topic is None:
            continue
        # A host's cancellation is the event's own: its invitees may say that they are still coming.
        called_off = topic == "invitee.created" and event.get("status") == "canceled"
        at = max(filter(None, (moment(invitee, "updated_at"), moment(event, "updated_at"))), default=None)
        body = {
            "event": "invitee.canceled" if called_off else topic,
            "created_at": format_instant(at) if at else None,
            "payload": {**invitee, "scheduled_event": event},
        }
        yield Row(body)


def _all(api: Api, path: str, asked: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
    for _ in range(PAGES_MAX):
        answer = api.get(path, asked)
        yield from api.items(answer, "collection")
        more = api.json(answer).get("pagination")
        token = more.get("next_page_token") if isinstance(more, Mapping) else None
        if not token:
            return
        api.late()
        asked = {**asked, "page_token": token}


def _trouble(api: Api, user: Mapping[str, Any]) -> str:
    asked = {"organization": user["current_organization"], "user": user.get("uri"), "scope": "user", "count": 100}
    try:
        hooks = list(_all(api, "/webhook_subscriptions", asked))
    except (Refused, Unavailable):  # a token without that right reads events all the same
        return ""
    return DISABLED if hooks and all(hook.get("state") == "disabled" for hook in hooks) else ""
