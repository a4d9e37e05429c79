"""Calendly's webhooks (API v2): an invitee's booking becomes an entry of kind `booking`, by its scheduled event.

Signed as `t=<seconds>,v1=<HMAC-SHA256 hex of "t.body">` (developer.calendly.com, "Webhook signatures"). A delivery has
no id: event, invitee URI and creation time make one. A reschedule is two messages in either order: the old invitee
is cancelled with `rescheduled: true` and `new_invitee`, the new one is created with `old_invitee`; an invitee's URI
contains its scheduled event's, so each half knows the other's entry. Retried for 24 hours, then switched off unsaid.

The body of 2020 lacks `scheduled_event`, and with it the time: it gives `booking_created`, which plans nothing until
a reconciliation reads the event. Bodies of the retired API v1 are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from kairos.domain.event import EntryFact, Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _again, _person
from kairos.sources._booking import BOOKING_LISTED, ENTRY_LISTED, answers, as_link
from kairos.sources._form import FORMS, form_sent
from kairos.sources._pulling import Page, Pulling
from kairos.sources._shape import Object, load_body, present
from kairos.sources._signature import require_stamped_hmac
from kairos.sources._stamp import stamp

SIGNATURE = "calendly-webhook-signature"
QUESTIONS_MAX = 50
FORM = "routing_form_submission.created"

_EVENT_OF = re.compile(r"/scheduled_events/([A-Za-z0-9_-]{1,128})(?:/|$)")
_PLAIN = {
    "invitee_no_show.created": "booking_no_show",
    "invitee_no_show.deleted": "booking_no_show_reverted",
}


class Calendly(_again.Reader):
    """See `kairos.registry.Source`. A connection's settings: `secrets` (the signing keys of its subscriptions)."""

    name = "calendly"
    key_is = "a personal access token (Integrations, API and webhooks)"
    without_key = "nothing is known once Calendly has switched the webhook off, which it does without a word"
    retry_horizon = timedelta(days=1)
    topic_at = ("body", "event")
    properties: Mapping[str, Sequence[str]] = {
        **FORMS,
        **dict.fromkeys(
            (
                "entry_updated",
                "entry_cancelled",
                "booking_created",
                "booking_no_show",
                *_PLAIN.values(),
            ),
            BOOKING_LISTED,
        ),
    }
    entry_properties = ENTRY_LISTED

    def verify(self, request: Request) -> bool:
        """Check the stamped HMAC and that the stamp is recent."""
        require_stamped_hmac(request, SIGNATURE)
        return True

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read what the API has to say that a webhook may not have said."""
        from kairos.sources._calendly_api import pull

        yield from pull(pulling)

    def read(self, request: Request, *, trusted: bool) -> Sequence[Parsed]:
        """Translate invitees, no-shows and routing forms; everything else returns nothing."""
        body = load_body(request.body, lenient=True)
        topic = body.text("event", 64)
        if topic == FORM:
            return [_form(body, request)]
        if topic not in ("invitee.created", "invitee.canceled", *_PLAIN):
            return ()
        payload = body.object("payload")
        if isinstance(payload.raw.get("invitee"), Mapping):
            return ()
        said_at = body.instant("created_at") or payload.instant("updated_at")
        occurred_at = said_at or request.received_at
        who, contacts, facts = _person_of(payload)
        entry = _entry_of(topic, payload)
        if topic == "invitee.created" and (about := _contact_of_booking(payload)):
            contacts.append(Contact(f"entry#booking#{_booking_id(payload)}", about))
        event = Event(
            id="",
            name=_name_of(topic, entry),
            profile="",
            occurred_at=occurred_at,
            received_at=request.received_at,
            properties={"booking_id": _booking_id(payload), **_properties(payload)},
            entry=entry,
            **facts,
        )
        return [
            Parsed(
                event,
                f"{topic}:{payload.need('uri')}:{stamp(said_at, request)}",
                who,
                contacts,
            )
        ]


def _form(body: Object, request: Request) -> Parsed:
    payload = body.object("payload")
    said_at = payload.instant("created_at") or body.instant("created_at")
    said = [one.raw.get("answer") for one in payload.objects("questions_and_answers", QUESTIONS_MAX)]
    form = (payload.text("routing_form") or "").rpartition("/")[2]
    properties = present(form_id=form[:128], outcome=payload.object("result").text("type", 32))
    return form_sent("form_submitted", f"{FORM}:{payload.need('uri')}", properties, said, said_at, request)


def _name_of(topic: str, entry: EntryFact | None) -> str:
    if topic == "invitee.created":
        return "entry_updated" if entry else "booking_created"
    return _PLAIN.get(topic, "entry_cancelled")


def _entry_of(topic: str, payload: Object) -> EntryFact | None:
    booking, event = _booking_id(payload), payload.object("scheduled_event")
    starts_at, ends_at = event.instant("start_time"), event.instant("end_time")
    if topic == "invitee.canceled":
        moved_to = _event_id(payload, "new_invitee") or "" if payload.flag("rescheduled") else None
        return EntryFact(
            "booking",
            booking,
            starts_at,
            ends_at,
            _properties(payload),
            moved_to=moved_to,
        )
    if topic in _PLAIN or starts_at is None:
        return None
    former = _event_id(payload, "old_invitee")
    replaces = former if former != booking else None
    return EntryFact("booking", booking, starts_at, ends_at, _properties(payload), replaces=replaces)


def _booking_id(payload: Object) -> str:
    # Of the event, not of the invitee: a group's attendees share their entry, and the host's cancellation is one.
    found = _event_id(payload, "uri") or _event_id(payload, "event")
    return found or payload.fail("uri", "an invitee's URI, with /scheduled_events/<id>/ in it")


def _event_id(payload: Object, key: str) -> str | None:
    found = _EVENT_OF.search(payload.text(key) or "")
    return found[1] if found else None


def _properties(payload: Object) -> dict[str, Any]:
    event = payload.object("scheduled_event")
    kind = re.search(r"/event_types/([A-Za-z0-9_-]{1,128})$", event.text("event_type") or "")
    cancellation = payload.object("cancellation")
    return present(
        service=event.text("name", 128),
        event_type_id=kind[1] if kind else None,
        # The invitee's own status: a group's event stays active when one of them leaves.
        status=payload.text("status", 32),
        cancelled_by=cancellation.text("canceler_type", 32),
        price=payload.object("payment").amount("amount"),
        currency=payload.object("payment").text("currency", 3),
    )


def _person_of(payload: Object) -> tuple[list[Named], list[Contact], dict[str, Any]]:
    email, phone = payload.text("email", 320), payload.text("text_reminder_number", 64)
    fields = present(
        email=email,
        phone=phone,
        name=payload.text("name", _person.NAME_CHARS_MAX),
        first_name=payload.text("first_name", _person.NAME_CHARS_MAX),
        last_name=payload.text("last_name", _person.NAME_CHARS_MAX),
    )
    traits = present(timezone=_person.zone(payload.text("timezone", 64)))
    facts = {"traits": traits or None, "reach": _person.reach(fields)}
    return (
        _person.names(True, email=email, phone=phone),
        _person.profile_contact(fields),
        facts,
    )


def _contact_of_booking(payload: Object) -> dict[str, Any]:
    event = payload.object("scheduled_event")
    location = event.object("location")
    place, link = location.text("location"), as_link(location.text("join_url"))
    host = next(
        (one.text("user_name", 200) for one in event.objects("event_memberships", QUESTIONS_MAX)),
        None,
    )
    said = [
        (one.text("question", 200), one.raw.get("answer"))
        for one in payload.objects("questions_and_answers", QUESTIONS_MAX)
    ]
    return present(
        meeting_url=link or as_link(place),
        location=None if as_link(place) else place,
        host_name=host,
        cancel_url=as_link(payload.text("cancel_url")),
        reschedule_url=as_link(payload.text("reschedule_url")),
        answers=answers(said, payload) or None,
    )


SOURCE = Calendly()
