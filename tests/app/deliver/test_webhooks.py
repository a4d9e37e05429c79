"""Calls of webhook steps: who is called, how it is signed, what is told of the answer, and what is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.deliver.outboxes import Outboxes
from kairos.app.deliver.outcome import Delivered, Request
from kairos.app.deliver.receivers import Answer, sign
from kairos.app.deliver.webhooks import Webhooks
from kairos.app.ports import OutboxMessage, Pointer
from kairos.app.publish.live import EMPTY_BUNDLE, LiveRelease
from kairos.domain.errors import Refused, Unavailable
from kairos.domain.event import CALL, WEBHOOK, Event
from kairos.domain.ids import call_id
from kairos.domain.profile import Enrollment, Parcel, Profile
from kairos.memory import (
    MemoryClock,
    MemoryConnections,
    MemoryCustomers,
    MemoryInbox,
    MemoryOutbox,
    MemoryReleases,
    MemorySendTokens,
)
from tests.app.decide.world import NOON
from tests.app.delivery import World as Messages

SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()
URL = "https://hooks.example.com/kairos"
STEP = {"id": "ask", "webhook": {"to": "crm", "traits": ["tier"], "fields": ["cart.total", "missing"]}}
JOURNEY = {"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": [STEP]}
ASKED = call_id("e1", "ask")


class Calls:
    """One customer who waits for an answer, and a receiver that does as it is told."""

    def __init__(self) -> None:
        self.clock = MemoryClock(NOON)
        self.customers, self.releases = MemoryCustomers(), MemoryReleases()
        self.connections = MemoryConnections()
        self.connections.known[WEBHOOK, "crm"] = {"url": URL, "secrets": [SECRET]}
        self.tokens, self.inbox = MemorySendTokens(), MemoryInbox(self.clock)
        self.outbox = MemoryOutbox(self.clock)
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Answer | Exception | Callable[[], Answer] = Answer(200)
        bundle = {**EMPTY_BUNDLE, "journeys": {"j": {"live": 1, "versions": {"1": JOURNEY}}}}
        self.releases.point(Pointer(self.releases.put_bundle(bundle)), None)
        self.customer = Profile("p1", NOON, traits={"tier": "gold", "email": "ann@example.com"})
        self.customer.enrollments["e1"] = Enrollment(
            "e1", "j", 1, "cart-7", NOON, NOON, properties={"cart": {"total": 9}}, node="ask", visits={"ask": 1}
        )
        self.save()
        self.webhooks = Webhooks(
            self.customers,
            LiveRelease(self.releases).read,
            self.connections,
            self.tokens,
            self.outbox,
            self.inbox,
            self._post,
            self.clock,
        )
        self.request = OutboxMessage("p1", ASKED, CALL, False, 1, "corr")

    def save(self) -> None:
        stored = self.customers.read(self.customer.id)
        self.customer.version = stored.version if stored else 0
        self.customers.write(self.customer, (), None, None)

    def change(self, **changes: Any) -> None:
        self.customer.enrollments["e1"] = replace(self.customer.enrollments["e1"], **changes)
        self.save()

    def point(self, **changes: Any) -> None:
        old = self.releases.pointer()
        assert old is not None
        self.releases.point(replace(old, **changes), old)

    def run(self, *requests: OutboxMessage, until: Any = None) -> list[Delivered]:
        batch = [Request(str(n), request) for n, request in enumerate(requests or (self.request,))]
        return self.webhooks.handle(batch, until)

    def told(self) -> list[Event]:
        return [event for message in self.inbox.waiting() for event in message.events]

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.received.append((url, dict(headers), body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer() if callable(self.answer) else self.answer


def test_the_receiver_is_told_what_the_step_lists_and_nothing_else() -> None:
    calls = Calls()
    calls.run()
    [(url, headers, body)] = calls.received
    assert url == URL
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {
        "type": "journey.webhook",
        "timestamp": "2026-03-02T12:00:00Z",
        "data": {
            "profile": "p1",
            "journey": "j",
            "version": 1,
            "step": "ask",
            "enrollment": "e1",
            "subject": "cart-7",
            "traits": {"tier": "gold"},
            "properties": {"cart.total": 9, "missing": None},
        },
    }


def test_it_is_signed_as_standard_webhooks_says_with_every_secret_that_is_kept() -> None:
    calls = Calls()
    other = "whsec_" + base64.b64encode(b"o" * 32).decode()
    calls.connections.known[WEBHOOK, "crm"] = {"url": URL, "secrets": [SECRET, other]}
    calls.run()
    [(_, headers, body)] = calls.received
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (ASKED, str(int(NOON.timestamp())))
    signed = f"{ASKED}.{int(NOON.timestamp())}.".encode() + body
    made = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in (b"k" * 24, b"o" * 32)]
    assert headers["webhook-signature"] == " ".join(f"v1,{one}" for one in made)


def test_the_signature_is_the_specifications_own_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py"""
    secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = sign([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_answer_comes_back_as_an_event_with_its_small_json() -> None:
    calls = Calls()
    calls.answer = Answer(201, b'{"score": 7}')
    [done] = calls.run()
    assert done.outcome.kind == "idle"
    [event] = calls.told()
    assert (event.name, event.profile, event.source, event.correlation) == ("webhook_answered", "p1", WEBHOOK, "corr")
    assert event.properties == {"call": ASKED, "to": "crm", "status": 201, "body": {"score": 7}}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(204),
        Answer(200, b"ok"),
        Answer(200, b"[1]"),
        Answer(200, b'{"a": NaN}'),
        Answer(200, b'{"a": "\\ud800"}'),
        Answer(200, b"[" * 100_000),
        Answer(200, b'{"a": "' + b"x" * 5_000 + b'"}'),
        Answer(200, b'{"a": 1}', whole=False),
        Answer(200, b"\xff\xfe"),
    ],
)
def test_an_answer_that_is_no_small_object_is_an_answer_all_the_same(answer: Answer) -> None:
    calls = Calls()
    calls.answer = answer
    calls.run()
    [event] = calls.told()
    assert event.name == "webhook_answered"
    assert "body" not in event.properties or event.properties["body"] == {"a": "\ud800"}


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 410, 422])
def test_what_will_never_succeed_is_told_at_once(status: int) -> None:
    calls = Calls()
    calls.answer = Answer(status, b"no")
    calls.run()
    [event] = calls.told()
    assert (event.name, event.properties["status"]) == ("webhook_failed", status)


