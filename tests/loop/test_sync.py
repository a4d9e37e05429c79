"""A calendar that is read, through every function of the stack: planned, moved, taken back, and whole after faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from kairos.aws.heard_of import DynamoHeardOf
from kairos.domain.profile import Entry
from kairos.local.cloud import LocalCloud
from kairos.local.demo_shop import customer_saved
from tests.channels.receiver import receiving, reply
from tests.loop.shop import PERSON, is_clean, messages, open_shop, profiles, send
from tests.sources.api_servers import Cafe24Server, serving

RATE = {"SyncRule": timedelta(minutes=30), "SweepRule": timedelta(hours=2)}


@dataclass
class Calendar:
    """A feed on loopback: when each lesson begins, and what is wrong with the server."""

    lessons: dict[str, datetime] = field(default_factory=dict)
    status: int = 200
    broken: bool = False

    def answer(self, handler: Any) -> None:
        """Show the feed as it is now, or the fault."""
        body = self.body()
        reply(handler, self.status, body[: len(body) // 2] if self.broken else body, ETag=f'"{hash(body)}"')

    def body(self) -> bytes:
        """Return the feed."""
        lines = ["BEGIN:VCALENDAR"]
        for uid, at in self.lessons.items():
            lines += ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{at:%Y%m%dT%H%M%SZ}", "SUMMARY:Lesson"]
            lines += [f"ATTENDEE;CN=Moran:mailto:{PERSON.address}", "END:VEVENT"]
        return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


@contextmanager
def reading(template: dict[str, Any]) -> Iterator[tuple[LocalCloud, Calendar]]:
    """Run the stack with one feed connected."""
    calendar = Calendar()
    with receiving() as server, open_shop(template, rates=RATE) as cloud:
        server.answer = calendar.answer
        name = f"{cloud.outputs['ConnectionsPrefix']}ical/studio"
        settings = json.dumps({"secrets": [f"{server.url}/private.ics"]})
        cloud.session.client("ssm").put_parameter(Name=name, Value=settings, Type="SecureString")
        yield cloud, calendar


def allow_silence(cloud: LocalCloud, connection: str, length: str) -> None:
    """Say how long a connection may be silent, as `kairos connect --set silent_after=…` does."""
    name, ssm = f"{cloud.outputs['ConnectionsPrefix']}{connection}", cloud.session.client("ssm")
    settings = json.loads(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    value = json.dumps(settings | {"silent_after": length})
    ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def entries(cloud: LocalCloud) -> dict[datetime | None, Entry]:
    """Return the live entries of the one who is invited, by when they begin."""
    found = profiles(cloud)[PERSON.address].entries.values()
    return {entry.starts_at: entry for entry in found if not entry.cancelled}


def test_what_the_feed_shows_is_what_the_customer_has_whatever_fails_meanwhile(template: dict[str, Any]) -> None:
    with reading(template) as (cloud, calendar):
        at = cloud.now + timedelta(days=5)
        calendar.lessons = {"a": at, "b": at + timedelta(days=1)}
        cloud.advance(by=timedelta(hours=1))
        assert set(entries(cloud)) == {at, at + timedelta(days=1)}
        calendar.status = 503
        calendar.lessons = {"a": at + timedelta(hours=3), "c": at + timedelta(days=2)}
        cloud.advance(by=timedelta(hours=2))
        assert set(entries(cloud)) == {at, at + timedelta(days=1)}
        calendar.status, calendar.broken = 200, True
        cloud.advance(by=timedelta(hours=4))
        assert set(entries(cloud)) == {at, at + timedelta(days=1)}
        calendar.broken = False
        cloud.advance(by=timedelta(hours=7))
        assert set(entries(cloud)) == {at + timedelta(hours=3), at + timedelta(days=2)}
        assert (cloud.denied, is_clean(cloud)) == ([], True)


def test_a_booking_that_is_read_is_reminded_of_and_one_that_vanished_is_not(template: dict[str, Any]) -> None:
    with reading(template) as (cloud, calendar):
        allow_silence(cloud, "shopify/main", "12h")
        assert send(cloud, customer_saved(cloud.now, PERSON, new=True)).status == 202
        assert send(cloud, replace(customer_saved(cloud.now, PERSON, new=True), body=b"{}")).status == 401
        at = cloud.now + timedelta(days=1)
        calendar.lessons = {"a": at, "b": at + timedelta(hours=6)}
        cloud.advance(by=timedelta(hours=1))
        assert list(profiles(cloud)) == [PERSON.address], "an invitation joins whom the shop knows"
        del calendar.lessons["b"]
        cloud.advance(by=timedelta(days=1, hours=8))
        texts = [text for _, _, text in messages(cloud)]
        assert [sum(word in text for text in texts) for word in ("See you at", "cancelled")] == [1, 1]
        heard = DynamoHeardOf(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"]).read("shopify", "main")
        assert (heard.events > 0, heard.refused, heard.limit) == (True, 1, "12h")
        assert cloud.invoke("sync", {}).payload["silent"] == 1, "the shop has said nothing for longer than it may"
        assert (cloud.denied, is_clean(cloud)) == ([], True)


def test_a_mall_whose_webhooks_nothing_signs_is_read_as_soon_as_it_hints(template: dict[str, Any]) -> None:
    """Through every function: the webhook is taken, `sync` called with it renews its token and tells what is so."""
    mall = Cafe24Server()
    with serving(mall), open_shop(template, rates=RATE) as cloud:
        key = json.dumps({"client_id": "c", "client_secret": "s", "refresh_token": "refresh-0"})
        settings = {"secrets": ["app-key"], "api_key": key, "api_url": mall.url, "country": "KR"}
        name, ssm = f"{cloud.outputs['ConnectionsPrefix']}cafe24/main", cloud.session.client("ssm")
        ssm.put_parameter(Name=name, Value=json.dumps(settings), Type="SecureString")
        mall.now = cloud.now
        order = {"order_id": "o-1", "order_date": cloud.now.isoformat(), "payment_date": cloud.now.isoformat()}
        buyer = {"email": PERSON.address, "name": PERSON.name}
        mall.objects["o-1"] = order | {"cancel_date": None, "paid": "T", "canceled": "F", "items": [], "buyer": buyer}
        said = {"event_no": 90025, "resource": {"order_id": "o-1,o-9", "event_code": "paid_order"}}
        headers = {"x-api-key": "app-key", "content-type": "application/json"}
        path = "/v1/webhooks/cafe24/main"
        assert cloud.http("POST", path, headers, json.dumps(said).encode()).status == 202
        cloud.advance(by=timedelta(minutes=1))
        assert list(profiles(cloud)) == [PERSON.address], "within a minute, and only what the mall itself shows"
        kept = json.loads(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
        assert json.loads(kept["api_key"])["refresh_token"] == "refresh-1"
        forged = {"event_no": 90147, "resource": {"member_id": "haneul"}}
        assert cloud.http("POST", path, headers | {"x-api-key": "x"}, json.dumps(forged).encode()).status == 401
        assert (cloud.denied, is_clean(cloud)) == ([], True)
