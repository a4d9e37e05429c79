"""States of connections that are read, written on condition of a revision."""

from __future__ import annotations

from dataclasses import replace

from kairos.app.sync.state import SyncState
from kairos.domain.errors import VersionConflict


class MemorySyncStates:
    """SyncStates."""

    def __init__(self) -> None:
        self.rows: dict[str, SyncState] = {}

    def read(self, source: str, connection: str) -> SyncState:
        blank = SyncState(source, connection)
        return self.rows.get(blank.key, blank)

    def save(self, state: SyncState) -> SyncState:
        if self.read(state.source, state.connection).revision != state.revision:
            raise VersionConflict(f"sync {state.key}")
        self.rows[state.key] = replace(state, revision=state.revision + 1)
        return self.rows[state.key]

    def all(self) -> list[SyncState]:
        return [self.rows[key] for key in sorted(self.rows)]
