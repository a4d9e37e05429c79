"""What will happen once, at a known instant: a mail's delivery, the retry of an invocation, a stream's back-off."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime

Act = Callable[[], None]


class Agenda:
    """Acts in order of their instant; those of one instant in the order in which they were noted."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Act]] = []
        self._order = itertools.count()

    def add(self, at: datetime, act: Act) -> None:
        """Note that `act` is to be done at `at`."""
        heapq.heappush(self._heap, (at, next(self._order), act))

    def next_due(self) -> datetime | None:
        """Return the earliest instant at which something is to be done."""
        return self._heap[0][0] if self._heap else None

    def run_due(self, now: datetime) -> bool:
        """Do everything due by `now`, and tell whether there was anything."""
        did = False
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2]()
            did = True
        return did

    def __len__(self) -> int:
        return len(self._heap)