@pytest.mark.parametrize(
    "answer", [Answer(408), Answer(429), Answer(500), Answer(503), Unavailable("webhook", "TimeoutError")]
)
def test_what_may_succeed_later_is_left_to_the_step_to_ask_again(answer: Any) -> None:
    calls = Calls()
    calls.answer = answer
    [done] = calls.run()
    assert (done.outcome.kind, done.outcome.code, calls.told()) == ("idle", "no answer", [])


@pytest.mark.parametrize("secrets", [[], ["plain"], [""], "whsec_x", [5], None])
def test_without_a_sound_secret_nobody_is_called(secrets: Any) -> None:
    calls = Calls()
    calls.connections.known[WEBHOOK, "crm"] = {"url": URL, "secrets": secrets}
    calls.run()
    assert calls.received == []
    assert [event.name for event in calls.told()] == ["webhook_failed"]


def test_a_refused_address_and_an_unknown_connection_are_told() -> None:
    calls = Calls()
    calls.answer = Refused("webhook", "the URL is not https")
    calls.run()
    assert [event.properties["reason"] for event in calls.told()] == ["the URL is not https"]
    calls = Calls()
    del calls.connections.known[WEBHOOK, "crm"]
    calls.run()
    assert [event.properties["reason"] for event in calls.told()] == ["no such connection"]


@pytest.mark.parametrize(
    "changes",
    [{"node": "other"}, {"node": None}, {"ended_at": NOON}, {"version": 9}, {"entering": True}, {"journey": "gone"}],
)
def test_who_no_longer_waits_for_it_is_not_called_for(changes: dict[str, Any]) -> None:
    calls = Calls()
    calls.change(**changes)
    [done] = calls.run()
    assert (done.outcome.kind, done.outcome.code, calls.received) == ("idle", "no longer wanted", [])


def test_the_erased_the_paused_and_the_stopped_are_not_called_for() -> None:
    calls = Calls()
    [done] = calls.run(replace(calls.request, profile="gone"))
    assert done.outcome.kind == "idle"
    for standing in ({"paused": frozenset({"j"})}, {"stopped": True}):
        calls.point(**standing)
        [done] = calls.run()
        assert done.outcome.code == "paused"
    assert (calls.received, calls.told()) == ([], [])


def test_a_call_follows_its_customer_into_another_profile_and_is_asked_for_again_after_a_merge() -> None:
    calls = Calls()
    parcel = Parcel("m", "state", "…", NOON + timedelta(minutes=15), 1)
    stored = calls.customers.read("p1")
    assert stored is not None
    former = Profile("p1", NOON, version=stored.version, merged_into="p2", parcels={"m": parcel})
    calls.customers.write(former, (), None, None)
    [done] = calls.run()
    assert (done.outcome.kind, done.outcome.code, calls.outbox.transactional) == ("idle", "merging", [])
    winner = Profile("p2", NOON, former=("p2", "p1"), enrollments=calls.customer.enrollments)
    calls.customers.write(winner, (), None, None)
    calls.run()
    assert [event.profile for event in calls.told()] == ["p2"]


def test_the_rate_is_shared_and_what_has_no_token_goes_back() -> None:
    calls = Calls()
    calls.run(*(replace(calls.request, asks=n) for n in range(13)))
    assert len(calls.received) == 10
    assert len(calls.outbox.transactional) == 3


def test_nothing_is_begun_when_the_time_is_up() -> None:
    calls = Calls()
    [done] = calls.run(until=NOON)
    assert (done.outcome.kind, calls.received, len(calls.outbox.transactional)) == ("waiting", [], 1)


def test_an_inbox_that_takes_nothing_brings_the_call_again_under_the_same_id() -> None:
    calls = Calls()

    def refuse(messages: Any) -> None:
        raise Unavailable("inbox", "down")

    put, calls.inbox.put = calls.inbox.put, refuse  # type: ignore[method-assign]
    [done] = calls.run()
    assert done.outcome.kind == "failed"
    calls.inbox.put = put  # type: ignore[method-assign]
    calls.run()
    assert len({headers["webhook-id"] for _, headers, _ in calls.received}) == 1
    assert len(calls.told()) == 1


def never() -> Any:
    raise AssertionError("nobody is called")


def test_a_batch_holds_messages_and_calls_and_each_finds_its_way() -> None:
    calls, messages = Calls(), Messages()
    outboxes = Outboxes(lambda: messages.deliver, lambda: calls.webhooks, never)
    batch = [Request("a", calls.request), Request("b", messages.request)]
    assert {done.request.receipt for done in outboxes.handle(batch)} == {"a", "b"}
    assert (len(calls.received), len(messages.channel.taken)) == (1, 1)


def test_who_has_no_calls_makes_nothing_for_them() -> None:
    messages = Messages()
    [done] = Outboxes(lambda: messages.deliver, never, never).handle([Request("b", messages.request)])
    assert done.outcome.kind == "sent"
