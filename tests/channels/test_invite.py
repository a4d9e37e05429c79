"""Calendar invitations, read back by a calendar library: the same event, moved and taken out again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from icalendar import Calendar

from kairos.channels._mime import build_email
from kairos.domain.errors import Refused
from kairos.registry import Occasion, Rendered
from tests.channels.test_email import DELIVERY

AT = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
STARTS = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
OCCASION = Occasion("u" * 26, STARTS, STARTS + timedelta(hours=1), AT)
TEXTS = {"summary": "커트, 정민", "location": "봄날 상점; 2층", "description": "첫 줄\n둘째 줄"}


def invited(occasion: Occasion | None = OCCASION, **texts: str) -> EmailMessage:
    parts = {**DELIVERY.rendered.parts, "invite": json.dumps(TEXTS | texts)}
    raw = build_email(replace(DELIVERY, rendered=Rendered(parts), occasion=occasion))
    assert raw == build_email(replace(DELIVERY, rendered=Rendered(parts), occasion=occasion)), "nothing is drawn"
    return message_from_bytes(raw, policy=default)


def event_of(message: EmailMessage) -> tuple[Any, Any]:
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    calendar: Any = Calendar.from_ical(part.get_content())
    assert part.get_param("method") == calendar["method"]
    (attached,) = [part for part in message.walk() if part.get_filename() == "invite.ics"]
    assert Calendar.from_ical(attached.get_content()) == calendar
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_an_invitation_asks_the_reader_to_the_event() -> None:
    message = invited()
    calendar, event = event_of(message)
    assert (str(calendar["method"]), str(calendar["version"])) == ("REQUEST", "2.0")
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (STARTS, STARTS + timedelta(hours=1))
    assert {name: str(event[name]) for name in TEXTS} == TEXTS
    assert (str(event["organizer"]), str(event["attendee"])) == ("mailto:hello@example.com", "mailto:ann@example.com")
    assert (str(event["uid"]), str(event["status"])) == (f"{'u' * 26}@kairos", "CONFIRMED")


def test_the_words_are_still_there_and_the_event_is_one_more_way_to_read_them() -> None:
    message = invited()
    assert message.get_content_type() == "multipart/mixed"
    body = next(iter(message.iter_parts()))
    assert [part.get_content_type() for part in body.iter_parts()] == ["text/plain", "text/html", "text/calendar"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    boundaries = [part.get_boundary() for part in message.walk() if part.is_multipart()]
    assert len(set(boundaries)) == len(boundaries) == 2


def test_a_move_keeps_the_event_and_says_that_it_is_newer() -> None:
    moved = replace(OCCASION, starts_at=STARTS + timedelta(days=1), ends_at=None, told_at=AT + timedelta(seconds=1))
    _, before = event_of(invited())
    _, after = event_of(invited(moved))
    assert before["uid"] == after["uid"]
    assert int(before["sequence"]) < int(after["sequence"]) < 2**31
    assert after.decoded("dtstart") == STARTS + timedelta(days=1)
    assert "dtend" not in after


def test_a_cancelled_booking_takes_its_event_out_again() -> None:
    calendar, event = event_of(invited(replace(OCCASION, cancelled=True), method="publish"))
    assert (str(calendar["method"]), str(event["status"])) == ("CANCEL", "CANCELLED")
    assert str(event["attendee"]) == "mailto:ann@example.com"


def test_an_event_may_be_told_without_asking() -> None:
    calendar, event = event_of(invited(method="publish"))
    assert str(calendar["method"]) == "PUBLISH"
    assert "attendee" not in event


def test_a_text_cannot_bring_a_line_of_its_own_into_the_event() -> None:
    calendar, event = event_of(invited(summary="x\r\nATTENDEE:mailto:evil@example.com\r\nEND:VEVENT"))
    assert str(event["attendee"]) == "mailto:ann@example.com"
    assert len(calendar.walk("VEVENT")) == 1


@pytest.mark.parametrize(("occasion", "texts"), [(None, {}), (OCCASION, {"method": "reply"})])
def test_what_is_no_invitation_is_refused(occasion: Occasion | None, texts: dict[str, str]) -> None:
    with pytest.raises(Refused):
        invited(occasion, **texts)


def test_without_an_end_after_its_start_an_event_has_none() -> None:
    _, event = event_of(invited(replace(OCCASION, ends_at=STARTS)))
    assert "dtend" not in event
