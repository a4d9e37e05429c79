"""A world behind its own front door: recorded bodies, signed as their senders sign them, sent until they are accepted.

Each source gives up after its own time; what it sent again has the same id and a fresh signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kairos.app.definitions.compile import compile_journey
from kairos.app.http import HttpRequest
from kairos.app.ingest.front import handle
from kairos.app.publish.index import index_of
from kairos.domain.instant import format_instant
from kairos.domain.profile import Profile
from tests.simulation import shop
from tests.simulation.checker import Checker
from tests.simulation.provider import Call
from tests.simulation.world import World
from tests.sources import bodies

START = datetime(2026, 10, 2, 1, tzinfo=UTC)  # 10:00 in Seoul, the day of the recorded bodies
SECRET = "door-secret"
M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def release(journeys: Sequence[Mapping[str, Any]], **brand: Any) -> dict[str, Any]:
    """Return a release of these journeys; every template has both channels."""
    documents = {str(one["id"]): dict(one) for one in journeys}
    names = {name for one in documents.values() for name in _templates(one)}
    return {
        "schema": 1,
        "brand": {**shop.BRAND, "quiet_hours": {}, "caps": [], **brand},
        "segments": {},
        "templates": {name: {"email": {"subject": "s", "text": "t"}, "sms": {"text": "t"}} for name in names},
        "journeys": {id: {"live": 1, "versions": {"1": document}} for id, document in documents.items()},
        "index": index_of({id: compile_journey(document) for id, document in documents.items()}, documents, {}),
        "holidays": {},
    }


def _templates(node: Any) -> set[str]:
    if isinstance(node, Mapping):
        own = {node["send"]} if isinstance(node.get("send"), str) else set()
        return own.union(*(_templates(value) for value in node.values()), set())
    return set().union(*map(_templates, node)) if isinstance(node, list) else set()


@dataclass
class Door:
    """A world without drawn faults, and its checker. `refused` counts answers that made a source try again."""

    journeys: Sequence[Mapping[str, Any]]
    start: datetime = START
    brand: Mapping[str, Any] = field(default_factory=dict)
    refused: int = 0

    def __post_init__(self) -> None:
        self.world = World(release(self.journeys, **self.brand), self.start, 0, 0.0)
        self.checker = Checker(self.world)
        for source in ("shopify", "calendly", "calcom", "track"):
            self.world.connections.known[source, "main"] = {"secrets": [SECRET], "country": "KR"}

    def post(self, source: str, body: Mapping[str, Any], at: datetime, topic: str = "", id: str = "") -> None:
        """Let a webhook arrive at an instant, and again every five minutes until it is accepted."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        self.world.at(at, lambda: self._try(source, raw, topic, id))

    def meet(
        self, who: str, at: datetime | None = None, channels: Sequence[str] = ("email", "sms"), n: int = 1
    ) -> None:
        """Introduce a customer by the track source, with consent to marketing."""
        at = at or self.start
        traits = {"email": f"{who}@example.com", "phone": f"+8210{n:08}"}
        self.tell(at, id=f"{who}-is", event="profile_updated", profile=who, traits=traits)
        for channel in channels:
            self.tell(
                at,
                None,
                id=f"{who}-{channel}",
                event="consent_given",
                profile=who,
                channel=channel,
                purpose="marketing",
            )

    def tell(self, when: datetime, occurred: datetime | None = None, **call: Any) -> None:
        """Let a call of the track source arrive; it happened then, or earlier."""
        self.world.at(when, lambda: self.world.say({"at": format_instant(occurred or when), **call}))

    def live(self, until: datetime) -> None:
        self.world.run(until)

    def end(self, after: timedelta = 5 * D) -> list[tuple[str, datetime]]:
        """Live on, check every promise, and return (template, when) of each call that the provider accepted."""
        self.live(self.world.clock.at + after)
        self.checker.check_end()
        return [(self.checker.messages[call.message].template, call.at) for call in self.calls if call.accepted]

    @property
    def calls(self) -> list[Call]:
        return self.checker.calls

    @property
    def profiles(self) -> list[Profile]:
        """Return everybody that became nobody else."""
        return [profile for profile in self.world.customers.profiles.values() if not profile.merged_into]

    def said(self, kind: str) -> list[str]:
        """Return the reasons of one kind that the profiles keep."""
        return [reason.reason for profile in self.profiles for reason in profile.log if reason.kind == kind]

    def _try(self, source: str, raw: bytes, topic: str, id: str) -> None:
        world = self.world
        headers = _signed(source, raw, world.clock.at) | ({"x-shopify-topic": topic} if topic else {})
        if source == "shopify":
            headers |= {"x-shopify-shop-domain": "shop.example.com", "x-shopify-webhook-id": id}
        request = HttpRequest("POST", f"/v1/webhooks/{source}/main", headers, raw, world.clock.at)
        status = 503 if world.is_down else handle(world.stations.ingest, request).status
        assert status in (202, 503), status
        if status == 503:
            self.refused += 1
            world.after(5 * M, lambda: self._try(source, raw, topic, id))


def recorded(source: str, name: str, **changes: Any) -> dict[str, Any]:
    """Return a recorded body with some of its values changed: keys are paths, with __ between their parts."""
    body = bodies.body(source, name)
    for path, value in changes.items():
        node = body
        *parents, last = path.split("__")
        for parent in parents:
            node = node[parent]
        node[last] = value
    return body


def _signed(source: str, raw: bytes, at: datetime) -> dict[str, str]:
    secret = SECRET.encode()
    if source == "calendly":
        stamp = str(int(at.timestamp()))
        stamped = hmac.new(secret, stamp.encode() + b"." + raw, hashlib.sha256)
        return {"calendly-webhook-signature": f"t={stamp},v1={stamped.hexdigest()}"}
    mac = hmac.new(secret, raw, hashlib.sha256)
    if source == "calcom":
        return {"x-cal-signature-256": mac.hexdigest()}
    return {"x-shopify-hmac-sha256": base64.b64encode(mac.digest()).decode()}
