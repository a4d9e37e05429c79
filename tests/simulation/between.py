"""What AWS does between our functions where it keeps no promise: what may befall each place, how often, and the ports
that play it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kairos.app.ports import Due
from kairos.aws.codec import read_effects, read_state, write_effects, write_state
from kairos.domain.effects import Effect
from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.domain.merge import told
from kairos.domain.profile import SCHEMA, Profile
from kairos.memory import MemoryAlarms, MemoryClock, MemoryCustomers
from tests.simulation.faults import Faults

INDEX_LAG = timedelta(minutes=5)
"""Harsher than AWS, which speaks of seconds; `sweep` allows for twice this (its SETTLING)."""

BETWEEN: Mapping[str, tuple[tuple[str, ...], float]] = {
    "source": (("duplicate", "skewed clock"), 0.12),
    "inbox": (("delay", "acknowledgement lost", "two at once", "poison"), 0.03),
    "stream": (("records lost", "repeated"), 0.02),
    "scheduler": (("schedule lost", "rings twice", "rings late"), 0.1),
    "alarms": (("refused for good",), 0.04),
    "index": (("stale",), 0.5),
    "outbox": (("messages lost", "duplicate", "delay"), 0.04),
    "archive": (("notice twice", "notice late", "object repeated"), 0.05),
    "feedback": (("lost", "duplicate", "late", "complaint"), 0.1),
    "deployment": (("new code and definitions", "down for an hour", "down for 25 hours"), 0.25),
}
"""Place → what may befall it, and how often."""

RATES: Mapping[str, float] = {
    "sweep>index": 0.001,  # one run asks for some forty hours
    "sweep>cursor": 0.02,
    "sweep>alarms": 0.4,
    "deliver>ledger": 0.06,
    "deliver>ledger.free": 0.4,
    "deliver>outbox": 0.4,
    "preferences>suppressions": 0.4,
    "preferences>inbox": 0.4,
    "decide>parking": 0.4,
    "dispatch>parking": 0.6,
    "ingest>suppressions": 0.4,
    "ingest>identities.settle": 0.2,
    "releases.bundle": 0.4,
}
"""How often a call is struck where that is not the seed's own rate: some are made by the hundred, some hardly ever."""

OUTAGES = {"down for an hour": timedelta(hours=1), "down for 25 hours": timedelta(hours=25)}


class LaggingIndex:
    """The wake index as it is read: what was just written may not be in it yet."""

    def __init__(self, customers: MemoryCustomers, clock: MemoryClock, faults: Faults) -> None:
        self._customers, self._clock, self._faults = customers, clock, faults
        self.written: dict[str, datetime] = {}

    def due(self, hour: datetime, since: datetime, until: datetime, after: str = "") -> Iterator[Due]:
        for row in self._customers.due(hour, since, until, after):
            if self._clock.at - self.written[row.profile] > INDEX_LAG or self._faults.strike("index") is None:
                yield row


class ContendedCustomers:
    """Customers with a second writer: `rival` is run once, just before somebody else's write."""

    def __init__(self, customers: MemoryCustomers) -> None:
        self._customers = customers
        self.rival: Callable[[], object] | None = None

    def read(self, profile: str) -> Profile | None:
        return self._customers.read(profile)

    def write(
        self, profile: Profile, effects: Sequence[Effect], wake_at: datetime | None, ttl: datetime | None
    ) -> None:
        rival, self.rival = self.rival, None
        if rival is not None:
            rival()
        self._customers.write(profile, effects, wake_at, ttl)


class StubbornAlarms:
    """Scheduler, which now and then refuses an alarm in a way that no repetition mends."""

    def __init__(self, alarms: MemoryAlarms, faults: Faults) -> None:
        self._alarms, self._faults = alarms, faults

    def arm(self, profile: str, at: datetime) -> None:
        if self._faults.strike("alarms"):
            raise ValueError("Scheduler says no")
        self._alarms.arm(profile, at)


def poison(number: int, profile: str, now: datetime) -> Event:
    """Return an event that no decision can take."""
    return told(digest("poison", str(number)), "nonsense", profile, now, {})


def repacked(profile: Profile) -> Profile:
    """Return the profile as a container that was just started reads it."""
    return read_state(write_state(profile), SCHEMA, profile.version)


def resent(effects: tuple[Effect, ...], version: int) -> tuple[Effect, ...]:
    """Return the effects as they come out of the stream."""
    return read_effects(write_effects(effects, version))[1]


def skewed(call: Mapping[str, Any], by: timedelta) -> dict[str, Any]:
    """Return a call of a source whose clock is wrong."""
    return {**call, "at": (datetime.fromisoformat(call["at"]) + by).isoformat()}
