"""Complaints by channel and day. `read` looks at the days of its window; nothing is dropped for its age."""

from __future__ import annotations

from datetime import date, datetime

from kairos.app.deliver.breaker import Reception, days


class MemoryComplaints:
    """Complaints."""

    def __init__(self) -> None:
        self.sent: dict[tuple[str, date], int] = {}
        self.complained: dict[tuple[str, date], set[str]] = {}
        self.stopped: dict[str, datetime] = {}

    def note_sent(self, channel: str, count: int, now: datetime) -> None:
        self.sent[channel, now.date()] = self.sent.get((channel, now.date()), 0) + count

    def note_complaint(self, channel: str, event: str, now: datetime) -> None:
        self.complained.setdefault((channel, now.date()), set()).add(event)

    def read(self, channel: str, now: datetime) -> Reception:
        return Reception(
            sum(self.sent.get((channel, day), 0) for day in days(now)),
            sum(len(self.complained.get((channel, day), ())) for day in days(now)),
            self.stopped.get(channel),
        )

    def stop(self, channel: str, now: datetime) -> None:
        self.stopped.setdefault(channel, now)

    def lift(self, channel: str) -> None:
        self.stopped.pop(channel, None)
        self.sent = {key: count for key, count in self.sent.items() if key[0] != channel}
        self.complained = {key: marks for key, marks in self.complained.items() if key[0] != channel}
