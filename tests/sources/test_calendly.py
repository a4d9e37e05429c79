"""Calendly: an invitee is one person, a scheduled event is one entry, a reschedule is two halves in either order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kairos.domain.errors import BadInput
from kairos.domain.event import EntryFact
from kairos.registry import Parsed
from tests.sources import bodies


def parse(name: str, change: object = None) -> Parsed:
    (parsed,) = bodies.parse("calendly", name, change)
    return parsed


def entry(parsed: Parsed) -> EntryFact:
    assert parsed.event.entry is not None
    return parsed.event.entry


def test_an_invitee_is_an_entry_by_their_scheduled_event() -> None:
    parsed = parse("invitee-created")
    assert (parsed.event.name, entry(parsed).kind, entry(parsed).id) == ("entry_updated", "booking", "EVFIRST")
    assert entry(parsed).starts_at == datetime(2026, 10, 20, 1, tzinfo=UTC)
    assert entry(parsed).properties == {"service": "Consultation", "event_type_id": "ETYPE1", "status": "active"}
    assert parsed.event.traits == {"timezone": "America/New_York"}
    assert parsed.event.reach == {"email": True, "sms": True}
    assert bodies.contact(parsed, "entry#booking#EVFIRST") == {
        "meeting_url": "https://meet.example.com/plantedroom",
        "host_name": "Planted Host",
        "cancel_url": "https://calendly.com/cancellations/plantedinv",
        "reschedule_url": "https://calendly.com/reschedulings/plantedinv",
        "answers": {"Anything we should know?": "Planted allergy"},
    }


def test_both_halves_of_a_reschedule_name_each_others_entry() -> None:
    created, cancelled = parse("invitee-created-rescheduled"), parse("invitee-canceled-rescheduled")
    assert (entry(created).id, entry(created).replaces) == ("EVSECOND", "EVFIRST")
    assert (cancelled.event.name, entry(cancelled).id, entry(cancelled).moved_to) == (
        "entry_cancelled",
        "EVFIRST",
        "EVSECOND",
    )


def test_half_of_a_reschedule_may_not_know_its_successor_yet() -> None:
    body = bodies.body("calendly", "invitee-canceled-rescheduled")
    body["payload"]["new_invitee"] = None
    assert entry(parse("invitee-canceled-rescheduled", body)).moved_to == ""


def test_a_plain_cancellation_moves_nowhere_and_says_who_cancelled() -> None:
    parsed = parse("invitee-canceled")
    assert entry(parsed).moved_to is None
    assert parsed.event.properties["cancelled_by"] == "host"
    # A group's event stays active when one of them leaves: the invitee's own status counts.
    assert parsed.event.properties["status"] == "canceled"


def test_a_body_of_2020_has_no_time_and_plans_nothing() -> None:
    parsed = parse("invitee-created-2020")
    assert (parsed.event.name, parsed.event.entry) == ("booking_created", None)
    assert parsed.event.properties["booking_id"] == "EVFIRST"


def test_a_no_show_is_a_fact_without_an_entry() -> None:
    parsed = parse("invitee-no-show")
    assert (parsed.event.name, parsed.event.entry) == ("booking_no_show", None)


def test_the_key_is_topic_invitee_and_time() -> None:
    created, cancelled = parse("invitee-created").key, parse("invitee-canceled").key
    assert created != cancelled
    assert "INVFIRST" in created
    assert "2026-10-02T01:00:01" in created


@pytest.mark.parametrize("topic", ["event_type.updated", "", None])
def test_other_topics_mean_nothing(topic: str | None) -> None:
    assert bodies.parse("calendly", "invitee-created", {"event": topic, "payload": {}}) == ()


def test_a_routing_form_is_a_fact_with_its_outcome() -> None:
    parsed = parse("routing-form")
    assert (parsed.event.name, parsed.event.properties) == (
        "form_submitted",
        {"form_id": "FORM1", "outcome": "event_type"},
    )
    named = [(one.kind, one.value, one.verified) for one in parsed.who]
    assert named == [("email", "planted.person@example.com", False)]
    assert parsed.key.endswith("/SUB1")


def test_the_retired_api_means_nothing() -> None:
    old = {"event": "invitee.created", "payload": {"event": {"uuid": "A"}, "invitee": {"uuid": "A"}}}
    assert bodies.parse("calendly", "invitee-created", old) == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uri": None, "event": None}, "payload.uri"),
        ({"uri": "https://example.com/elsewhere", "event": None}, "payload.uri"),
        ({"uri": 5, "event": []}, "payload.uri"),
    ],
)
def test_what_is_wrong_with_an_invitee_is_named_by_its_path(change: dict[str, object], field: str) -> None:
    body = bodies.body("calendly", "invitee-created")
    body["payload"] |= change
    with pytest.raises(BadInput) as caught:
        parse("invitee-created", body)
    assert caught.value.field == field


def test_what_an_invitee_can_do_without_spoils_nothing_else() -> None:
    body = bodies.body("calendly", "invitee-created")
    body["payload"] |= {"questions_and_answers": [None], "timezone": 9, "payment": "none", "tracking": 1}
    parsed = parse("invitee-created", body)
    assert parsed.event.entry
    assert parsed.event.entry.starts_at
    body["payload"]["scheduled_event"] = "x"
    without = parse("invitee-created", body)
    assert (without.event.name, without.event.entry) == ("booking_created", None)
