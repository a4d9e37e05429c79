"""Calendars of no vendor, read over memory: what they show, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kairos.app.sync.reading import Synced
from kairos.app.sync.state import SyncState
from kairos.app.sync.sync import Bounds
from kairos.sources import _calendar
from kairos.sources._calendar import Person, Sighting
from kairos.sources._pulling import Answer, Page, Pulling
from kairos.sources.ical import ICal
from tests.app.sync.reading import NOW, Reading

SOON = NOW + timedelta(days=3)


class Calendar(ICal):
    """A source whose connections show what a test puts up, and fail as it says."""

    def __init__(self) -> None:
        self.shown: dict[str, list[Sighting]] = {}
        self.failing: dict[str, Exception] = {}
        self.asked: list[str] = []
        self.seen: list[Pulling] = []

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        connection = pulling.settings["secrets"][0]
        self.asked.append(connection)
        self.seen.append(pulling)
        if connection in self.failing:
            raise self.failing[connection]
        yield from _calendar.changes(pulling, self.shown.get(connection, []))
        yield Page(cursor={"n": pulling.cursor.get("n", 0) + 1})


def no_fetch(method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, bytes_max: int = 0) -> Answer:
    raise AssertionError("nothing is fetched here")


class World(Reading):
    """Calendars of no vendor."""

    def __init__(self, *connections: str, **settings: Any) -> None:
        self.calendar = Calendar()
        known = {name: {"secrets": [name], **settings} for name in connections or ("main",)}
        super().__init__("ical", known, no_fetch, load_source=lambda name: self.calendar)

    def run(self, later: timedelta | None = None, bounds: Bounds | None = None) -> Synced:
        self.options["bounds"] = bounds
        return super().run(later)

    def told(self) -> list[tuple[str, str]]:
        found = [(event.name, event.entry.id) for event in self.events()]
        self.forget()
        return found

    def forget(self) -> None:
        """Take all that is in the inbox out of it."""
        while self.inbox.is_ready():
            self.inbox.delete([one.id for one in self.inbox.receive()])

    def state(self, connection: str = "main") -> SyncState:
        return self.states.read("ical", connection)


def yoga(id: str = "a", **changed: Any) -> Sighting:
    people = (Person("haneul@example.com", "Haneul"),)
    return replace(Sighting(id, SOON, SOON + timedelta(hours=1), title="Yoga", people=people), **changed)
