"""Alarms on a clock that somebody moves: whoever moves it rings them."""

from __future__ import annotations

from datetime import datetime

from kairos.app.ports import Clock, InboxMessage


class MemoryAlarms:
    """Alarms: what is set, until `ring` takes it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.set: set[tuple[datetime, str]] = set()

    def arm(self, profile: str, at: datetime) -> None:
        if at.second or at.microsecond or at <= self._clock.now():
            raise ValueError(f"an alarm is for a whole minute in the future, not {at}")
        self.set.add((at, profile))

    def ring(self, now: datetime) -> list[InboxMessage]:
        """Take the alarms that are due by now and return the wake-ups they put into the inbox."""
        due = sorted(alarm for alarm in self.set if alarm[0] <= now)
        self.set.difference_update(due)
        return [InboxMessage(profile, wake="schedule", correlation=f"{profile}-{at:%Y%m%d%H%M}") for at, profile in due]
