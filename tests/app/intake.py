"""An ingest over memory, whose every dependency is noted in order and can be made to fail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.app.http import HttpAnswer, HttpRequest
from kairos.app.ingest.acquaintances import Acquaintances
from kairos.app.ingest.front import handle
from kairos.app.ingest.ingest import Ingest
from kairos.app.ingest.listening import Listening
from kairos.app.ports import Identifier, InboxMessage, Resolved
from kairos.domain.errors import Throttled, Unavailable
from kairos.memory import (
    MemoryArchive,
    MemoryClock,
    MemoryComplaints,
    MemoryConnections,
    MemoryContacts,
    MemoryIdentities,
    MemoryInbox,
    MemorySuppressions,
)
from kairos.registry import names
from tests.sources import bodies

NOW = bodies.NOW
WEBHOOK_SECRET = "whsec_" + "SU1Q" * 8
SETTINGS = {"secrets": ["main.secret", WEBHOOK_SECRET], "public_keys": ["main.public"], "country": "KR"}
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

    def resolve(self, groups: Sequence[Sequence[Identifier]], now: datetime) -> list[Resolved]:
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


class NotedArchive(MemoryArchive):
    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.journal.note("archive")
        super().put(records)


class NotedConnections(MemoryConnections):
    def __init__(self, journal: Journal) -> None:
        super().__init__({(source, "main"): SETTINGS for source in names("sources")})
        self.journal = journal

    def settings(self, source: str, connection: str) -> Mapping[str, Any]:
        if self.journal.failing == "connections":
            raise Unavailable("connections")
        return super().settings(source, connection)


class Station:
    """An ingest over memory, with everything that it touches at hand."""

    def __init__(self, acquaintances: Acquaintances | None = None, listening: Listening | None = None) -> None:
        self.journal = Journal()
        self.identities = NotedIdentities(self.journal)
        self.contacts = NotedContacts(self.journal)
        self.suppressions = NotedSuppressions(self.journal)
        self.inbox = NotedInbox(self.journal)
        self.connections = NotedConnections(self.journal)
        self.archive = NotedArchive(self.journal)
        self.complaints = MemoryComplaints()
        self.ingest = Ingest(
            self.identities,
            self.contacts,
            self.suppressions,
            self.inbox,
            self.connections,
            self.archive,
            complaints=self.complaints,
            acquaintances=acquaintances,
            listening=listening,
        )

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
