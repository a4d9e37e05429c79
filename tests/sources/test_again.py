"""Recorded conversations with vendors' APIs, over real HTTP: whatever was lost, what we know is what they have."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.ingest.ingest import Ingest
from kairos.app.sync.sync import Sync
from kairos.channels._fetch import HttpsFetch
from kairos.domain.errors import Rejected
from kairos.memory import (
    MemoryArchive,
    MemoryConnections,
    MemoryContacts,
    MemoryIdentities,
    MemorySuppressions,
)
from kairos.registry import Request, load
from tests.app.sync.reading import NOW, Reading
from tests.sources import bodies
from tests.sources.api_servers import (
    CalComServer,
    CalendlyServer,
    ShopifyServer,
    StripeServer,
    Vendor,
    WooCommerceServer,
    serving,
    stamp,
)

FAULTS = [(429, b""), (503, b""), (500, b"<html>"), (200, b'{"orders": '), (200, b"[]"), (200, b'"x"'), (0, b"")]
KEYS = {
    "shopify": "shpat_key",
    "woocommerce": "ck_key:cs_key",
    "stripe": "rk_key",
    "calendly": "pat_key",
    "calcom": "cal_key",
}


class World(Reading):
    """One connection of a vendor, which sends webhooks and can be read."""

    def __init__(self, source: str, server: Vendor) -> None:
        self.server = server
        settings = {"secrets": ["s"], "api_key": KEYS[source], "api_url": server.url, "country": "KR"}
        super().__init__(source, {"main": settings}, HttpsFetch(local=True))

    def webhook(self, topic: str, body: dict[str, Any]) -> None:
        """Take a webhook as the door does after its proof."""
        headers = {"x-shopify-topic": topic, "x-shopify-webhook-id": str(len(self.inbox.waiting()))}
        headers |= {"x-wc-webhook-topic": topic}
        request = Request(headers, json.dumps(body).encode(), self.clock.now(), "main", {"country": "KR"})
        self.ingest.take(load("sources", self.source), request, trusted=True)

    def events(self) -> list[Any]:
        found = [event for one in self.inbox.waiting() for event in one.events]
        return list({event.id: event for event in reversed(found)}.values())

    def facts(self, *names: str) -> list[tuple[str, str]]:
        """Return what was told of orders, each event once, as `decide` counts them."""
        return sorted((event.name, event.properties["order_id"]) for event in self.events() if event.name in names)

    def entries(self) -> dict[str, str]:
        """Return what is on, by id: the newest word wins and a tie cancels."""
        newest: dict[str, Any] = {}
        for event in self.events():
            if event.entry is None:
                continue
            before = newest.get(event.entry.id)
            order = (event.occurred_at, event.name == "entry_cancelled")
            if before is None or order >= (before.occurred_at, before.name == "entry_cancelled"):
                newest[event.entry.id] = event
        on = {id: event.entry for id, event in newest.items() if event.name == "entry_updated"}
        return {id: stamp(entry.starts_at) for id, entry in on.items()}

    def state(self) -> Any:
        return self.states.read(self.source, "main")


# ---- how each vendor's day goes ------------------------------------------------------------------------------------


@dataclass
class Day:
    """One vendor: what may happen there, which webhook would say it, and what we should know at the end."""

    make: Callable[[], Vendor]
    happen: Callable[[Any, random.Random, datetime], tuple[str, dict[str, Any]]]
    known: Callable[[World], object]
    true: Callable[[Any], object]


def shopify_order(server: ShopifyServer, rnd: random.Random, now: datetime) -> tuple[str, dict[str, Any]]:
    id = rnd.randint(1, 7)
    new = {**bodies.body("shopify", "orders-paid"), "created_at": stamp(now), "financial_status": "pending"}
    order = server.objects.setdefault(str(id), new)
    fresh = order["id"] != id
    paid = not fresh and (order["financial_status"] == "paid" or rnd.random() < 0.7)
    order |= {"id": id, "updated_at": stamp(now), "financial_status": "paid" if paid else "pending"}
    order |= {"cancelled_at": None, "fulfillments": [], "fulfillment_status": None, "refunds": []}
    return "orders/paid" if paid else "orders/create" if fresh else "orders/updated", dict(order)


def shopify_facts(server: ShopifyServer) -> list[tuple[str, str]]:
    paid = [one for one in server.objects.values() if one["financial_status"] == "paid"]
    created = [("order_created", str(one["id"])) for one in server.objects.values()]
    return sorted([*created, *(("order_completed", str(one["id"])) for one in paid)])


def woo_order(server: WooCommerceServer, rnd: random.Random, now: datetime) -> tuple[str, dict[str, Any]]:
    id, gmt = rnd.randint(1, 7), stamp(now).removesuffix("Z")
    order = server.objects.setdefault(str(id), {**bodies.body("woocommerce", "order.updated"), "date_created_gmt": gmt})
    fresh = order["id"] != id
    order |= {"id": id, "date_modified_gmt": gmt, "status": "on-hold" if fresh else "processing", "refunds": []}
    order |= {"date_paid_gmt": None if fresh else order.get("date_paid_gmt") or gmt, "date_completed_gmt": None}
    return "order.created" if fresh else "order.updated", dict(order)


def woo_facts(server: WooCommerceServer) -> list[tuple[str, str]]:
    paid = [one for one in server.objects.values() if one["date_paid_gmt"]]
    created = [("order_created", str(one["id"])) for one in server.objects.values()]
    return sorted([*created, *(("order_completed", str(one["id"])) for one in paid)])


def stripe_event(server: StripeServer, rnd: random.Random, now: datetime) -> tuple[str, dict[str, Any]]:
    body = bodies.body("stripe", "customer.subscription.created")
    seconds = int(now.timestamp())
    body["data"]["object"] |= {"id": f"sub_{rnd.randint(1, 5)}", "status": rnd.choice(["active", "canceled"])}
    ends = seconds + rnd.randint(5, 25) * 86_400
    body["data"]["object"] |= {"current_period_start": 1_760_000_000, "current_period_end": ends, "items": {"data": []}}
    event = {**body, "id": f"evt_{len(server.objects)}", "created": seconds, "type": "customer.subscription.updated"}
    server.objects[event["id"]] = event
    return event["type"], event


def stripe_entries(server: StripeServer) -> dict[str, str]:
    newest = {one["data"]["object"]["id"]: one["data"]["object"] for one in server.objects.values()}
    on = [one for one in newest.values() if one["status"] == "active"]
    starts = {f"{one['id']}:1760000000": datetime.fromtimestamp(one["current_period_end"], UTC) for one in on}
    return {id: stamp(at) for id, at in starts.items()}


def calendly_booking(server: CalendlyServer, rnd: random.Random, now: datetime) -> tuple[str, dict[str, Any]]:
    id, body = f"EV{rnd.randint(1, 8)}", bodies.body("calendly", "invitee-created")
    event = server.objects.setdefault(id, {"uri": f"{server.url}/scheduled_events/{id}", "status": "active"})
    event |= {"start_time": stamp(now + timedelta(days=rnd.randint(2, 9))), "updated_at": stamp(now), "name": "Yoga"}
    event["status"] = "canceled" if rnd.random() < 0.3 else "active"
    uri = f"{event['uri']}/invitees/I1"
    invitee = body["payload"] | {"uri": uri, "event": event["uri"], "updated_at": stamp(now), "status": event["status"]}
    invitee |= {"rescheduled": False, "old_invitee": None, "new_invitee": None}
    invitee.pop("scheduled_event", None)
    server.invitees[id] = [invitee]
    topic = "invitee.canceled" if event["status"] == "canceled" else "invitee.created"
    payload = {**invitee, "scheduled_event": dict(event)}
    return topic, {"event": topic, "created_at": stamp(now), "payload": payload}


def calendly_entries(server: CalendlyServer) -> dict[str, str]:
    return {id: one["start_time"] for id, one in server.objects.items() if one["status"] == "active"}


def calcom_booking(server: CalComServer, rnd: random.Random, now: datetime) -> tuple[str, dict[str, Any]]:
    uid, body = f"uid-{rnd.randint(1, 8)}", bodies.body("calcom", "booking-created")
    starts = stamp(now + timedelta(days=rnd.randint(2, 9)))
    status = "cancelled" if rnd.random() < 0.3 else "accepted"
    who = {"name": "Planted Guest", "email": "planted.guest@example.com", "timeZone": "Asia/Seoul", "language": "ko"}
    server.objects[uid] = {
        "id": 1,
        "uid": uid,
        "status": status,
        "start": starts,
        "end": starts,
        "attendees": [who],
        "updatedAt": stamp(now),
        "eventType": {"id": 7, "slug": "60min"},
        "hosts": [{"name": "Plantedhost"}],
    }
    trigger = "BOOKING_CANCELLED" if status == "cancelled" else "BOOKING_CREATED"
    payload = body["payload"] | {"uid": uid, "startTime": starts, "rescheduleUid": None}
    return trigger, {"triggerEvent": trigger, "createdAt": stamp(now), "payload": payload}


def calcom_entries(server: CalComServer) -> dict[str, str]:
    return {uid: one["start"] for uid, one in server.objects.items() if one["status"] == "accepted"}


def orders(world: World) -> object:
    return world.facts("order_created", "order_completed")


DAYS = {
    "shopify": Day(ShopifyServer, shopify_order, orders, shopify_facts),
    "woocommerce": Day(WooCommerceServer, woo_order, orders, woo_facts),
    "stripe": Day(StripeServer, stripe_event, World.entries, stripe_entries),
    "calendly": Day(CalendlyServer, calendly_booking, World.entries, calendly_entries),
    "calcom": Day(CalComServer, calcom_booking, World.entries, calcom_entries),
}


@pytest.fixture(params=sorted(DAYS))
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with serving(DAYS[request.param].make()) as server:
        yield World(request.param, server)


# ---- what must hold of each ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_faults_what_we_know_is_what_the_vendor_has(world: World, seed: int) -> None:
    day, rnd = DAYS[world.source], random.Random(f"{world.source}:{seed}")
    late: list[tuple[str, dict[str, Any]]] = []
    for _ in range(25):
        world.clock.advance(timedelta(minutes=rnd.randint(1, 9)))
        told = day.happen(world.server, rnd, world.clock.now())
        for _ in range(rnd.choice([0, 0, 1, 1, 2])):  # lost, told, told twice
            late.append(told)
        rnd.shuffle(late)
        while late and rnd.random() < 0.6:
            world.webhook(*late.pop())
        if rnd.random() < 0.4:
            world.server.faults += rnd.sample(FAULTS, rnd.randint(0, 2))
            world.run(timedelta(minutes=rnd.randint(1, 30)))
    world.server.faults.clear()
    for told in late:
        world.webhook(*told)
    world.run(timedelta(hours=7))
    assert world.state().errors == 0
    assert day.known(world) == day.true(world.server)
    before = len(world.events())
    world.run()
    assert len(world.events()) == before, "what is told is told once"


def test_what_is_read_again_starts_nothing_and_what_a_webhook_said_is_not_said_again(world: World) -> None:
    day, rnd = DAYS[world.source], random.Random(7)
    first = day.happen(world.server, rnd, world.clock.now())
    world.run(timedelta(minutes=5))
    assert world.events() == [], "its webhook comes first"
    world.run()
    assert world.events()
    assert all(event.historical for event in world.events())
    before = day.known(world)
    world.webhook(*first)
    assert day.known(world) == before


def test_a_key_that_was_taken_back_is_said_in_words_and_the_others_go_on(world: World) -> None:
    world.server.revoked = True
    done = world.run()
    assert (done.read, done.failed) == (0, 1)
    assert "connect it anew" in world.state().error
    assert KEYS[world.source] not in world.state().error
    world.server.revoked = False
    assert world.run(timedelta(hours=1, minutes=1)).read == 1


def test_without_a_key_nothing_is_read_and_nothing_is_wrong(world: World) -> None:
    settings = {"secrets": ["s"], "api_url": world.server.url}
    connections = MemoryConnections({(world.source, "main"): settings})
    ingest = Ingest(
        MemoryIdentities(), MemoryContacts(), MemorySuppressions(), world.inbox, connections, MemoryArchive()
    )
    sync = Sync(ingest, connections, world.states, HttpsFetch(local=True), world.clock, sources=(world.source,))
    assert (sync.run().read, world.server.asked) == (0, [])


def test_a_stranger_cannot_pass_a_body_off_as_something_that_was_read(world: World) -> None:
    request = Request({"x-kairos-page": "1"}, b'{"told": [{"body": {}}]}', NOW, "main", {})
    assert load("sources", world.source).parse(request, trusted=False) == ()
    with pytest.raises(Rejected):
        load("sources", world.source).verify(request)


def test_a_webhook_that_calendly_has_switched_off_is_said() -> None:
    with serving(CalendlyServer()) as server:
        world = World("calendly", server)
        assert isinstance(server, CalendlyServer)
        server.hook = "disabled"
        world.run()
        assert "switched the webhook off" in world.state().warning
        server.hook = "active"
        world.run()
        assert world.state().warning == ""


def test_a_whole_page_of_orders_that_changed_in_one_second_is_read_to_its_end() -> None:
    with serving(WooCommerceServer()) as server:
        world = World("woocommerce", server)
        gmt = stamp(NOW - timedelta(hours=1)).removesuffix("Z")
        order = bodies.body("woocommerce", "order.updated") | {"date_created_gmt": gmt, "date_modified_gmt": gmt}
        server.objects = {str(id): {**order, "id": id} for id in range(1000, 1120)}
        world.run()
        assert len(world.facts("order_created")) == 120
