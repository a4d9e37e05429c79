"""Let time pass: from one due instant to the next, and at each everything in one fixed order.

Reports and retries (the agenda), then schedules, then rules, then expiry; after each of them streams and queues run
until they are dry. The next instant is the earliest of all of these and of the queues' hidden messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from kairos.local.clock import VirtualClock
from kairos.local.errors import LocalError
from kairos.local.parts import Parts
from kairos.local.ttl import TimeToLive

# A stack that keeps feeding itself at one instant would never let time pass.
ROUNDS_MAX = 100_000


class Timeline:
    """The passing of time for one cloud."""

    def __init__(self, parts: Parts, clock: VirtualClock, tables: Callable[[], Iterable[Any]]) -> None:
        self._parts, self._clock = parts, clock
        self.ttl = TimeToLive(tables, clock.now())

    def settle(self) -> None:
        """Run streams and queues dry at the present instant; raise `LocalError` where they feed themselves for ever."""
        for _ in range(ROUNDS_MAX):
            if not self._round():
                return
        raise LocalError(f"the stack keeps itself busy at {self._clock.now().isoformat()}")

    def advance(self, until: datetime, watch: Callable[[datetime], None] | None = None) -> None:
        """Live until `until`, inclusive; raise ValueError for the past."""
        if until < self._clock.now():
            raise ValueError(f"the clock stands at {self._clock.now().isoformat()} and cannot go back")
        self.settle()
        while (due := self.next_due()) is not None and due <= until:
            self._clock.move_to(max(due, self._clock.now()))
            self._happen()
            if watch is not None:
                watch(self._clock.now())
        self._clock.move_to(max(until, self._clock.now()))

    def next_due(self) -> datetime | None:
        """Return the next instant at which something happens by itself."""
        now, parts = self._clock.now(), self._parts
        dues = [parts.agenda.next_due(), parts.scheduler.next_due(), parts.bus.next_due(), self.ttl.next_due()]
        dues += [source.next_due(now) for source in parts.queue_sources]
        dues += [source.next_due(now) for source in parts.stream_sources]
        return min((due for due in dues if due is not None), default=None)

    def _happen(self) -> None:
        now = self._clock.now()
        self._parts.agenda.run_due(now)
        self.settle()
        self._parts.scheduler.run_due(now)
        self._parts.bus.run_due(now)
        self.ttl.run_due(now)
        self.settle()

    def _round(self) -> bool:
        now, parts = self._clock.now(), self._parts
        busy = parts.agenda.run_due(now)
        for stream in parts.stream_sources:
            busy |= stream.run(now)
        for queue in parts.queue_sources:
            busy |= queue.run(now)
        return busy
