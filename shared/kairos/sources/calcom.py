"""Cal.com's webhooks: bookings become entries of kind `booking`, one event per attendee.

Signed with HMAC-SHA256 of the raw body in hex (`X-Cal-Signature-256`); without a secret Cal.com sends the literal
`no-secret-provided`, which proves nothing and is refused. A reschedule is one message with a *new* uid and the old one
in `rescheduleUid`. A booking that waits for the host's yes (BOOKING_REQUESTED) is no entry yet: nothing is planned.
One try per delivery, as far as its own sender goes; self-hosted versions with a task queue try for some hours.
Body shapes: cal.com/docs, "Webhooks", versions 2021-10-20 and 2026-07-27 (which adds calendar files that nobody reads).
MEETING_* bodies are flat, without `payload`: the row of the booking as it is stored, whose `createdAt` is when it was
made; what they tell happened at its start and end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kairos.domain.errors import BadSignature
from kairos.domain.event import Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _again, _person
from kairos.sources import _calcom_booking as bookings
from kairos.sources._booking import BOOKING_LISTED, ENTRY_LISTED, answers, as_link
from kairos.sources._form import FORMS, form_sent
from kairos.sources._pulling import Page, Pulling
from kairos.sources._shape import Object, load_body, present
from kairos.sources._signature import header_text, require_body_hmac
from kairos.sources._stamp import stamp

SIGNATURE = "x-cal-signature-256"
UNSIGNED = "no-secret-provided"
ATTENDEES_MAX = 500
ANSWERS_MAX = 50

# Bookings made by phone carry a made-up address here; nobody reads it.
_PHONE_ADDRESSES = "@sms.cal.com"


class CalCom(_again.Reader):
    """See `kairos.registry.Source`. A connection's settings: `secrets`."""

    name = "calcom"
    key_is = "an API key (cal_…; Settings, Developer, API keys)"
    without_key = "a booking whose one webhook is lost is not known"
    retry_horizon = timedelta(days=1)
    topic_at = ("body", "triggerEvent")
    properties: Mapping[str, Sequence[str]] = {
        **FORMS,
        **dict.fromkeys(
            (
                "entry_updated",
                "entry_cancelled",
                "booking_requested",
                "booking_paid",
                "booking_payment_initiated",
                "booking_started",
                "booking_ended",
                "booking_no_show",
                "booking_no_show_reverted",
                "booking_host_no_show",
            ),
            BOOKING_LISTED,
        ),
    }
    entry_properties = ENTRY_LISTED

    def verify(self, request: Request) -> bool:
        """Check the HMAC of the raw body."""
        if header_text(request, SIGNATURE) == UNSIGNED:
            raise BadSignature("Cal.com has no secret for this webhook: set one there, and the same here")
        require_body_hmac(request, SIGNATURE, encoding="hex")
        return True

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read what the API has to say that a webhook may not have said."""
        from kairos.sources._calcom_api import pull

        yield from pull(pulling)

    def read(self, request: Request, *, trusted: bool) -> Sequence[Parsed]:
        """Translate by trigger; pings, recordings and days off return nothing."""
        body = load_body(request.body, lenient=True)
        trigger = body.text("triggerEvent", 64) or body.fail("triggerEvent", 'a trigger such as "BOOKING_CREATED"')
        payload = body.object("payload") if body.has("payload") else body
        if trigger in _FORMS:
            return [_form(trigger, payload, body.instant("createdAt"), request)]
        reader = bookings.READERS.get(trigger)
        if reader is None:
            return ()
        told_at = payload.instant(bookings.TIMES[trigger]) if trigger in bookings.TIMES else None
        said_at = told_at or body.instant("createdAt")
        occurred_at = said_at or request.received_at
        uid = payload.ident("uid") or payload.need("bookingUid")
        key = f"{trigger}:{uid}:{stamp(said_at, request)}"
        # What Cal.com's own video call noticed is said of all attendees; whoever marks by hand marks each of them.
        by_hand = trigger == "BOOKING_NO_SHOW_UPDATED"
        return list(_per_attendee(payload, reader(payload, occurred_at, request), key, by_hand))


def _per_attendee(payload: Object, facts: Sequence[Event], key: str, by_hand: bool) -> list[Parsed]:
    out: list[Parsed] = []
    about = _contact_of_booking(payload)
    # The place in the list, not the address, tells attendees apart: an id must not be a hash that guessing can undo.
    for index, attendee in enumerate(payload.objects("attendees", ATTENDEES_MAX)):
        who, contacts, common = _person_of(attendee, payload)
        for fact in facts:
            event = replace(_marked(fact, attendee) if by_hand else fact, **common)
            if event.name == "entry_updated" and event.entry and about:
                contacts = [
                    *contacts,
                    Contact(f"entry#booking#{event.entry.id}", about),
                ]
            out.append(Parsed(event, f"{key}#{index}:{event.name}", who, contacts))
    return out


def _marked(fact: Event, attendee: Object) -> Event:
    return replace(fact, name="booking_no_show_reverted") if attendee.flag("noShow") is False else fact


def _person_of(attendee: Object, payload: Object) -> tuple[list[Named], list[Contact], dict[str, Any]]:
    email = attendee.text("email", 320)
    if email and email.lower().endswith(_PHONE_ADDRESSES):
        email = None
    phone = attendee.text("phoneNumber", 64)
    if phone is None and len(payload.items("attendees", ATTENDEES_MAX)) == 1:
        phone = payload.text("smsReminderNumber", 64)
    fields = present(
        email=email,
        phone=phone,
        name=attendee.text("name", _person.NAME_CHARS_MAX),
        first_name=attendee.text("firstName", _person.NAME_CHARS_MAX),
        last_name=attendee.text("lastName", _person.NAME_CHARS_MAX),
    )
    traits = present(
        timezone=_person.zone(attendee.text("timeZone", 64)),
        locale=_person.locale(attendee.object("language").text("locale", 35) or attendee.text("locale", 35)),
    )
    who = _person.names(True, email=email, phone=phone)
    return (
        who,
        _person.profile_contact(fields),
        {"traits": traits or None, "reach": _person.reach(fields)},
    )


def _contact_of_booking(payload: Object) -> dict[str, Any]:
    place = payload.text("location")
    link = as_link(payload.object("metadata").text("videoCallUrl")) or as_link(
        payload.object("videoCallData").text("url")
    )
    return present(
        meeting_url=link or as_link(place),
        # "integrations:daily" is how Cal.com names a video service: no place anyone could go to.
        location=None if as_link(place) or (place or "").startswith("integrations:") else place,
        title=payload.text("title", 500),
        host_name=payload.object("organizer").text("name", _person.NAME_CHARS_MAX),
        answers=_answers(payload.object("responses")) or None,
    )


def _answers(responses: Object) -> dict[str, str]:
    pairs: list[tuple[str | None, Any]] = []
    for name in list(responses.raw)[:50]:
        if name in ("name", "email", "location", "guests") or not isinstance(responses.raw[name], Mapping):
            continue
        one = responses.object(name)
        pairs.append((one.text("label", 200) or name, one.raw.get("value")))
    return answers(pairs, responses)


def _form(trigger: str, payload: Object, said_at: datetime | None, request: Request) -> Parsed:
    form, responses = payload.ident("formId"), payload.object("responses")
    said = [
        one.get("value", one.get("response")) if isinstance(one, Mapping) else one
        for one in list(responses.raw.values())[:ANSWERS_MAX]
    ]
    # A form may be sent twice in a millisecond by two people; what they wrote tells them apart.
    key = f"{trigger}:{form or ''}:{stamp(None, request)}"
    return form_sent(_FORMS[trigger], key, present(form_id=form), said, said_at, request)


_FORMS = {"FORM_SUBMITTED": "form_submitted", "FORM_SUBMITTED_NO_EVENT": "form_submitted_without_booking"}

SOURCE = CalCom()
