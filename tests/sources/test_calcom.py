"""Cal.com: bookings become entries, one event per attendee, and a new uid is a move."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kairos.domain.errors import BadInput
from kairos.registry import Parsed
from tests.sources import bodies


def parse(name: str, change: object = None) -> list[Parsed]:
    return list(bodies.parse("calcom", name, change))


def test_a_booking_is_an_entry_by_its_uid() -> None:
    (parsed,) = parse("booking-created")
    entry = parsed.event.entry
    assert entry is not None
    assert (parsed.event.name, entry.kind, entry.id) == ("entry_updated", "booking", "uid-first")
    assert (entry.starts_at, entry.ends_at) == (
        datetime(2026, 10, 20, 1, tzinfo=UTC),
        datetime(2026, 10, 20, 2, tzinfo=UTC),
    )
    assert entry.properties["service"] == "60min"
    assert entry.replaces is None
    assert parsed.event.occurred_at == datetime(2026, 10, 2, 1, 0, 0, 123000, tzinfo=UTC)
    assert parsed.event.traits == {"timezone": "America/New_York", "locale": "en"}
    assert parsed.event.reach == {"email": True, "sms": True}
    assert bodies.who(parsed) == [("email", "Planted.Guest@Example.com"), ("phone", "+82 10-5550-0142")]


def test_what_a_template_needs_of_a_booking_stays_with_its_contact() -> None:
    (parsed,) = parse("booking-created")
    assert bodies.contact(parsed, "entry#booking#uid-first") == {
        "meeting_url": "https://meet.example.com/plantedroom",
        "title": "60min between Plantedhost and Planted Guest",
        "host_name": "Plantedhost",
        "answers": {"Anything we should know?": "Planted allergy"},
    }


@pytest.mark.parametrize(
    ("location", "kept"),
    [("12 High Street", {"location": "12 High Street"}), ("https://meet.example.com/a", {}), ("integrations:zoom", {})],
)
def test_a_place_is_kept_and_a_link_is_a_meeting(location: str, kept: dict[str, str]) -> None:
    body = bodies.body("calcom", "booking-created")
    body["payload"] |= {"location": location, "metadata": {}, "videoCallData": None}
    about = bodies.contact(parse("booking-created", body)[0], "entry#booking#uid-first")
    assert {name: about[name] for name in about if name == "location"} == kept
    assert about.get("meeting_url") == (location if location.startswith("https://") else None)


def test_a_group_booking_is_one_event_per_attendee_of_one_entry() -> None:
    parsed = parse("booking-created-group")
    assert [one.event.entry.id for one in parsed if one.event.entry] == ["uid-first"] * 3
    assert [bodies.who(one)[0] for one in parsed] == [
        ("email", "Planted.Guest@Example.com"),
        ("email", "planted.second@example.com"),
        ("phone", "+821055500143"),  # the made-up address of a booking by phone is nobody's
    ]
    assert len({one.key for one in parsed}) == 3


def test_a_reschedule_replaces_the_old_uid() -> None:
    (parsed,) = parse("booking-rescheduled")
    assert parsed.event.entry is not None
    assert (parsed.event.name, parsed.event.entry.id, parsed.event.entry.replaces) == (
        "entry_updated",
        "uid-second",
        "uid-first",
    )


def test_a_reschedule_that_keeps_its_uid_replaces_nothing() -> None:
    body = bodies.body("calcom", "booking-rescheduled")
    body["payload"]["uid"] = "uid-first"
    (parsed,) = parse("booking-rescheduled", body)
    assert parsed.event.entry is not None
    assert parsed.event.entry.replaces is None


def test_a_cancellation_is_no_move_unless_the_host_asked_for_another_time() -> None:
    (plain,), (asked,) = parse("booking-cancelled"), parse("booking-cancelled-to-reschedule")
    assert plain.event.entry is not None
    assert asked.event.entry is not None
    assert (plain.event.name, plain.event.entry.moved_to) == ("entry_cancelled", None)
    assert (asked.event.name, asked.event.entry.moved_to) == ("entry_cancelled", "")


def test_a_booking_that_waits_for_a_yes_is_no_entry() -> None:
    (parsed,) = parse("booking-requested")
    assert (parsed.event.name, parsed.event.entry) == ("booking_requested", None)
    assert parsed.event.properties["booking_id"] == "uid-first"


def test_a_requested_move_gives_up_the_old_time_at_once() -> None:
    requested, left = parse("booking-requested-reschedule")
    assert (requested.event.name, requested.event.entry) == ("booking_requested", None)
    assert left.event.entry is not None
    assert (left.event.name, left.event.entry.id, left.event.entry.moved_to) == (
        "entry_cancelled",
        "uid-first",
        "uid-third",
    )


def test_a_rejected_booking_is_cancelled() -> None:
    (parsed,) = parse("booking-rejected")
    assert parsed.event.name == "entry_cancelled"
    assert parsed.event.properties["status"] == "rejected"


def test_a_no_show_and_its_correction_are_facts_of_each_attendee() -> None:
    missed, came = parse("booking-no-show")
    assert (missed.event.name, came.event.name) == ("booking_no_show", "booking_no_show_reverted")
    assert missed.event.properties == {"booking_id": "uid-first"}
    assert missed.event.entry is None


def test_an_ended_meeting_has_a_flat_body() -> None:
    (parsed,) = parse("meeting-ended")
    assert (parsed.event.name, parsed.event.properties["booking_id"]) == ("booking_ended", "uid-first")


def test_pings_and_other_triggers_mean_nothing() -> None:
    assert parse("ping") == []
    for trigger in ("RECORDING_READY", "INSTANT_MEETING", "OOO_CREATED", "RECORDING_TRANSCRIPTION_GENERATED"):
        assert parse("ping", {"triggerEvent": trigger, "payload": {"uid": 1}}) == []


def test_a_form_is_whose_address_stands_in_it_though_nothing_vouches_for_it() -> None:
    (parsed,) = parse("form-submitted")
    assert (parsed.event.name, parsed.event.properties) == ("form_submitted", {"form_id": "cljk2x8c0000"})
    named = [(one.kind, one.value, one.verified) for one in parsed.who]
    assert named == [("email", "planted.person@example.com", False)]


def test_a_form_that_led_to_no_booking_says_so() -> None:
    body = bodies.body("calcom", "form-submitted") | {"triggerEvent": "FORM_SUBMITTED_NO_EVENT"}
    (parsed,) = parse("form-submitted", body)
    assert parsed.event.name == "form_submitted_without_booking"


@pytest.mark.parametrize(
    "responses",
    [None, 7, [], {"email": "planted.person@example.com"}, {"email": {"response": "planted.person@example.com"}}],
)
def test_a_form_of_another_version_is_read_as_far_as_it_goes(responses: object) -> None:
    """Its bodies have been flat too, and answers plain."""
    body = {
        "triggerEvent": "FORM_SUBMITTED",
        "createdAt": "2026-10-02T01:00:00Z",
        "formId": "f",
        "responses": responses,
    }
    (parsed,) = parse("form-submitted", body)
    assert (parsed.event.properties, bool(parsed.who)) == ({"form_id": "f"}, isinstance(responses, dict))


def test_two_people_who_send_a_form_in_the_same_instant_are_two() -> None:
    body = bodies.body("calcom", "form-submitted")
    other = {**body, "payload": {**body["payload"], "responses": {"email": {"value": "planted.two@example.com"}}}}
    assert parse("form-submitted")[0].key != parse("form-submitted", other)[0].key


def test_a_time_zone_that_is_none_is_left_out() -> None:
    body = bodies.body("calcom", "booking-created")
    body["payload"]["attendees"][0]["timeZone"] = "Mars/Olympus"
    (parsed,) = parse("booking-created", body)
    assert parsed.event.traits == {"locale": "en"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uid": None}, "payload.bookingUid"),
        ({"startTime": None}, "payload.startTime"),
        ({"startTime": "2026-10-20 at ten"}, "payload.startTime"),
    ],
)
def test_what_is_wrong_with_a_booking_is_named_by_its_path(change: dict[str, object], field: str) -> None:
    body = bodies.body("calcom", "booking-created")
    body["payload"] |= change
    with pytest.raises(BadInput) as caught:
        parse("booking-created", body)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"attendees": {}}, 0),
        ({"attendees": ["planted"]}, 0),
        ({"attendees": [{"email": 1}]}, 1),
        ({"attendees": [{}] * 501}, 500),
        ({"length": "an hour", "price": {}, "currency": 7, "metadata": [], "responses": "none"}, 1),
    ],
)
def test_what_a_booking_can_do_without_spoils_nothing_else(change: dict[str, object], told: int) -> None:
    body = bodies.body("calcom", "booking-created")
    body["payload"] |= change
    facts = parse("booking-created", body)
    assert len(facts) == told
    assert all(fact.event.entry and fact.event.entry.starts_at for fact in facts)


def test_a_meeting_ended_when_it_ended_and_not_when_it_was_booked() -> None:
    (parsed,) = parse("meeting-ended-row")
    assert parsed.event.occurred_at.isoformat() == "2026-10-02T00:50:00+00:00"
    assert parsed.event.traits == {"timezone": "Asia/Seoul", "locale": "ko"}


def test_who_missed_a_call_is_said_of_guests_and_of_hosts() -> None:
    (guest,), (host,) = parse("after-guests-no-show"), parse("after-hosts-no-show")
    # Both list attendees with `noShow: false`: nobody marked them, the call noticed by itself.
    assert (guest.event.name, host.event.name) == ("booking_no_show", "booking_host_no_show")
    assert {one.event.properties["event_type_id"] for one in (guest, host)} == {"7"}


def test_another_room_is_the_same_booking_with_another_link() -> None:
    (before,), (after,) = parse("booking-created"), parse("booking-location-updated")
    assert before.event.entry
    assert after.event.entry
    assert (after.event.name, after.event.entry.id) == ("entry_updated", before.event.entry.id)
    assert after.event.entry.starts_at == before.event.entry.starts_at
    ref = f"entry#booking#{after.event.entry.id}"
    assert bodies.contact(after, ref)["meeting_url"] == "https://meet.example.com/planted-new-room"


def test_a_custom_template_without_a_trigger_says_what_is_missing() -> None:
    with pytest.raises(BadInput) as caught:
        parse("booking-created", {"content": "hello"})
    assert caught.value.field == "triggerEvent"
