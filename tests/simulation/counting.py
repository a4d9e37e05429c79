"""Firehose and tally beside a world: records become objects after a minute, come again, late or twice; all is counted.

The truth is what every write of a profile decided, seen at the table; the archive's own path has no part in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from kairos.app.tally import Tally
from kairos.domain.errors import KairosError
from kairos.domain.profile import Profile
from kairos.domain.reason import MACHINE
from kairos.memory import MemoryArchive, MemoryClock, MemoryInsights
from tests.simulation.faults import Crash, Faults, FaultyPort
from tests.simulation.provider import Call

BUFFERED_FOR = timedelta(minutes=1)
NOTICE_AGAIN = timedelta(minutes=6)
COUNTED = ("entered", "holdout", "message", "held", "not_sent", "exited", "converted", "sent", "delivered", "opened")

Total = Counter[tuple[str, str, str]]  # (journey, step, kind)


class Surroundings(Protocol):
    """What counting needs of a world."""

    clock: MemoryClock
    faults: Faults

    def after(self, delay: timedelta, do: Callable[[], None]) -> None: ...


class Stream(MemoryArchive):
    """An archive whose object closes a minute after its first record."""

    def __init__(self, world: Surroundings, on_object: Callable[[str], None]) -> None:
        super().__init__()
        self._world, self._on_object, self._waiting = world, on_object, False

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        super().put(records)
        if not self._waiting:
            self._waiting = True
            self._world.after(BUFFERED_FOR, self._close)

    def _close(self) -> None:
        self._waiting = False
        name = self.close(self._world.clock.at)
        if name is not None:
            self._on_object(name)


class Counting:
    """The archive of one world, its insights, and what they must come to."""

    def __init__(self, world: Surroundings) -> None:
        self._world = world
        self.stream, self.insights = Stream(world, self._tell), MemoryInsights()
        self.archive = FaultyPort(self.stream, "decide>archive", ("put",), world.faults)
        insights = FaultyPort(self.insights, "tally>insights", ("counted", "add", "note_newest"), world.faults)
        reader: Any = FaultyPort(self.stream, "tally>archive", ("lines",), world.faults)
        self._tally = Tally(reader, insights, world.clock)
        self.truth: Total = Counter()
        self.sent: set[str] = set()
        self._seen: set[tuple[str, int]] = set()

    def saw(self, stored: Profile) -> None:
        """Take in what a write decided, as the table has it."""
        for written in stored.written.values():
            if written.version != stored.version or (stored.id, stored.version) in self._seen:
                continue
            self._seen.add((stored.id, stored.version))
            for reason in written.reasons:
                if reason.kind in COUNTED and reason.journey and reason.reason != MACHINE:
                    step = reason.step if reason.message else ""
                    self.truth[reason.journey, step, reason.kind] += 1
                if reason.kind == "sent":
                    assert reason.message not in self.sent, f"{reason.message} was said to be sent twice"
                    self.sent.add(reason.message)

    def totals(self) -> Total:
        """Return what was counted, over days, channels and reasons."""
        found: Total = Counter()
        for figure, number in self.insights.sums.items():
            if figure.kind in COUNTED and figure.reason != MACHINE:
                found[figure.journey, figure.step, figure.kind] += number
        return found

    def check(self, calls: Iterable[Call]) -> None:
        """What was counted is what happened, to the unit; nothing is counted as sent that no provider took."""
        assert self.totals() == self.truth, "I2: the archive was not counted exactly once"
        accepted = {call.message for call in calls if call.accepted}
        assert self.sent <= accepted, f"counted as sent and never accepted: {self.sent - accepted}"
        if not self._world.faults.hits:
            assert self.sent == accepted, f"accepted and never counted as sent: {accepted - self.sent}"

    def _tell(self, name: str) -> None:
        fault = self._world.faults.strike("archive", "notice twice", "notice late", "object repeated", rate=0.05)
        self._notice(name, timedelta(hours=3) if fault == "notice late" else timedelta(seconds=1))
        if fault == "notice twice":
            self._notice(name, timedelta(minutes=20))
        if fault == "object repeated":
            copy = f"{name}-again"
            self.stream.objects[copy] = [*reversed(self.stream.objects[name])]
            self._notice(copy, timedelta(seconds=1))

    def _notice(self, name: str, delay: timedelta) -> None:
        self._world.after(delay, lambda: self._count(name))

    def _count(self, name: str) -> None:
        try:
            done = self._tally.count(name)
        except (Crash, KairosError):
            self._notice(name, NOTICE_AGAIN)
            return
        assert (done.unreadable, done.late) == (0, 0), f"{name} could not be counted whole"
