"""The virtual clock: the only clock of the process while a cloud runs.

time-machine moves `time.time`, `datetime.now` and all that build on them, so that moto, botocore's signatures,
Powertools and our own `kairos.clock` agree on the instant. `time.monotonic` is left alone: it measures, and tells
nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import time_machine


class VirtualClock:
    """A clock that stands still until it is moved, and only moves forward."""

    def __init__(self, start: datetime) -> None:
        self._now = _utc(start)
        self._travel: Any = None
        self._coordinates: Any = None

    def start(self) -> None:
        """Take over the time of this process."""
        self._travel = time_machine.travel(self._now, tick=False)
        self._coordinates = self._travel.start()

    def stop(self) -> None:
        """Give the process its own time back."""
        if self._travel is not None:
            self._travel.stop()
        self._travel = self._coordinates = None

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Let it be `instant`; raise ValueError for the past."""
        instant = _utc(instant)
        if instant < self._now:
            raise ValueError(f"the clock stands at {self._now.isoformat()} and cannot go back to {instant.isoformat()}")
        self._now = instant
        if self._coordinates is not None:
            self._coordinates.move_to(instant)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a naive datetime has no place in time: give it a zone")
    return instant.astimezone(UTC)
