"""Which connections have been silent for too long, of those that tell us of things themselves.

`kairos.app.heard` says how long is too long. One that is read as well is only silent where the reading has found
something since: a shop in which nothing happened has nothing to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from kairos.app.heard import Heard, HeardOf, limit_of
from kairos.app.sync.state import SyncState
from kairos.domain.errors import Unavailable, UnknownConnection

READ_LATER = timedelta(hours=1)
"""A reading finds what a webhook told as well, a little later: only beyond that has it found what nobody told."""


class Connected(Protocol):
    """Connections, by source."""

    def connections(self, source: str) -> Sequence[str]:
        """Return the names of a source's connections. Raises Unavailable."""


class Silence:
    """Looks for it. `settings` returns those of a connection, and may raise UnknownConnection or Unavailable."""

    def __init__(self, heard: HeardOf, connected: Connected, settings: Callable[[str, str], Mapping[str, Any]]) -> None:
        self._heard = heard
        self._connected = connected
        self._settings = settings

    def of(self, read: Mapping[str, SyncState], now: datetime) -> list[Heard]:
        """Return those that are silent. `read` are the connections that are read, by their keys. Raises Unavailable."""
        return [
            one
            for one in self._heard.all()
            if one.is_silent(now) and is_missed(one, read.get(one.key)) and self._is_meant(one, now)
        ]

    def _is_meant(self, one: Heard, now: datetime) -> bool:
        """Return whether it is connected still, and its owner has not allowed a longer silence since."""
        try:
            if one.connection not in self._connected.connections(one.source):
                return False
            limit = limit_of(one.source, self._settings(one.source, one.connection))
        except (Unavailable, UnknownConnection):
            return False  # it is asked again in five minutes
        return replace(one, limit=limit).is_silent(now)


def is_missed(heard: Heard, read: SyncState | None) -> bool:
    """Return whether something is known to have gone untold, or nobody could know it."""
    if read is None or heard.event_at is None:
        return True
    return read.event_at is not None and read.event_at - heard.event_at > READ_LATER
