"""Ingest: from a stranger's bytes to one message per profile in the inbox, and the answer that fits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairos.app.front import handle, handle_event
from kairos.app.http import HttpAnswer, HttpRequest
from kairos.app.ingest import Ingest
from kairos.app.ports import Identifier, InboxMessage
from kairos.domain.errors import BadInput, Throttled, Unavailable
from kairos.domain.event import EVENT_BYTES_MAX, event_size
from kairos.memory import (
    MemoryClock,
    MemoryConnections,
    MemoryContacts,
    MemoryIdentities,
    MemoryInbox,
    MemorySuppressions,
)
from tests.sources import bodies

NOW = bodies.NOW
SETTINGS = {"secrets": ["main.secret"], "public_keys": ["main.public"], "country": "KR"}
PROFILE = "abcdefghijklmnopqrstuvwx23"


class Journal:
    """Notes which dependency was called, in order, and fails the one it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failing = ""

    def note(self, call: str) -> None:
        self.calls.append(call)
        if call == self.failing:
            raise Throttled(call)


class NotedIdentities(MemoryIdentities):
    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal

    def resolve(self, groups: Sequence[Sequence[Identifier]], now: datetime) -> list[str]:
        self.journal.note("identities")
        return super().resolve(groups, now)


class NotedContacts(MemoryContacts):
    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal

    def put(self, profile: str, ref: str, fields: Mapping[str, Any], occurred_at: datetime) -> None:
        self.journal.note("contacts")
        super().put(profile, ref, fields, occurred_at)


class NotedSuppressions(MemorySuppressions):
    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal

    def suppress(self, channel: str, address: str, purpose: str, reason: str, now: datetime) -> None:
        self.journal.note("suppressions")
        super().suppress(channel, address, purpose, reason, now)


class NotedInbox(MemoryInbox):
    def __init__(self, journal: Journal) -> None:
        super().__init__(MemoryClock(NOW))
        self.journal = journal

    def put(self, messages: Sequence[InboxMessage]) -> None:
        self.journal.note("inbox")
        super().put(messages)


class NotedConnections(MemoryConnections):
    def __init__(self, journal: Journal) -> None:
        super().__init__({(source, "main"): SETTINGS for source in ("shopify", "calcom", "calendly", "track", "ses")})
        self.journal = journal

    def settings(self, source: str, connection: str) -> Mapping[str, Any]:
        if self.journal.failing == "connections":
            raise Unavailable("connections")
        return super().settings(source, connection)


