"""A connection that is read, over memory: everything that `sync` touches at hand, and what was told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kairos.app.ingest.ingest import Ingest
from kairos.app.sync.reading import Synced
from kairos.app.sync.sync import Sync
from kairos.memory import (
    MemoryArchive,
    MemoryClock,
    MemoryConnections,
    MemoryContacts,
    MemoryHints,
    MemoryIdentities,
    MemoryInbox,
    MemorySuppressions,
    MemorySyncStates,
)
from kairos.sources._pulling import Fetch

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


class Reading:
    """Connections of one source, by name, read through `fetch`; `options` are those of `Sync`."""

    every = timedelta(minutes=15)

    def __init__(
        self,
        source: str,
        connections: Mapping[str, Mapping[str, Any]],
        fetch: Fetch,
        now: datetime = NOW,
        **options: Any,
    ) -> None:
        self.source = source
        self.clock = MemoryClock(now)
        self.inbox, self.states, self.hints = MemoryInbox(self.clock), MemorySyncStates(), MemoryHints()
        self.contacts, self.suppressions, self.archive = MemoryContacts(), MemorySuppressions(), MemoryArchive()
        self.connections = MemoryConnections({(source, name): settings for name, settings in connections.items()})
        self.ingest = Ingest(
            MemoryIdentities(),
            self.contacts,
            self.suppressions,
            self.inbox,
            self.connections,
            self.archive,
            country="KR",
            hints=self.hints,
        )
        self.fetch, self.options = fetch, {"sources": (source,), **options}

    @property
    def sync(self) -> Sync:
        """Return what a container would have: nothing is remembered from one run to the next."""
        return Sync(self.ingest, self.connections, self.states, self.fetch, self.clock, **self.options)

    def run(self, later: timedelta | None = None) -> Synced:
        """Read what is due, so much later."""
        self.clock.advance(self.every if later is None else later)
        return self.sync.run()

    def follow(self) -> None:
        """Do what the hints ask for, as `sync` is called with them."""
        while self.hints.told:
            self.sync.hinted(*self.hints.told.pop(0))

    def events(self) -> list[Any]:
        """Return all that waits in the inbox."""
        return [event for one in self.inbox.waiting() for event in one.events]
