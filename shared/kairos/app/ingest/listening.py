"""Each connection's last word, written down now and then: an event costs a look into a dictionary, and a connection one
write in a quarter of an hour from each container that hears it.

What came meanwhile is counted here and goes with the next write; a container that ends in between takes at most a
quarter of an hour of counts with it, and no instant that matters for longer. The first refusal is written at once: who
connects a source wants to know why nothing comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kairos.app.heard import Heard, HeardOf, limit_of
from kairos.domain.errors import KairosError

EVERY = timedelta(minutes=15)
CONNECTIONS_MAX = 1_000


@dataclass(slots=True)
class _Since:
    """What came of one connection since it was last written."""

    events: int = 0
    event_at: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    refused: int = 0
    refused_at: datetime | None = None
    why: str = ""
    events_from: datetime | None = None
    refusals_from: datetime | None = None


class Listening:
    """What one container heard. That it could not be written fails no request: it is tried again with the next."""

    def __init__(self, kept: HeardOf) -> None:
        self._kept = kept
        self._since: dict[tuple[str, str], _Since] = {}

    def hear(self, source: str, connection: str, events: int, settings: Mapping[str, Any], now: datetime) -> None:
        """Note events that are in the inbox, of a connection with these settings."""
        since = self._of(source, connection)
        since.events, since.event_at, since.settings = since.events + events, now, settings
        if since.events_from is None or now >= since.events_from:
            self._write(source, connection, since, now)

    def refuse(self, source: str, connection: str, why: str, now: datetime) -> None:
        """Note that a request was refused. `why` is in our own words, nothing of the request is in it."""
        since = self._of(source, connection)
        since.refused, since.refused_at, since.why = since.refused + 1, now, why
        if since.refusals_from is None or now >= since.refusals_from:
            self._write(source, connection, since, now)

    def _of(self, source: str, connection: str) -> _Since:
        if len(self._since) >= CONNECTIONS_MAX and (source, connection) not in self._since:
            self._since.clear()  # far beyond what one shop has: what is lost is a count
        return self._since.setdefault((source, connection), _Since())

    def _write(self, source: str, connection: str, since: _Since, now: datetime) -> None:
        if since.event_at is not None:
            since.events_from = now + EVERY
        if since.refused_at is not None:
            since.refusals_from = now + EVERY
        try:
            before = self._kept.read(source, connection)
            if since.refused == 0 and _is_recent(before, now):
                return  # another container wrote of it: what this one counted goes with its next
            self._kept.save(_told(before, since))
        except KairosError:
            return
        since.events = since.refused = 0


def _is_recent(before: Heard, now: datetime) -> bool:
    return before.event_at is not None and now - before.event_at < EVERY


def _told(before: Heard, since: _Since) -> Heard:
    heard = before
    if since.events and since.event_at is not None:
        heard = heard.with_events(since.events, since.event_at, limit_of(before.source, since.settings))
    if since.refused and since.refused_at is not None:
        heard = heard.with_refusals(since.refused, since.refused_at, since.why)
    return heard
