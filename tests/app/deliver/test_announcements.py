"""Announcements: signed, posted until they are taken, and a receiver that is down is left alone for a while."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kairos.app.deliver.announcements import PATIENCE, Announcements
from kairos.app.deliver.outboxes import Outboxes
from kairos.app.deliver.outcome import Delivered, Request
from kairos.app.deliver.receiver_state import PAUSE, PAUSE_MAX, ReceiverState
from kairos.app.deliver.receivers import Answer
from kairos.app.ports import OutboxMessage, Pointer
from kairos.app.publish.live import EMPTY_BUNDLE, LiveRelease
from kairos.domain.announcement import ANNOUNCED
from kairos.domain.errors import Refused, Unavailable
from kairos.domain.event import WEBHOOK
from kairos.domain.instant import format_instant
from kairos.memory import MemoryClock, MemoryConnections, MemoryOutbox, MemoryReceiverStates, MemoryReleases
from tests.app.decide.world import NOON

KEYS = (b"k" * 24, b"o" * 32)
SECRETS = ["whsec_" + base64.b64encode(key).decode() for key in KEYS]
URL = "https://crm.example.com/kairos"


class Crm:
    """Two receivers, of which one does as it is told."""

    def __init__(self) -> None:
        self.clock = MemoryClock(NOON)
        self.releases, self.connections = MemoryReleases(), MemoryConnections()
        self.connections.known[WEBHOOK, "crm"] = {"url": URL, "secrets": SECRETS}
        self.connections.known[WEBHOOK, "lake"] = {"url": "https://lake.example.com", "secrets": SECRETS[:1]}
        self.states, self.outbox = MemoryReceiverStates(), MemoryOutbox(self.clock)
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Answer | Exception = Answer(204)
        self.listen("crm", "lake")
        read = LiveRelease(self.releases).read
        self.announcements = Announcements(read, self.connections, self.states, self.outbox, self._post, self.clock)

    def listen(self, *names: str) -> None:
        brand = {"timezone": "UTC", "webhooks": [{"to": name, "events": ["unsubscribed"]} for name in names]}
        release = self.releases.put_bundle({**EMPTY_BUNDLE, "brand": brand})
        self.releases.point(Pointer(release), self.releases.pointer())

    def run(self, *messages: OutboxMessage, until: datetime | None = None) -> list[Delivered]:
        batch = [Request(str(n), message) for n, message in enumerate(messages)]
        return self.announcements.handle(batch, until)

    def live_until(self, until: datetime) -> list[datetime]:
        """Deliver whatever comes out of the queue by then, each when it does, and return when something was posted."""
        posted = []
        while waiting := [row for row in self.outbox.announcements if row[0] <= until]:
            at = min(visible for visible, _ in waiting)
            self.clock.advance(max(at - self.clock.now(), timedelta()))
            batch = [row for row in waiting if row[0] <= at][:10]
            for row in batch:
                self.outbox.announcements.remove(row)
            before = len(self.posted)
            self.run(*(message for _, message in batch))
            posted += [self.clock.now()] * (len(self.posted) - before)
        return posted

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if not url.startswith(URL):
            return Answer(200)
        self.posted.append((url, dict(headers), body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def event(id: str = "a1", to: str = "crm", at: datetime = NOON, **more: Any) -> OutboxMessage:
    data = {"profile": "p1", "channel": "email", "purpose": "marketing", **more}
    said = {"to": to, "type": "unsubscribed", "at": format_instant(at), "data": data}
    return OutboxMessage("p1", id, ANNOUNCED, False, 1, said=said)


def codes(done: list[Delivered]) -> list[tuple[str, str]]:
    return [(one.outcome.kind, one.outcome.code) for one in done]


def test_it_is_posted_as_standard_webhooks_says_and_signed_with_every_secret_in_force() -> None:
    crm = Crm()
    assert codes(crm.run(event(name="김"))) == [("idle", "announced")]
    [(url, headers, body)] = crm.posted
    assert url == URL
    assert json.loads(body) == {
        "type": "unsubscribed",
        "timestamp": "2026-03-02T12:00:00Z",
        "data": {"profile": "p1", "channel": "email", "purpose": "marketing", "name": "김"},
    }
    stamp = str(int(NOON.timestamp()))
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("a1", stamp)
    made = [hmac.new(key, f"a1.{stamp}.".encode() + body, hashlib.sha256).digest() for key in KEYS]
    assert headers["webhook-signature"] == " ".join(f"v1,{base64.b64encode(one).decode()}" for one in made)
    assert crm.outbox.announcements == []
    assert crm.states.kept == {}, "a receiver that is well costs no write"


@pytest.mark.parametrize("answer", [Answer(500), Answer(429), Answer(404), Answer(302), Unavailable("webhook", "x")])
def test_what_fails_is_posted_again_under_the_same_id_and_the_same_words(answer: Any) -> None:
    crm = Crm()
    crm.answer = answer
    assert codes(crm.run(event())) == [("waiting", "tried")]
    crm.answer = Answer(200)
    assert crm.live_until(NOON + timedelta(hours=1)) == [NOON + PAUSE]
    (_, first, body), (_, again, same) = crm.posted
    assert (first["webhook-id"], body) == (again["webhook-id"], same)
    assert int(again["webhook-timestamp"]) == int(first["webhook-timestamp"]) + PAUSE.total_seconds()
    assert crm.states.read("crm") == ReceiverState()


def test_a_receiver_that_is_down_is_tried_by_one_event_and_ever_less_often() -> None:
    crm = Crm()
    crm.answer = Answer(503)
    crm.run(*(event(f"a{number}") for number in range(10)))
    assert len(crm.posted) == 1
    tries = crm.live_until(NOON + timedelta(hours=12))
    pauses = [after - before for before, after in zip([NOON, *tries], tries, strict=False)]
    assert pauses[:6] == [PAUSE * 2**number for number in range(6)]
    assert max(pauses) <= PAUSE_MAX + timedelta(minutes=15)
    state = crm.states.read("crm")
    assert (state.failing_since, state.failures, state.error) == (NOON, len(tries) + 1, "status 503")
    assert len(crm.outbox.announcements) == 10, "nothing is lost meanwhile"
    crm.answer = Answer(200)
    crm.live_until(NOON + timedelta(hours=14))
    assert crm.outbox.announcements == []
    assert {headers["webhook-id"] for _, headers, _ in crm.posted} == {f"a{number}" for number in range(10)}


def test_one_receiver_that_is_down_holds_up_no_other() -> None:
    crm = Crm()
    crm.answer = Answer(500)
    assert codes(crm.run(event("a1"), event("a2", "lake"), event("a3"))) == [
        ("waiting", "tried"),
        ("waiting", "untried"),
        ("idle", "announced"),
    ]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_the_receiver_does_not_like_comes_again_and_holds_up_no_other(status: int) -> None:
    crm = Crm()
    crm.answer = Answer(status)
    assert codes(crm.run(event("a1"), event("a2"))) == [("waiting", "tried")] * 2
    assert crm.states.kept == {}
    tries = crm.live_until(NOON + timedelta(hours=1))
    assert [int((at - NOON).total_seconds()) for at in tries[::2]][:5] == [15, 45, 105, 225, 465]


def test_who_is_gone_gets_nothing_any_more() -> None:
    crm = Crm()
    crm.answer = Answer(410)
    assert codes(crm.run(event("a1"), event("a2"))) == [("idle", "gone")] * 2
    crm.answer = Answer(200)
    assert codes(crm.run(event("a3"))) == [("idle", "gone")]
    assert len(crm.posted) == 1
    assert crm.states.read("crm").gone_at == NOON


def test_what_nobody_took_for_three_days_is_given_up_and_counted() -> None:
    crm = Crm()
    crm.answer = Unavailable("webhook", "TimeoutError")
    crm.run(event("a1"), event("a2"))
    crm.live_until(NOON + PATIENCE + timedelta(hours=1))
    assert crm.outbox.announcements == []
    state = crm.states.read("crm")
    assert (state.lost, state.error) == (2, "TimeoutError")
    late = event("a3", at=NOON - PATIENCE)
    [done] = crm.run(late)
    assert done.outcome.metrics == ("AnnouncementsLost",)
    assert 72 < len(crm.posted) < 80, "an hour apart for three days, however many wait"


@pytest.mark.parametrize(
    "known",
    [{}, {"url": URL}, {"url": URL, "secrets": ["no secret"]}],
)
def test_a_connection_that_is_none_or_has_no_secret_is_waited_for(known: dict[str, Any]) -> None:
    crm = Crm()
    sound = crm.connections.known.pop((WEBHOOK, "crm"))
    if known:
        crm.connections.known[WEBHOOK, "crm"] = known
    assert codes(crm.run(event())) == [("waiting", "tried")]
    assert crm.states.read("crm").error
    crm.connections.known[WEBHOOK, "crm"] = sound
    crm.live_until(NOON + timedelta(minutes=2))
    assert len(crm.posted) == 1


def test_an_address_inside_is_refused_and_said() -> None:
    crm = Crm()
    crm.answer = Refused("webhook", "the URL leads to an address that is not public")
    crm.run(event())
    assert crm.states.read("crm").error == "the URL leads to an address that is not public"


def test_a_webhook_that_the_brand_no_longer_names_gets_nothing() -> None:
    crm = Crm()
    crm.listen("lake")
    assert codes(crm.run(event())) == [("idle", "no longer wanted")]
    assert crm.posted == []


def test_nothing_is_begun_when_the_time_is_over() -> None:
    crm = Crm()
    assert codes(crm.run(event(), until=NOON)) == [("waiting", "untried")]
    assert crm.posted == []
    assert [message for _, message in crm.outbox.announcements] == [event()]


@pytest.mark.parametrize("said", [None, {}, {"to": "crm"}, {"to": "crm", "at": "never"}, {"to": ["crm"]}])
def test_an_announcement_that_cannot_be_read_spoils_no_other(said: Any) -> None:
    crm = Crm()
    done = crm.run(replace(event("bad"), said=said), event("a2"))
    assert {one.request.message.message: one.outcome.code for one in done}["a2"] == "announced"
    assert next(one.outcome.kind for one in done if one.request.message.message == "bad") in ("failed", "idle")


class _Failing:
    def __init__(self, crm: Crm) -> None:
        self.crm = crm

    def read(self, name: str) -> ReceiverState:
        raise Unavailable("messages", "ServiceUnavailable")

    def save(self, name: str, state: ReceiverState) -> None:
        raise Unavailable("messages", "ServiceUnavailable")


def test_where_the_state_cannot_be_read_all_comes_again_and_where_it_cannot_be_kept_nothing_is_posted_twice() -> None:
    crm = Crm()
    states = _Failing(crm)
    read = LiveRelease(crm.releases).read
    announcements = Announcements(read, crm.connections, states, crm.outbox, crm._post, crm.clock)
    [done] = announcements.handle([Request("r", event())])
    assert (done.outcome.kind, crm.posted) == ("failed", [])
    crm.states.save = states.save  # type: ignore[method-assign]
    crm.answer = Answer(500)
    assert codes(crm.run(event())) == [("waiting", "tried")]


def test_the_outboxes_hand_announcements_to_who_posts_them_and_make_nothing_else() -> None:
    crm = Crm()

    def never() -> Any:
        raise AssertionError("made for nothing")

    outboxes = Outboxes(never, never, lambda: crm.announcements)
    assert codes(outboxes.handle([Request("r", event())])) == [("idle", "announced")]


def test_the_log_knows_the_profile_and_the_id_and_not_what_was_said() -> None:
    crm = Crm()
    [done] = crm.run(event(secret="planted"))
    assert (done.facts["profile"], done.facts["kairos_message"], done.facts["channel"]) == ("p1", "a1", ANNOUNCED)
    assert "planted" not in str(done.facts)
