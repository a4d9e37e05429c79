"""Cafe24's hints: what an unsigned webhook is about is read again over HTTP, and only what is read is believed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.http import HttpAnswer, HttpRequest
from kairos.app.ingest.front import handle
from kairos.channels._fetch import HttpsFetch
from kairos.domain.errors import Refused, Unavailable
from tests.app.sync.reading import NOW, Reading
from tests.sources.api_servers import Cafe24Server, serving

KEY = "app-key"
FACTS = {"order_created", "order_completed", "order_cancelled", "order_fulfilled", "order_delivered"}


class World(Reading):
    """A mall whose webhooks hint, and whose orders are read."""

    def __init__(self, server: Cafe24Server) -> None:
        self.server = server
        self.server.now = NOW
        api_key = json.dumps({"client_id": "c", "client_secret": "s", "refresh_token": "refresh-0"})
        settings = {"secrets": [KEY], "api_key": api_key, "api_url": server.url, "country": "KR"}
        super().__init__("cafe24", {"main": settings}, HttpsFetch(local=True))

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.server.now = self.clock.now()

    def webhook(self, number: int, key: str = KEY, **resource: Any) -> HttpAnswer:
        body = json.dumps({"event_no": number, "resource": {"mall_id": "bomnal", **resource}}).encode()
        headers = {"x-api-key": key, "x-trace-id": f"t-{number}-{self.clock.now().isoformat()}"}
        return handle(self.ingest, HttpRequest("POST", "/v1/webhooks/cafe24/main", headers, body, self.clock.now()))

    def events(self) -> list[Any]:
        return list({event.id: event for event in reversed(super().events())}.values())

    def facts(self) -> set[tuple[str, str]]:
        return {(event.name, event.properties["order_id"]) for event in self.events() if event.name in FACTS}

    def order(self, id: str, **changed: Any) -> dict[str, Any]:
        now = self.clock.now().isoformat()
        new = {"order_id": id, "shop_no": 1, "order_date": now, "payment_date": None, "cancel_date": None, "paid": "F"}
        new |= {"canceled": "F", "currency": "KRW", "member_id": "haneul", "payment_method": ["card"]}
        new |= {"actual_order_amount": {"payment_amount": "27580.00", "order_price_amount": "24680.00"}}
        new |= {"buyer": {"name": "Haneul", "email": "haneul@example.com", "cellphone": "010-5550-0142"}}
        new |= {"items": [{"product_code": "P1", "order_status": "N00", "shipped_date": None, "delivered_date": None}]}
        return self.server.objects.setdefault(id, new) | changed


@pytest.fixture
def world() -> Iterator[World]:
    server = Cafe24Server()
    with serving(server):
        yield World(server)


def test_what_is_read_is_believed_at_once_and_what_is_only_said_is_not(world: World) -> None:
    world.server.objects["o-1"] = world.order("o-1", paid="T", payment_date=NOW.isoformat())
    said = {"order_id": "o-1,o-2", "event_code": "paid_order", "actual_payment_amount": "999999", "paid": "T"}
    answer = world.webhook(90025, **said)
    assert (answer.status, world.events()) == (202, [])
    assert world.hints.told == [("cafe24", "main", ["order:o-1", "order:o-2"])]
    world.follow()
    assert world.facts() == {("order_created", "o-1"), ("order_completed", "o-1")}
    paid = next(event for event in world.events() if event.name == "order_completed")
    assert (paid.properties["total"], paid.occurred_at, paid.historical) == (27580, NOW, False)
    assert world.webhook(90025, key="guessed", **said).status == 401
    assert world.hints.told == []


def test_a_hint_that_comes_again_tells_nothing_again(world: World) -> None:
    world.server.objects["o-1"] = world.order("o-1")
    for _ in range(3):
        world.webhook(90023, order_id="o-1", event_code="create_order")
        world.follow()
        world.advance(timedelta(minutes=1))
    assert len(world.events()) == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_lost_repeated_and_forged_hints_and_faults_we_know_what_the_mall_has(world: World, seed: int) -> None:
    rnd = random.Random(seed)
    for _ in range(25):
        world.advance(timedelta(minutes=rnd.randint(1, 50)))
        id, now = f"o-{rnd.randint(1, 9)}", world.clock.now().isoformat()
        order = world.order(id)
        if order["canceled"] == "F" and order["paid"] == "T" and rnd.random() < 0.3:
            order |= {"canceled": "T", "cancel_date": now}
        elif order["canceled"] == "F":
            order |= {"paid": "T", "payment_date": order["payment_date"] or now}
            order["items"] = [{**order["items"][0], "order_status": "N30", "shipped_date": now}]
        world.server.objects[id] = order
        for _ in range(rnd.choice([0, 1, 2])):
            world.webhook(90025, order_id=id, event_code="paid_order")
        if rnd.random() < 0.2:  # somebody who knows the key says what is not so
            world.webhook(90026, order_id=f"o-{rnd.randint(1, 9)}", event_code="cancel_order")
        world.server.faults += rnd.sample([(429, b""), (503, b""), (200, b"{"), (0, b"")], rnd.choice([0, 0, 1, 2]))
        try:
            world.follow()
        except (Refused, Unavailable):
            world.hints.told.clear()
        if rnd.random() < 0.3:
            world.sync.run()
    world.server.faults.clear()
    world.advance(timedelta(hours=7))
    world.sync.run()
    true = {("order_created", id) for id in world.server.objects}
    for name, key in (("order_completed", "payment_date"), ("order_cancelled", "cancel_date")):
        true |= {(name, id) for id, one in world.server.objects.items() if one[key]}
    assert {fact for fact in world.facts() if fact[0] != "order_fulfilled"} == true
    names = [(event.name, event.properties["order_id"]) for event in world.events()]
    assert len(names) == len(set(names)), "each fact is told once, by a hint or by a reading"


def test_tokens_are_renewed_before_they_end_and_each_renewal_is_kept(world: World) -> None:
    world.server.objects["o-1"] = world.order("o-1")
    for _ in range(6):
        world.advance(timedelta(hours=1))
        world.sync.run()
    kept = json.loads(world.connections.settings("cafe24", "main")["api_key"])
    assert world.server.renewals in (3, 4)
    assert kept["refresh_token"] == f"refresh-{world.server.renewals}"
    assert kept["client_secret"] == "s"
    assert world.states.read("cafe24", "main").errors == 0


def test_a_permission_that_is_over_is_said_in_words_without_the_token(world: World) -> None:
    world.server.revoked = True
    world.sync.run()
    error = world.states.read("cafe24", "main").error
    assert "install the app anew" in error
    assert "refresh-0" not in error


def test_a_member_is_told_as_they_are_now_and_a_box_that_is_still_ticked_lifts_nothing(world: World) -> None:
    joined = "2026-11-01T10:00:00+09:00"
    member = {"member_id": "haneul", "email": "haneul@example.com", "name": "Haneul", "created_date": joined}
    world.server.members["haneul"] = member | {"news_mail": "T", "sms": "F"}
    world.webhook(90080, member_id="haneul")
    world.follow()
    told = {(event.name, event.consent and event.consent.channel): event.occurred_at for event in world.events()}
    assert set(told) == {("profile_updated", None), ("consent_given", "email"), ("consent_withdrawn", "sms")}
    assert told["consent_given", "email"] == datetime(2026, 11, 1, 1, tzinfo=UTC)
    assert told["consent_withdrawn", "sms"] == world.clock.now()


def test_nobody_is_forgotten_because_an_unsigned_body_says_so(world: World) -> None:
    world.server.members["haneul"] = {"member_id": "haneul", "email": "haneul@example.com"}
    world.webhook(90147, member_id="haneul,moran")
    world.follow()
    redacted = [event for event in world.events() if event.name == "customer_redacted"]
    assert len(redacted) == 1, "moran is gone, haneul is still there"


def test_without_a_key_its_facts_are_counted_and_nothing_is_read(world: World) -> None:
    world.connections.known["cafe24", "main"] = {"secrets": [KEY]}
    answer = world.webhook(90025, order_id="o-1", event_code="paid_order")
    assert (answer.status, json.loads(answer.body)["unaddressed"]) == (202, 1)
    assert (world.hints.told, world.events()) == ([], [])