class Station:
    """An ingest over memory, with everything that it touches at hand."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.identities = NotedIdentities(self.journal)
        self.contacts = NotedContacts(self.journal)
        self.suppressions = NotedSuppressions(self.journal)
        self.inbox = NotedInbox(self.journal)
        self.connections = NotedConnections(self.journal)
        self.ingest = Ingest(self.identities, self.contacts, self.suppressions, self.inbox, self.connections)

    def post(self, path: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> HttpAnswer:
        return handle(self.ingest, HttpRequest(method, path, headers, body, NOW))

    def shopify(self, name: str, changed: Any = None, **headers: str) -> HttpAnswer:
        body = json.dumps(changed if changed is not None else bodies.body("shopify", name)).encode()
        signed = bodies.topic_headers("shopify", name) | {"x-shopify-hmac-sha256": sign(body)} | headers
        return self.post("/v1/webhooks/shopify/main", body, signed)

    def track(self, call: Any, path: str = "/v1/track", key: str = "main.secret", **headers: str) -> HttpAnswer:
        return self.post(path, json.dumps(call).encode(), basic(key) | headers)

    def events(self) -> list[Any]:
        return [event for message in self.inbox.waiting() for event in message.events]


def sign(body: bytes, secret: str = "main.secret") -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}


def bridged(name: str, changed: Any = None) -> dict[str, Any]:
    """Return the EventBridge event around what SES says."""
    detail = changed if changed is not None else bodies.body("ses", name)
    return {"version": "0", "id": "1", "detail-type": "Email Event", "source": "aws.ses", "detail": detail}


@pytest.fixture
def station() -> Station:
    return Station()


def problem(answer: HttpAnswer) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.body)
    assert document["status"] == answer.status
    assert document["detail"]
    return document


def test_a_webhook_becomes_one_message_with_the_events_of_its_person(station: Station) -> None:
    answer = station.shopify("customers-update")
    assert answer.status == 202
    assert json.loads(answer.body) == {"accepted": 3, "unaddressed": 0, "refused": []}
    (message,) = station.inbox.waiting()
    assert [event.name for event in message.events] == ["profile_updated", "consent_given", "consent_withdrawn"]
    assert {event.profile for event in message.events} == {message.profile}
    first = message.events[0]
    assert (first.source, first.connection, first.retry_horizon) == ("shopify", "main", timedelta(hours=4))
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


def test_an_event_of_nobody_is_counted_and_not_queued(station: Station) -> None:
    answer = station.track({"event": "Cart Viewed", "properties": {"cart_id": "c"}})
    assert (answer.status, answer.facts["unaddressed"], answer.facts["accepted"]) == (202, 1, 0)
    assert station.journal.calls == []


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


def test_one_wrong_call_is_reported_and_the_others_are_taken(station: Station) -> None:
    good = [{"type": "page", "anonymousId": f"a{number}"} for number in range(9)]
    answer = station.track({"batch": [*good[:4], {"type": "page", "timestamp": 5}, *good[4:]]}, "/v1/batch")
    assert answer.status == 202
    document = json.loads(answer.body)
    assert document["accepted"] == 9
    assert [one["field"] for one in document["refused"]] == ["batch[4].timestamp"]


def test_a_batch_of_wrong_calls_alone_is_a_bad_request(station: Station) -> None:
    answer = station.track({"batch": [{"type": "page", "timestamp": 5}]}, "/v1/batch")
    assert answer.status == 400
    assert problem(answer)["field"] == "batch[0].timestamp"


def test_a_bad_signature_is_401_and_touches_nothing(station: Station) -> None:
    for headers in ({}, {"x-shopify-hmac-sha256": "AAAA"}, {"x-shopify-hmac-sha256": sign(b"other")}):
        answer = station.post("/v1/webhooks/shopify/main", b"{}", {**headers, "x-shopify-topic": "orders/paid"})
        assert answer.status == 401
        assert problem(answer)["title"] == "Unauthorized"
    assert station.track({"event": "x"}, key="main.wrong").status == 401
    assert station.track({"event": "x"}, key="elsewhere.secret").status == 401
    assert station.post("/v1/webhooks/ses/main", b"{}", {}).status == 401
    assert station.journal.calls == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/webhooks/nobody/main", 404),
        ("POST", "/v1/webhooks/_shape/main", 404),
        ("POST", "/v1/webhooks/shopify/other", 404),
        ("POST", "/v1/webhooks/shopify/..", 404),
        ("POST", "/v1/webhooks/shopify", 404),
        ("POST", "/v1/webhooks/shopify/main/more", 404),
        ("POST", "/v1/unknown", 404),
        ("POST", "/", 404),
        ("POST", "", 404),
        ("GET", "/v1/webhooks/shopify/main", 405),
        ("PUT", "/v1/batch", 405),
        ("", "/v1/track", 405),
    ],
)
def test_paths_and_methods_that_lead_nowhere(station: Station, method: str, path: str, status: int) -> None:
    answer = station.post(path, b"{}", {}, method)
    assert answer.status == status
    problem(answer)
    if status == 405:
        assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, "body"),
        (b"{", 400, "body"),
        (b"[]", 400, "body"),
        (b"\xff", 400, "body"),
        (b'{"event": NaN}', 400, "body"),
        (b"[" * 100_000, 400, "body"),
        (b'{"event": 5}', 400, "event"),
        (b'{"event": "x", "userId": []}', 400, "userId"),
        (b'{"event": "' + b"x" * 1_048_576 + b'"}', 413, "body"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(station: Station, body: bytes, status: int, field: str) -> None:
    answer = station.post("/v1/track", body, basic("main.secret"))
    assert answer.status == status
    assert problem(answer)["field"] == field
    assert station.journal.calls == []


def test_a_compressed_body_is_not_opened(station: Station) -> None:
    assert station.track({"event": "x"}, **{"content-encoding": "gzip"}).status == 415


@pytest.mark.parametrize("failing", ["identities", "contacts", "inbox", "connections"])
def test_what_is_unavailable_is_503_and_done_whole_the_next_time(station: Station, failing: str) -> None:
    station.journal.failing = failing
    answer = station.shopify("orders-paid")
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    problem(answer)
    assert station.inbox.waiting() == []
    station.journal.failing = ""
    assert station.shopify("orders-paid").status == 202
    (message,) = station.inbox.waiting()
    assert station.contacts.fetch([message.profile], ["profile"])["profile"]["email"] == "planted.person@example.com"


def test_a_stop_is_written_before_anything_is_queued(station: Station) -> None:
    taken = station.ingest.feedback(bridged("bounce-permanent"), NOW)
    assert station.journal.calls == ["suppressions", "inbox"]
    assert station.suppressions.suppressed("email", "planted.person@example.com") == {"all"}
    assert (taken.accepted, taken.stopped, taken.profiles) == (1, 1, (PROFILE,))
    (event,) = station.events()
    assert (event.name, event.profile, event.message) == ("message_bounced", PROFILE, "m" * 26)


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


@pytest.mark.parametrize("event", [{}, {"detail": None}, {"detail": []}, {"detail": "x"}, {"detail": {"eventType": 1}}])
def test_feedback_that_is_none_is_rejected(station: Station, event: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        station.ingest.feedback(event, NOW)


def gateway(body: str | None, *, encoded: bool = False, **more: Any) -> dict[str, Any]:
    """Return an API Gateway HTTP API event, payload format 2.0."""
    return {
        "version": "2.0",
        "rawPath": "/v1/track",
        "headers": {"Authorization": basic("main.secret")["authorization"], "Content-Type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/v1/track"}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": encoded,
        **more,
    }


def test_a_gateway_event_is_read_with_any_header_case_and_encoding(station: Station) -> None:
    text = json.dumps({"event": "x", "userId": "김"}, ensure_ascii=False)
    assert handle_event(station.ingest, gateway(text), NOW).status == 202
    assert handle_event(station.ingest, gateway(b64encode(text.encode()).decode(), encoded=True), NOW).status == 202
    staged = gateway(text, rawPath="/dev/v1/track", requestContext={"http": {"method": "POST"}, "stage": "dev"})
    assert handle_event(station.ingest, staged, NOW).status == 202


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (gateway(None), 400),
        (gateway("***", encoded=True), 400),
        (gateway("x" * 1_500_000), 413),
        (gateway("가" * 400_000), 413),
        (gateway(b64encode(b"x" * 1_048_577).decode(), encoded=True), 413),
        (gateway("{}", headers=None), 401),
        ({}, 404),
    ],
)
def test_gateway_events_that_carry_nothing_usable(station: Station, event: dict[str, Any], status: int) -> None:
    assert handle_event(station.ingest, event, NOW).status == status


@given(
    path=st.sampled_from(
        ["/v1/track", "/v1/batch", "/v1/webhooks/shopify/main", "/v1/webhooks/calcom/main", "/v1/x/%00"]
    ),
    body=st.one_of(
        st.binary(max_size=200), st.text(max_size=100).map(lambda text: json.dumps({"event": text}).encode())
    ),
    headers=st.dictionaries(st.sampled_from(["authorization", "x-shopify-hmac-sha256", "content-encoding"]), st.text()),
    method=st.sampled_from(["POST", "GET", "\ud800"]),
)
@settings(max_examples=200, deadline=None)
def test_no_stranger_gets_a_500(path: str, body: bytes, headers: dict[str, str], method: str) -> None:
    assert Station().post(path, body, headers, method).status in range(200, 500)


@given(st.sampled_from(bodies.all_names()), st.binary(min_size=1, max_size=3), st.integers(0, 5000))
@settings(max_examples=200, deadline=None)
def test_bytes_that_were_signed_and_are_wrong_are_the_senders_fault(
    which: tuple[str, str], noise: bytes, at: int
) -> None:
    source, name = which
    raw = json.dumps(bodies.body(source, name)).encode()
    raw = raw[: at % len(raw)] + noise + raw[at % len(raw) :]
    if source == "ses":
        return
    answer = Station().post(f"/v1/webhooks/{source}/main", raw, signed(source, name, raw))
    assert answer.status in (202, 400)


def signed(source: str, name: str, raw: bytes) -> dict[str, str]:
    """Return the headers by which a source would vouch for these bytes."""
    hexed = hmac.new(b"main.secret", raw, hashlib.sha256).hexdigest()
    stamp = str(int(NOW.timestamp()))
    timed = hmac.new(b"main.secret", stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {
        "shopify": bodies.topic_headers("shopify", name) | {"x-shopify-hmac-sha256": sign(raw)},
        "calcom": {"x-cal-signature-256": hexed},
        "calendly": {"calendly-webhook-signature": f"t={stamp},v1={timed}"},
        "track": basic("main.secret"),
    }[source]


@pytest.mark.parametrize(("source", "name"), [one for one in bodies.all_names() if one[0] != "ses"])
def test_every_recorded_body_is_accepted_end_to_end(station: Station, source: str, name: str) -> None:
    raw = json.dumps(bodies.body(source, name)).encode()
    answer = station.post(f"/v1/webhooks/{source}/main", raw, signed(source, name, raw))
    assert answer.status == 202
    logged = json.dumps(dict(answer.facts)).lower()
    assert [mark for mark in bodies.MARKS if mark in logged + answer.body.lower()] == []
    assert all(event.received_at == NOW and event.occurred_at.tzinfo is UTC for event in station.events())
