"""Track: a public key adds behaviour to nobody in particular; the secret key says who, and what they agreed to."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.domain.errors import BadInput, BadSignature
from kairos.domain.event import ConsentFact, event_from_json, event_to_json
from kairos.registry import Parsed, Request, load
from tests.sources import bodies

TRACK = load("sources", "track")
SETTINGS = {"secrets": ["main.secret"], "public_keys": ["main.public"]}


def basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}


def send(call: Any, *, trusted: bool = True, path: str = "", settings: Any = None) -> list[Parsed]:
    request = Request({}, json.dumps(call).encode(), bodies.NOW, "main", settings or {}, path)
    return list(TRACK.parse(request, trusted=trusted))


def one(call: Any, **how: Any) -> Parsed:
    (parsed,) = send(call, **how)
    return parsed


@pytest.mark.parametrize(("key", "trusted"), [("main.secret", True), ("main.public", False)])
def test_a_key_is_the_user_name_of_basic_or_stands_in_the_body(key: str, trusted: bool) -> None:
    assert TRACK.verify(Request(basic(key), b"{}", bodies.NOW, "main", SETTINGS)) is trusted
    in_body = json.dumps({"writeKey": key}).encode()
    assert TRACK.verify(Request({}, in_body, bodies.NOW, "main", SETTINGS)) is trusted


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(""),
        basic("main.other"),
        basic("main.secre"),
        basic("키"),
        {"authorization": "Bearer main.secret"},
        {"authorization": "Basic"},
        {"authorization": "Basic ***"},
        {"authorization": "Basic /w=="},
        {"authorization": basic("main.secret")["authorization"] + "," + basic("main.secret")["authorization"]},
    ],
)
def test_anything_else_proves_nothing(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        TRACK.verify(Request(headers, b"{}", bodies.NOW, "main", SETTINGS))
    with pytest.raises(BadSignature):
        TRACK.verify(Request(headers, b"no json", bodies.NOW, "main", {}))


def test_a_key_says_which_connection_it_belongs_to() -> None:
    for key, connection in (("shop2.abc.def", "shop2"), ("abcdef", "main")):
        assert TRACK.connection_of(Request(basic(key), b"", bodies.NOW)) == connection


def test_a_page_view_keeps_its_path_and_nothing_that_was_typed() -> None:
    parsed = one(bodies.body("track", "page"))
    assert parsed.event.name == "page_viewed"
    assert parsed.event.properties == {
        "name": "Shoes",
        "category": "catalogue",
        "path": "/shoes",
        "campaign_name": "spring",
        "campaign_source": "news",
        "campaign_medium": "email",
    }


def test_a_path_with_an_address_in_it_is_left_out() -> None:
    call = {"type": "page", "anonymousId": "a", "properties": {"url": "https://example.com/u/planted@example.com"}}
    assert "path" not in one(call).event.properties


def test_the_time_is_corrected_by_what_the_device_was_off() -> None:
    # Its clock is a day slow: seen 30 s before it sent.
    call = {"type": "page", "anonymousId": "a", "timestamp": "2026-10-01T00:59:00Z", "sentAt": "2026-10-01T00:59:30Z"}
    assert one(call).event.occurred_at == datetime(2026, 10, 2, 1, 0, 0, tzinfo=UTC)


def test_without_a_sending_time_the_timestamp_stands_and_without_any_the_arrival() -> None:
    call = {"type": "page", "anonymousId": "a", "timestamp": "2026-10-01T00:59:00Z"}
    assert one(call).event.occurred_at == datetime(2026, 10, 1, 0, 59, tzinfo=UTC)
    assert one({"type": "page", "anonymousId": "a"}).event.occurred_at == bodies.NOW


def test_a_correction_out_of_all_reason_falls_back_to_the_arrival() -> None:
    call = {"type": "page", "anonymousId": "a", "timestamp": "1970-01-01T00:00:00Z", "sentAt": "2200-12-31T00:00:00Z"}
    assert one(call).event.occurred_at == bodies.NOW


def test_a_public_key_names_only_the_anonymous() -> None:
    call = {**bodies.body("track", "page"), "userId": "cust-1", "traits": {"tier": "vip"}}
    parsed = one(call, trusted=False)
    assert bodies.who(parsed) == [("anonymous", "anon-1")]
    assert (parsed.event.traits, parsed.event.reach, parsed.contacts) == (None, None, ())


@pytest.mark.parametrize(
    "name", ["identify", "alias", "group", "consent-given", "entry-updated", "entry-cancelled", "order-completed"]
)
def test_a_public_key_may_not_say_who_or_move_money_consent_or_calendars(name: str) -> None:
    assert send(bodies.body("track", name), trusted=False) == []
    everything = {"behaviour": [one(bodies.body("track", name)).event.name]}
    assert send(bodies.body("track", name), trusted=False, settings=everything) == []


def test_a_server_asks_for_a_journey_and_a_web_page_may_not() -> None:
    asked: dict[str, Any] = {
        "type": "track",
        "event": "Journey Requested",
        "userId": "42",
        "anonymousId": "a1",
        "messageId": "m1",
    }
    asked |= {"properties": {"journey": "second-cart", "cart_id": "c7", "secret": "x"}}
    event = one(asked).event
    assert (event.name, event.properties) == ("journey_requested", {"journey": "second-cart", "cart_id": "c7"})
    assert send(asked, trusted=False, settings={"behaviour": ["journey_requested"]}) == []


@pytest.mark.parametrize("name", ["journey_entered", "Journey Goal", "message_sent"])
def test_nobody_says_what_we_alone_may_say(name: str) -> None:
    assert one({"type": "track", "event": name, "userId": "42"}).event.name.startswith("tracked_")


def test_a_public_key_adds_listed_behaviour_and_what_the_owner_lists() -> None:
    call = {"type": "track", "event": "Video Played", "anonymousId": "a", "properties": {"video": "v1", "name": "x"}}
    assert send(call, trusted=False) == []
    settings = {"behaviour": ["video_played"], "properties": {"video_played": ["video"]}}
    assert one(call, trusted=False, settings=settings).event.properties == {"video": "v1", "name": "x"}


def test_products_become_items_of_ids_quantity_price_and_category() -> None:
    event = one(bodies.body("track", "order-completed")).event
    assert event.name == "order_completed"
    assert event.properties["items"] == [
        {"product_id": "P1", "sku": "S1", "quantity": 2, "price": 12000, "category": "shoes"}
    ]
    assert (event.properties["total"], event.properties["cart_id"]) == (28650.45, "c1-3f2a9b")


def test_identify_splits_a_person_into_traits_and_contact() -> None:
    parsed = one(bodies.body("track", "identify"))
    assert parsed.event.traits == {
        "timezone": "Asia/Seoul",
        "locale": "ko-KR",
        "country": "KR",
        "tier": "vip",
        "birthday": "1990-02-28",
        "tags": ["a"],
    }
    assert bodies.contact(parsed) == {
        "email": "Planted.Person@Example.com",
        "phone": "010-5550-0199",
        "first_name": "Plantedfirst",
        "last_name": "Plantedlast",
        "name": "Planted Name",
    }
    assert [kind for kind, _ in bodies.who(parsed)] == ["external", "email", "phone", "anonymous"]
    assert parsed.event.reach == {"email": True, "sms": True}


def test_null_takes_a_trait_or_an_address_back() -> None:
    event = one({"type": "identify", "userId": "u", "traits": {"tier": None, "email": None}}).event
    assert (event.traits, event.reach) == ({"tier": None}, {"email": False})


TOKEN = "ab" * 32


def test_identify_says_by_which_phone_an_app_is_reached_and_keeps_every_phone_apart() -> None:
    call = {"type": "identify", "userId": "7", "context": {"device": {"type": "iOS", "token": TOKEN}}}
    parsed = one(call)
    fields = parsed.contacts[0].fields
    assert fields["push_token"] == f"apns:{TOKEN}"
    assert sorted(set(fields.values())) == [f"apns:{TOKEN}"]
    assert len(fields) == 2, "the one in use, and under a name of its own each that ever was"
    assert parsed.event.reach == {"push": True}
    assert TOKEN not in json.dumps(event_to_json(replace(parsed.event, id="e", profile="p")))


@pytest.mark.parametrize(
    "device", [{"type": "android", "token": "x"}, {"type": "watch", "token": TOKEN}, {}, "x", None]
)
def test_a_device_that_names_no_token_of_a_push_service_says_nothing(device: Any) -> None:
    parsed = one({"type": "identify", "userId": "7", "context": {"device": device}})
    assert (parsed.contacts, parsed.event.reach) == ([], None)


def test_a_token_taken_back_closes_push() -> None:
    parsed = one({"type": "identify", "userId": "7", "context": {"device": {"type": "ios", "token": None}}})
    assert (parsed.contacts, parsed.event.reach) == ([], {"push": False})


def test_a_public_key_names_no_device() -> None:
    call = {"type": "page", "anonymousId": "a1", "context": {"device": {"type": "ios", "token": TOKEN}}}
    parsed = one(call, trusted=False)
    assert (parsed.contacts, parsed.event.reach) == ((), None)


def test_the_owner_may_list_more_traits() -> None:
    call = {"type": "identify", "userId": "u", "traits": {"shoe_size": 42, "gender": "x"}}
    assert one(call, settings={"traits": ["shoe_size"]}).event.traits == {"shoe_size": 42}


def test_the_traits_of_a_group_are_not_the_persons() -> None:
    parsed = one(bodies.body("track", "group"))
    assert (parsed.event.name, parsed.event.properties, parsed.contacts) == ("group_joined", {"group_id": "team-1"}, [])


def test_alias_joins_a_former_id() -> None:
    assert bodies.who(one(bodies.body("track", "alias"))) == [("external", "cust-1"), ("anonymous", "anon-1")]


def test_lines_of_simulate_may_be_posted_as_they_are() -> None:
    given = one(bodies.body("track", "consent-given"), path="/v1/track")
    assert given.event.consent == ConsentFact("email", "marketing")
    assert bodies.who(given) == [("external", "cust-1")]
    updated = one(bodies.body("track", "entry-updated"), path="/v1/track")
    assert updated.event.entry is not None
    assert updated.event.entry.starts_at == datetime(2026, 10, 20, 1, tzinfo=UTC)
    assert updated.event.entry.properties == {"service": "cut"}
    assert bodies.contact(updated, "entry#booking#b-1") == {"meeting_url": "https://meet.example.com/planted"}
    cancelled = one(bodies.body("track", "entry-cancelled"), path="/v1/track")
    assert cancelled.event.entry is not None
    assert cancelled.event.entry.starts_at is None
    profile = one(bodies.body("track", "profile-updated"), path="/v1/track")
    assert (profile.event.name, profile.event.reach) == ("profile_updated", {"email": True, "sms": True})


def test_a_consent_says_on_which_ground_and_in_which_words() -> None:
    said = {
        "basis": "existing_customer",
        "wording": "2026-11_v2",
        "proof": "form:8812",
        "expires_at": "2027-01-01T00:00Z",
    }
    given = one(bodies.body("track", "consent-given") | said, path="/v1/track")
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    assert given.event.consent == ConsentFact(
        "email", "marketing", "existing_customer", "2026-11_v2", "form:8812", expires_at=ends
    )
    assert event_from_json(event_to_json(replace(given.event, id="e", profile="p"))).consent == given.event.consent


def test_nobody_confirms_a_consent_from_outside() -> None:
    given = one(bodies.body("track", "consent-given") | {"confirmed": True}, path="/v1/track")
    assert given.event.consent is not None
    assert not given.event.consent.confirmed


@pytest.mark.parametrize("field", ["basis", "wording", "proof"])
def test_the_ground_of_a_consent_holds_nothing_personal(field: str) -> None:
    with pytest.raises(BadInput, match=field) as refused:
        one(bodies.body("track", "consent-given") | {field: "planted.person@example.com"}, path="/v1/track")
    assert "planted" not in str(refused.value)


def test_facts_may_stand_in_properties_where_a_client_library_cannot_set_more() -> None:
    call = {
        "type": "track",
        "event": "consent_withdrawn",
        "userId": "u",
        "properties": {"channel": "sms", "purpose": "marketing"},
    }
    assert one(call).event.consent == ConsentFact("sms", "marketing")
    entry = {"kind": "course", "id": 7, "starts_at": "2026-11-01T00:00:00Z", "replaces": "6", "moved_to": None}
    fact = one({"type": "track", "event": "entry_updated", "userId": "u", "properties": {"entry": entry}}).event.entry
    assert fact is not None
    assert (fact.kind, fact.id, fact.replaces, fact.moved_to) == ("course", "7", "6", None)


def test_history_is_said_by_the_secret_key_alone() -> None:
    call = {**bodies.body("track", "page"), "historical": True}
    assert one(call).event.historical is True
    assert one(call, trusted=False).event.historical is False


def test_nobodys_own_event_passes_for_a_providers() -> None:
    assert one({"event": "Message Clicked", "userId": "u"}).event.name == "tracked_message_clicked"


@pytest.mark.parametrize(
    ("given", "name"),
    [("Order Completed", "order_completed"), ("productAdded", "product_added"), ("A/B  test", "a_b_test")],
)
def test_names_become_ours(given: str, name: str) -> None:
    assert one({"event": given, "userId": "u"}).event.name == name


def test_a_call_without_an_id_is_known_by_its_content_whenever_it_is_sent() -> None:
    call = {"type": "track", "event": "x", "userId": "u", "timestamp": "2026-10-01T00:00:00Z"}
    first, again = one({**call, "sentAt": "2026-10-01T00:00:01Z"}), one({**call, "sentAt": "2026-10-01T00:09:00Z"})
    assert first.key == again.key
    assert first.key != one({**call, "event": "y"}).key


def test_a_batch_is_its_calls_and_shares_the_sending_time() -> None:
    parsed = send(bodies.body("track", "batch"), path="/v1/batch")
    assert [one.event.name for one in parsed] == ["page_viewed", "product_viewed", "profile_updated", "consent_given"]
    late = {"batch": [{"type": "page", "anonymousId": "a", "timestamp": "2026-09-01T00:00:00Z"}]}
    assert one({**late, "sentAt": "2026-09-01T00:00:00Z"}).event.occurred_at == bodies.NOW


def test_one_wrong_call_does_not_spoil_its_batch() -> None:
    good = {"type": "page", "anonymousId": "a"}
    calls: list[Any] = [good] * 3 + [{"type": "page", "timestamp": "noon"}, 7, {"type": "dance"}] + [good] * 4
    request = Request({}, json.dumps({"batch": calls}).encode(), bodies.NOW, "main", {}, "/v1/batch")
    refused: list[BadInput] = []
    assert len(TRACK.parse(request, trusted=True, refused=refused)) == 7
    assert [error.field for error in refused] == ["batch[3].timestamp", "batch[4].type", "batch[5].type"]
    with pytest.raises(BadInput):
        TRACK.parse(request, trusted=True)


@pytest.mark.parametrize(
    ("call", "path", "field"),
    [
        ({}, "", "type"),
        ({"type": "dance"}, "", "type"),
        ({"type": 1}, "", "type"),
        ({}, "/v1/track", "event"),
        ({"event": "!!!"}, "/v1/track", "event"),
        ({"event": "_-_"}, "/v1/track", "event"),
        ({"event": ["x"]}, "/v1/track", "event"),
        ({"batch": {}}, "/v1/batch", "batch"),
        ({"batch": [{}] * 1001}, "/v1/batch", "batch"),
        ({"event": "x", "properties": []}, "/v1/track", "properties"),
        ({"event": "x", "properties": {"price": "dear"}}, "/v1/track", "properties.price"),
        ({"event": "x", "userId": {}}, "/v1/track", "userId"),
        ({"event": "consent_given", "channel": "email"}, "/v1/track", "purpose"),
        ({"event": "consent_given", "purpose": "marketing"}, "/v1/track", "properties.channel"),
        ({"event": "entry_updated", "entry": {"kind": "b", "id": "1"}}, "/v1/track", "entry.starts_at"),
        (
            {"event": "entry_updated", "entry": {"kind": "b", "starts_at": "2026-10-01T00:00:00Z"}},
            "/v1/track",
            "entry.id",
        ),
        ({"event": "entry_updated"}, "/v1/track", "properties.entry.kind"),
    ],
)
def test_what_is_wrong_with_a_call_is_named_by_its_path(call: Any, path: str, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        send(call, path=path)
    assert caught.value.field == field


@pytest.mark.parametrize("field", ["channel", "purpose"])
@pytest.mark.parametrize("said", ["planted.person@example.com", "E-Mail", "by post", "이메일"])
def test_a_consent_is_to_a_plain_word_and_for_one(field: str, said: str) -> None:
    with pytest.raises(BadInput, match=field) as refused:
        one(bodies.body("track", "consent-given") | {field: said}, path="/v1/track")
    assert said not in str(refused.value)


def test_no_address_becomes_the_name_of_an_event_or_of_a_kind_of_entry() -> None:
    with pytest.raises(BadInput, match="event"):
        one({"event": "Invited planted.person@example.com", "userId": "u-1"}, path="/v1/track")
    said = bodies.body("track", "entry-updated")
    with pytest.raises(BadInput, match="kind"):
        one(said | {"entry": said["entry"] | {"kind": "planted.person@example.com"}}, path="/v1/track")


def test_who_leaves_a_list_of_another_service_takes_the_consent_to_e_mail_back() -> None:
    call = {
        "type": "track",
        "event": "Unsubscribed",
        "userId": "u",
        "messageId": "m-1",
        "context": {"traits": {"email": "planted@example.com"}},
        "properties": {"email_id": "18vzF7u3z", "list_id": "1425"},
    }
    unsubscribed, withdrawn = bodies.parse("track", "track", call)
    assert unsubscribed.event.name == "unsubscribed"
    assert (withdrawn.event.name, withdrawn.event.consent) == ("consent_withdrawn", ConsentFact("email", "marketing"))
    assert withdrawn.who == unsubscribed.who
    assert len({unsubscribed.key, withdrawn.key}) == 2


@pytest.mark.parametrize("properties", [{}, {"plan": "pro"}])
def test_an_event_of_that_name_that_is_about_no_e_mail_takes_nothing_back(properties: dict[str, str]) -> None:
    call = {"type": "track", "event": "Unsubscribed", "userId": "u", "messageId": "m-1", "properties": properties}
    assert [one.event.name for one in bodies.parse("track", "track", call)] == ["unsubscribed"]


def test_nobody_takes_a_consent_back_by_the_public_key() -> None:
    call = {
        "type": "track",
        "event": "Unsubscribed",
        "anonymousId": "a",
        "messageId": "m",
        "properties": {"list_id": 1},
    }
    request = bodies.request("track", "track", call, behaviour=["unsubscribed"])
    told = load("sources", "track").parse(request, trusted=False)
    assert [one.event.name for one in told] == ["unsubscribed"]
