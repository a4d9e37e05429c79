"""The clocks of functions: each container has its own, and no two tell quite the same time."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from kairos.memory import MemoryClock
from tests.simulation.faults import Faults

SKEW_MAX = timedelta(seconds=2)
"""Harsher than AWS, whose time service keeps a host within milliseconds."""
PLACE, KINDS = "clocks", ("ahead", "behind")


class SkewedClock:
    """The true clock as one container shows it: ahead or behind by as much as the container was started with."""

    def __init__(self, true: MemoryClock, by: timedelta) -> None:
        self._true, self._by = true, by

    def now(self) -> datetime:
        return self._true.now() + self._by


class FunctionClocks:
    """Gives every container that is started a clock. Drawn apart from all else, so that a seed keeps its history."""

    def __init__(self, true: MemoryClock, faults: Faults, seed: int) -> None:
        faults.declare(PLACE, *KINDS)
        self._true, self._faults, self._random = true, faults, Random(f"clocks {seed}")

    def started(self) -> SkewedClock:
        """Return the clock of a container that starts now: right in every third, and in a world without faults."""
        kind = self._random.choice((None, *KINDS))
        if kind is None or self._faults.healed:
            return SkewedClock(self._true, timedelta())
        self._faults.hits[kind, PLACE] += 1
        by = SKEW_MAX * self._random.random()
        return SkewedClock(self._true, by if kind == "ahead" else -by)
