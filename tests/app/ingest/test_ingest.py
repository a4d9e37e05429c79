"""Ingest: from a verified request to one message per profile in the inbox."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kairos.domain.errors import BadInput, Unavailable
from kairos.domain.event import EVENT_BYTES_MAX, event_size
from kairos.registry import load
from tests.app.intake import NOW, PROFILE, SETTINGS, Station, sign
from tests.sources import bodies


@pytest.fixture
def station() -> Station:
    return Station()


def bridged(name: str, changed: Any = None) -> dict[str, Any]:
    """Return the EventBridge event around what SES says."""
    detail = changed if changed is not None else bodies.body("ses", name)
    return {"version": "0", "id": "1", "detail-type": "Email Event", "source": "aws.ses", "detail": detail}


def test_a_webhook_becomes_one_message_with_the_events_of_its_person(station: Station) -> None:
    answer = station.shopify("customers-update")
    assert answer.status == 202
    assert json.loads(answer.body) == {"accepted": 3, "unaddressed": 0, "refused": []}
    (message,) = station.inbox.waiting()
    assert [event.name for event in message.events] == ["profile_updated", "consent_given", "consent_withdrawn"]
    assert {event.profile for event in message.events} == {message.profile}
    first = message.events[0]
    assert (first.source, first.connection) == ("shopify", "main")
    assert first.retry_horizon == load("sources", "shopify").retry_horizon
    assert len(first.id) == 26
    assert first.correlation == message.correlation == answer.headers["x-kairos-correlation"]


def test_the_inbox_comes_last_and_identities_are_read_once(station: Station) -> None:
    assert station.track(bodies.body("track", "batch"), "/v1/batch").status == 202
    assert station.journal.calls == ["identities", "contacts", "inbox"]


def test_contacts_hold_normalised_addresses_under_the_profile(station: Station) -> None:
    station.track(bodies.body("track", "identify"), "/v1/identify")
    (message,) = station.inbox.waiting()
    kept = station.contacts.fetch([message.profile], ["profile"])["profile"]
    assert (kept["email"], kept["phone"]) == ("planted.person@example.com", "+821055500199")
    assert message.events[0].reach == {"email": True, "sms": True}


def test_an_address_that_is_none_reaches_nobody(station: Station) -> None:
    call = {"type": "identify", "userId": "u", "traits": {"email": "not an address", "phone": "12", "tier": "vip"}}
    station.track(call)
    (event,) = station.events()
    assert (event.reach, event.traits) == (None, {"tier": "vip"})
    assert station.journal.calls == ["identities", "inbox"]


def test_the_same_person_in_two_sources_is_one_profile(station: Station) -> None:
    station.shopify("orders-paid")
    station.track(
        {
            "type": "track",
            "event": "x",
            "userId": "other",
            "context": {"traits": {"email": "PLANTED.person@example.com "}},
        }
    )
    assert len({message.profile for message in station.inbox.waiting()}) == 1


def test_a_cart_and_its_order_are_one_profile_and_so_is_the_refund(station: Station) -> None:
    for name in ("carts-update", "orders-paid", "refunds-create"):
        assert station.shopify(name).status == 202
    assert len({message.profile for message in station.inbox.waiting()}) == 1


def test_ids_of_one_connection_mean_nothing_in_another(station: Station) -> None:
    station.connections.known["shopify", "second"] = SETTINGS
    body = json.dumps(bodies.body("shopify", "carts-update")).encode()
    headers = bodies.topic_headers("shopify", "carts-update") | {"x-shopify-hmac-sha256": sign(body)}
    for connection in ("main", "second"):
        station.post(f"/v1/webhooks/shopify/{connection}", body, headers)
    first, second = station.inbox.waiting()
    assert first.profile != second.profile
    assert first.events[0].id != second.events[0].id


def test_a_replayed_webhook_gives_the_same_ids(station: Station) -> None:
    other = Station()
    for one in (station, other):
        assert one.shopify("orders-paid").status == 202
    assert [event.id for event in station.events()] == [event.id for event in other.events()]
    assert station.shopify("orders-paid").status == 202
    assert len(station.inbox.waiting()) == 1


def test_an_event_of_nobody_is_counted_and_archived_not_queued(station: Station) -> None:
    answer = station.track({"event": "Cart Viewed", "properties": {"cart_id": "c", "note": "nobody listed this"}})
    assert (answer.status, answer.facts["unaddressed"], answer.facts["accepted"]) == (202, 1, 0)
    assert station.journal.calls == ["archive"]
    (record,) = station.archive.records
    (event,) = record["events"]
    assert (record["unaddressed"], event["properties"]) == (True, {"cart_id": "c"})


def test_an_event_of_nobody_is_asked_for_again_where_it_could_not_be_kept(station: Station) -> None:
    call = {"event": "Cart Viewed", "messageId": "m1", "properties": {"cart_id": "c"}}
    station.journal.failing = "archive"
    assert station.track(call).status == 503
    station.journal.failing = ""
    assert station.track(call).status == 202
    assert len(station.archive.records) == 1


@pytest.mark.parametrize("junk", ["", "null", "undefined", "[object Object]", "0", "  "])
def test_ids_that_stand_for_nobody_join_nobody(station: Station, junk: str) -> None:
    assert station.track({"event": "x", "userId": junk, "anonymousId": junk}).facts["unaddressed"] == 1


def test_a_public_key_writes_no_contact_and_names_no_person(station: Station) -> None:
    call = {**bodies.body("track", "page"), "userId": "cust-1", "context": {"traits": {"email": "a@example.com"}}}
    assert station.track(call, "/v1/page", "main.public").status == 202
    assert station.journal.calls == ["identities", "inbox"]
    assert [kind for kind, _, _ in station.identities.known] == ["anonymous"]


def test_an_event_from_the_future_occurred_when_it_came(station: Station) -> None:
    for minutes, occurred in ((4, NOW + timedelta(minutes=4)), (6, NOW)):
        stamp = (NOW + timedelta(minutes=minutes)).isoformat()
        station.track({"event": "x", "userId": f"u{minutes}", "timestamp": stamp})
        assert station.events()[-1].occurred_at == occurred


def test_a_correlation_is_taken_from_whoever_is_trusted_and_sane(station: Station) -> None:
    header = {"x-kairos-correlation": "story-0001"}
    assert station.track({"event": "x", "userId": "u"}, **header).headers["x-kairos-correlation"] == "story-0001"
    page = {"type": "page", "anonymousId": "a"}
    given = station.track(page, "/v1/page", "main.public", **header).headers["x-kairos-correlation"]
    assert given != "story-0001"
    insane = station.track({"event": "x", "userId": "u"}, **{"x-kairos-correlation": "a b"})
    assert insane.headers["x-kairos-correlation"] != "a b"


def test_events_beyond_32_kb_are_cut_and_say_so(station: Station) -> None:
    names = [f"p{number}" for number in range(400)]
    station.connections.known["track", "main"] = {**SETTINGS, "properties": {"x": names}}
    properties = dict.fromkeys(names, "가" * 200) | {"name": "kept", "p7": "가" * 250}
    assert station.track({"event": "x", "userId": "u", "properties": properties}).status == 202
    (event,) = station.events()
    assert event_size(event) <= EVENT_BYTES_MAX
    assert event.properties["truncated"] is True
    assert event.properties["name"] == "kept"
    assert "p7" not in event.properties


def test_a_stop_is_written_before_anything_is_queued(station: Station) -> None:
    taken = station.ingest.feedback(bridged("bounce-permanent"), NOW)
    assert station.journal.calls == ["suppressions", "inbox"]
    assert station.suppressions.suppressed("email", "planted.person@example.com") == {"all"}
    assert (taken.accepted, taken.stopped, taken.profiles) == (1, 1, (PROFILE,))
    (event,) = station.events()
    assert (event.name, event.profile, event.message) == ("message_bounced", PROFILE, "m" * 26)


def test_a_complaint_is_counted_once_however_often_it_is_told_and_by_ses_alone(station: Station) -> None:
    for _ in range(2):
        station.ingest.feedback(bridged("complaint"), NOW)
    station.ingest.feedback(bridged("bounce-permanent"), NOW)
    station.track({"type": "track", "event": "message_complained", "userId": "7"})
    assert station.complaints.read("email", NOW).complained == 1


def test_feedback_that_cannot_be_written_down_is_not_queued(station: Station) -> None:
    station.journal.failing = "suppressions"
    with pytest.raises(Unavailable):
        station.ingest.feedback(bridged("complaint"), NOW)
    assert station.inbox.waiting() == []


def test_feedback_on_an_untagged_message_still_stops_the_address(station: Station) -> None:
    body = bodies.body("ses", "complaint")
    del body["mail"]["tags"]
    taken = station.ingest.feedback(bridged("complaint", body), NOW)
    assert (taken.accepted, taken.unaddressed, taken.stopped) == (0, 1, 1)
    assert station.suppressions.suppressed("email", "planted.person@example.com") == {"all"}


@pytest.mark.parametrize("event", [{}, {"detail": None}, {"detail": []}, {"detail": "x"}])
def test_feedback_that_is_none_is_rejected(station: Station, event: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        station.ingest.feedback(event, NOW)


def test_whom_a_shop_must_forget_is_stopped_first_and_then_asked_to_be_erased(station: Station) -> None:
    station.shopify("customers-update")
    (known,) = station.inbox.waiting()
    station.journal.calls.clear()
    assert station.shopify("customers-redact").status == 202
    assert station.journal.calls[0] == "suppressions"
    assert station.suppressions.suppressed("email", "planted.person@example.com", NOW) == {"marketing"}
    assert station.suppressions.suppressed("sms", "+821055500199", NOW) == {"marketing"}
    told = [
        event for message in station.inbox.waiting() if message.profile == known.profile for event in message.events
    ]
    assert [(event.source, event.name) for event in told[-2:]] == [
        ("shopify", "customer_redacted"),
        ("erase", "profile_erased"),
    ]


def test_nobody_with_a_public_key_can_have_anybody_forgotten(station: Station) -> None:
    call = {"type": "track", "event": "customer_redacted", "anonymousId": "a-1"}
    station.track(call, key="main.public")
    assert "erase" not in [event.source for event in station.events()]
