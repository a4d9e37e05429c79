"""Raw lines of a simulation: a source's own body through production `ingest` over `kairos.memory`, unsigned."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kairos import registry
from kairos.app.ingest.identifiers import identifiers
from kairos.app.ingest.ingest import Ingest
from kairos.app.ports import InboxMessage
from kairos.domain.errors import BadInput
from kairos.domain.event import Event
from kairos.memory import MemoryArchive, MemoryConnections, MemoryContacts, MemoryIdentities, MemorySuppressions
from kairos.registry import Named, Request

CONNECTION = "simulated"


@dataclass
class _Tray:
    """An inbox from which each line's events are taken at once."""

    messages: list[InboxMessage] = field(default_factory=list)

    def put(self, messages: Sequence[InboxMessage]) -> None:
        self.messages.extend(messages)

    def take(self) -> list[Event]:
        events = [event for message in self.messages for event in message.events]
        self.messages.clear()
        return events


class RawEvents:
    """Translates raw lines, and knows which profile of the canonical lines an address belongs to."""

    def __init__(self, country: str | None, declared: Mapping[str, registry.Source] | None = None) -> None:
        self._country = country or None
        self._declared = declared or {}
        self._identities = MemoryIdentities()
        self._tray = _Tray()
        self._ingest = Ingest(
            self._identities,
            MemoryContacts(),
            MemorySuppressions(),
            self._tray,
            MemoryConnections(),
            MemoryArchive(),
            self._country,
        )

    def know(self, profile: str, traits: Mapping[str, Any]) -> None:
        """Remember the addresses that a canonical line gives a profile: raw bodies name people by them."""
        named = [Named(kind, traits[kind]) for kind in ("email", "phone") if isinstance(traits.get(kind), str)]
        for found in identifiers(named, "", self._country):
            self._identities.known.setdefault((found.kind, found.scope, found.value), profile)

    def translate(self, row: Mapping[str, Any], received_at: datetime) -> list[Event]:
        """Return the events of one raw line; people who cannot be told apart make none. Raises Rejected errors."""
        name = row.get("source")
        known = [*registry.names("sources"), *self._declared]
        if not isinstance(name, str) or name not in known:
            raise BadInput("source", f"one of {', '.join(known)}")
        source = self._declared[name] if name in self._declared else registry.load("sources", name)
        self._ingest.take(source, _request(source, row, received_at), trusted=True)
        return self._tray.take()


def _request(source: registry.Source, row: Mapping[str, Any], received_at: datetime) -> Request:
    body, headers = row["body"], {"content-type": "application/json"}
    topic = row.get("topic")
    if topic is not None:
        place, key = source.topic_at
        if place == "header":
            headers[key] = str(topic)
        elif isinstance(body, Mapping) and key not in body:
            body = {**body, key: topic}
    raw = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
    return Request(headers, raw, received_at, CONNECTION, {}, "")
