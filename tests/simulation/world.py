"""The whole loop in one process: every use case over `kairos.memory`, one seeded scheduler, one virtual clock.

The functions are in `stations`, what the cloud does between them in `traffic`, what the provider tells in `feedback`.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kairos.app.ports import Marks, Pointer
from kairos.domain.errors import Unavailable
from kairos.domain.event import WEBHOOK
from kairos.domain.profile import Profile
from kairos.memory import (
    MemoryAlarms,
    MemoryClock,
    MemoryConnections,
    MemoryConsents,
    MemoryContacts,
    MemoryCursor,
    MemoryCustomers,
    MemoryIdentities,
    MemoryInbox,
    MemoryLedger,
    MemoryOutbox,
    MemoryParking,
    MemoryReleases,
    MemorySendTokens,
    MemorySuppressions,
)
from kairos.registry import Request, load
from tests.simulation.between import (
    BETWEEN,
    OUTAGES,
    ContendedCustomers,
    LaggingIndex,
    repacked,
    resent,
    skewed,
)
from tests.simulation.clocks import FunctionClocks
from tests.simulation.counting import Counting
from tests.simulation.faults import Crash, Faults
from tests.simulation.feedback import Feedback
from tests.simulation.provider import Call
from tests.simulation.stations import Stations
from tests.simulation.traffic import Traffic

SWEEP_EVERY = timedelta(minutes=10)  # infra says 5: rarer is harsher, and a history costs half
SECOND = timedelta(seconds=1)
SOURCE_RETRIES_FOR = timedelta(hours=4)


class World:
    """One simulated deployment. Observers (`on_write`, `on_call`) are the checker's."""

    def __init__(self, bundle: Mapping[str, Any], start: datetime, seed: int, rate: float) -> None:
        self.faults = Faults(seed, rate)
        for place, (kinds, often) in BETWEEN.items():
            self.faults.declare(place, *kinds, rate=often)
        self.random = self.faults.random
        self.clock = MemoryClock(start)
        self.clocks = FunctionClocks(self.clock, self.faults, seed)
        self.agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._number = 0
        self.accepted: dict[str, datetime] = {}
        self.on_write: Callable[[Profile], None] = lambda profile: None
        self.on_call: Callable[[Call], None] = lambda call: None
        self.on_refusal: Callable[[Call], None] = lambda call: None
        self.on_hook: Callable[[str], None] = lambda id: None
        self.poison: list[str] = []
        self.down_until = start
        self.links_seen: list[Call] = []
        self.traffic, self.feedback = Traffic(self), Feedback(self)
        self._stores(bundle)
        self.counting = Counting(self)
        self.stations = Stations(self)
        self._every(SWEEP_EVERY, self.traffic.sweep)

    # ---- what is there -----------------------------------------------------------------------------------------

    def _stores(self, bundle: Mapping[str, Any]) -> None:
        self.customers = MemoryCustomers(stream=self.traffic.on_stream)
        self.inbox = MemoryInbox(self.clock)
        self.outbox = MemoryOutbox(self.clock)
        self.alarms = MemoryAlarms(self.clock)
        self.parking, self.effects_parking = MemoryParking(), MemoryParking()
        self.consents = MemoryConsents()
        self.identities, self.contacts = MemoryIdentities(), MemoryContacts()
        self.suppressions, self.ledger = MemorySuppressions(), MemoryLedger()
        self.tokens, self.cursor, self.releases = MemorySendTokens(), MemoryCursor(), MemoryReleases()
        self.releases.point(Pointer(self.releases.put_bundle(bundle)), None)
        self.contended = ContendedCustomers(self.customers)
        self.index = LaggingIndex(self.customers, self.clock, self.faults)
        self.cursor.write(Marks(hour=self.clock.at - timedelta(hours=1), armed_through=self.clock.at))
        self.connections = MemoryConnections(
            {
                ("track", "main"): {"secrets": ["secret"], "properties": {"*": ["total"]}},
                (WEBHOOK, "crm"): {"url": "https://hooks.example.com", "secrets": ["whsec_c2ltdWxhdGlvbg=="]},
            }
        )

    # ---- time --------------------------------------------------------------------------------------------------

    def at(self, when: datetime, do: Callable[[], None]) -> None:
        """Do something at an instant (at once when it has passed)."""
        heapq.heappush(self.agenda, (max(when, self.clock.at), self.next_number(), do))

    def after(self, delay: timedelta, do: Callable[[], None]) -> None:
        """Do something so long from now."""
        self.at(self.clock.at + delay, do)

    def run(self, until: datetime) -> None:
        """Live until an instant: what can run now runs in a drawn order, then the clock goes to the next thing."""
        while True:
            runnable = self.traffic.runnable()
            if runnable:
                self.random.choice(runnable)()
                continue
            following = self.traffic.next_instant()
            if following > until:
                self.clock.at = until
                return
            self.clock.at = max(self.clock.at, following)
            while self.agenda and self.agenda[0][0] <= self.clock.at:
                heapq.heappop(self.agenda)[2]()

    @property
    def is_down(self) -> bool:
        """Return whether no function runs now; queues, tables and Scheduler go on."""
        return self.clock.at < self.down_until

    def next_number(self) -> int:
        """Return a number that nothing else has."""
        self._number += 1
        return self._number

    def _every(self, period: timedelta, do: Callable[[], None]) -> None:
        def again() -> None:
            do()
            self.after(period, again)

        self.after(period, again)

    # ---- the source --------------------------------------------------------------------------------------------

    def say(self, call: Mapping[str, Any], since: datetime | None = None, *, again: bool = False) -> None:
        """Send one call as the source does: again until it is accepted or the source gives up; perhaps twice."""
        if since is None:
            since, fault = self.clock.at, self.faults.strike("source")
            again = fault == "duplicate"
            if fault == "skewed clock":
                call = skewed(call, timedelta(minutes=self.random.choice((-5, -1, 4))))
        try:
            self._take(call)
        except (Crash, Unavailable):
            if self.clock.at - since < SOURCE_RETRIES_FOR:
                delay = timedelta(seconds=self.random.choice((5, 60, 600)))
                self.after(delay, lambda: self.say(call, since, again=again))
            return
        self.accepted.setdefault(call["id"], self.clock.at)
        if again:
            later = timedelta(seconds=self.random.choice((1, 30, 400, 7_200, 100_000)))
            self.after(later, lambda: self.say(call, self.clock.at - SOURCE_RETRIES_FOR))

    def _take(self, call: Mapping[str, Any]) -> None:
        if self.is_down:
            raise Unavailable("ingest", "down")
        body = json.dumps({**call, "messageId": call["id"]}).encode()
        request = Request({}, body, self.clock.at, "main", self.connections.settings("track", "main"), "/v1/track")
        self.stations.ingest.take(load("sources", "track"), request, trusted=True)

    def unsubscribe(self, url: str) -> bool:
        """Click the link of a received message; return whether it was acknowledged."""
        if self.is_down:
            return False
        try:
            return self.stations.preferences.stop(url.rpartition("/")[2]).status == 200
        except Crash:
            return False

    # ---- functions and what lies between them ------------------------------------------------------------------

    def befall(self, editions: Sequence[Mapping[str, Any]]) -> None:
        """Let the operator's day come: a deployment with another edition of the definitions, an outage, or nothing."""
        fault = self.faults.strike("deployment")
        if fault in OUTAGES:
            self.down_until = self.clock.at + OUTAGES[fault]
        elif fault:
            self.deploy(self.random.choice(editions))

    def deploy(self, bundle: Mapping[str, Any]) -> None:
        """Publish, and start every function afresh: what lies in items and the stream is read as new code reads it."""
        self.releases.point(Pointer(self.releases.put_bundle(bundle)), self.releases.pointer())
        profiles = self.customers.profiles
        profiles.update({id: repacked(profile) for id, profile in profiles.items()})
        self.traffic.stream = [
            replace(record, image=replace(record.image, effects=resent(record.image.effects, record.image.version)))
            for record in self.traffic.stream
        ]
        self.stations = Stations(self)


def heal(world: World) -> None:
    """End all faults: from here on everything must come right by itself."""
    world.faults.healed = True
