"""Rounds of walks on a clock that somebody moves."""

from __future__ import annotations

from datetime import datetime

from kairos.app.ports import Clock


class MemoryRounds:
    """Rounds: what is called, until `due` takes it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.called: set[tuple[datetime, str]] = set()

    def call(self, walk: str, at: datetime) -> None:
        if at.second or at.microsecond or at <= self._clock.now():
            raise ValueError(f"a round is called for a whole minute to come, not {at}")
        self.called.add((at, walk))

    def due(self, now: datetime) -> list[str]:
        """Take the rounds that are due by now."""
        due = sorted(round for round in self.called if round[0] <= now)
        self.called.difference_update(due)
        return [walk for _, walk in due]
