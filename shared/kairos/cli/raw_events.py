"""Raw lines of a simulation: a source's own body, translated by the source's own file, without its signature."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos import registry
from kairos.app.identifiers import identifiers
from kairos.domain.errors import BadInput
from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.memory import MemoryIdentities
from kairos.registry import Named, Parsed, Request

CONNECTION = "simulated"


class RawEvents:
    """Translates raw lines, and knows which profile of the canonical lines an address belongs to."""

    def __init__(self, country: str | None) -> None:
        self._country = country or None
        self._identities = MemoryIdentities()

    def know(self, profile: str, traits: Mapping[str, Any]) -> None:
        """Remember the addresses that a canonical line gives a profile: raw bodies name people by them."""
        named = [Named(kind, traits[kind]) for kind in ("email", "phone") if isinstance(traits.get(kind), str)]
        for found in identifiers(named, "", self._country):
            self._identities.known.setdefault((found.kind, found.scope, found.value), profile)

    def translate(self, row: Mapping[str, Any], received_at: datetime) -> list[Event]:
        """Return the events of one raw line; people who cannot be told apart make none. Raises Rejected errors."""
        name = row.get("source")
        if not isinstance(name, str) or name not in registry.names("sources"):
            raise BadInput("source", f"one of {', '.join(registry.names('sources'))}")
        source = registry.load("sources", name)
        request = self._request(source, row, received_at)
        parsed = source.parse(request, trusted=True)
        return [event for fact in parsed if (event := self._event(name, source, fact, received_at)) is not None]

    def _request(self, source: Any, row: Mapping[str, Any], received_at: datetime) -> Request:
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

    def _event(self, name: str, source: Any, parsed: Parsed, received_at: datetime) -> Event | None:
        profile = next((named.value for named in parsed.who if named.kind == "profile"), None)
        group = identifiers(parsed.who, f"{name}/{CONNECTION}", self._country)
        if profile is None and not group:
            return None
        return replace(
            parsed.event,
            id=digest(name, CONNECTION, parsed.key),
            profile=profile or self._identities.resolve([group], received_at)[0],
            source=name,
            connection=CONNECTION,
            retry_horizon=source.retry_horizon,
        ).clamped()
