"""Connections and their settings, by source and name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kairos.domain.errors import UnknownConnection


class MemoryConnections:
    """Connections, from a mapping of (source, connection) to settings."""

    def __init__(self, known: Mapping[tuple[str, str], Mapping[str, Any]] | None = None) -> None:
        self.known: dict[tuple[str, str], Mapping[str, Any]] = dict(known or {})

    def settings(self, source: str, connection: str) -> Mapping[str, Any]:
        if (source, connection) not in self.known:
            raise UnknownConnection(source, connection)
        return self.known[source, connection]

    def keep(self, source: str, connection: str, changed: Mapping[str, Any]) -> None:
        self.known[source, connection] = {**self.settings(source, connection), **changed}

    def connections(self, source: str) -> list[str]:
        return sorted(connection for of, connection in self.known if of == source)
