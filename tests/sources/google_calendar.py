"""A connected Google Calendar over memory, read from a server that behaves, and fails, as Google's is known to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kairos.sources.gcal import entry_id
from tests.app.sync.reading import NOW, Reading
from tests.sources.google_server import CREDENTIALS, GoogleServer

SOON = NOW + timedelta(days=3)
WHO = "haneul@example.com"


class World(Reading):
    """A connected calendar. `entries` applies what was told as `decide` would: the newest word wins."""

    every = timedelta(minutes=5)

    def __init__(self, server: GoogleServer | None = None, public_url: str = "") -> None:
        self.server = server or GoogleServer()
        settings = {"secrets": [CREDENTIALS], "calendar": "shop@example.com"}
        super().__init__("gcal", {"main": settings}, self.server, public_url=public_url)
        self.server.now = self.clock.now

    def entries(self) -> dict[str, str]:
        newest: dict[str, Any] = {}
        for event in self.events():
            before = newest.get(event.entry.id)
            if before is None or event.occurred_at >= before.occurred_at:
                newest[event.entry.id] = event
            if event.entry.replaces:
                newest.pop(event.entry.replaces, None)
        on = {id: event.entry for id, event in newest.items() if event.name == "entry_updated"}
        return {id: entry.starts_at.isoformat() for id, entry in on.items()}

    def is_as_google_has_it(self) -> bool:
        return self.entries() == {entry_id(id): at for id, at in self.server.live().items()}
