"""The whole loop in one process: every use case over `kairos.memory`, one seeded scheduler, one virtual clock.

What the cloud does between our functions is played here: batches, visibility, the stream, Scheduler, the provider's
feedback. Any call of a port may fail in any way `faults.CALL_FAULTS` names; queues repeat, delay and lose.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kairos.app.deliver import Deliver
from kairos.app.dispatch import Dispatch, Image
from kairos.app.gates import Gates
from kairos.app.inbox import HandleInbox
from kairos.app.ingest import Ingest
from kairos.app.live import LiveRelease
from kairos.app.outcome import Request as DeliverRequest
from kairos.app.ports import OutboxMessage, Pointer
from kairos.app.preferences import Preferences
from kairos.app.sweep import Sweep
from kairos.app.unsubscribe import UnsubscribeLinks
from kairos.domain.effects import Effect
from kairos.domain.errors import KairosError, Rejected, Unavailable
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason
from kairos.memory import (
    MemoryAlarms,
    MemoryClock,
    MemoryConnections,
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
from tests.simulation.counting import Counting
from tests.simulation.faults import Crash, Faults, FaultyPort
from tests.simulation.provider import Call, FakeChannel

VISIBILITY = timedelta(minutes=3)
STREAM_RETRY = timedelta(seconds=5)
SWEEP_EVERY = timedelta(minutes=10)  # infra says 5: rarer is harsher, and a history costs half
SECOND = timedelta(seconds=1)
SOURCE_RETRIES_FOR = timedelta(hours=4)


class Keys:
    """One key, for links."""

    current = "1"
    keys: Mapping[str, bytes] = {"1": b"k" * 32}

    def derive(self, purpose: str, key_id: str | None = None) -> bytes:
        return purpose.encode().ljust(32, b"0")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the stream."""

    sequence: int
    image: Image


class World:
    """One simulated deployment. Observers (`on_write`, `on_call`, `on_reason`) are the checker's."""

    def __init__(self, bundle: Mapping[str, Any], start: datetime, seed: int, rate: float) -> None:
        self.faults = Faults(seed, rate)
        self.random = self.faults.random
        self.clock = MemoryClock(start)
        self.agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._number = 0
        self.accepted: dict[str, datetime] = {}
        self.on_write: Callable[[Profile], None] = lambda profile: None
        self.on_call: Callable[[Call], None] = lambda call: None
        self.on_reasons: Callable[[list[Reason]], None] = lambda reasons: None
        self.links_seen: list[Call] = []
        self._stores(bundle)
        self.counting = Counting(self)
        self._functions()
        self._every(SWEEP_EVERY, self._sweep)

    # ---- what is there -----------------------------------------------------------------------------------------

    def _stores(self, bundle: Mapping[str, Any]) -> None:
        self.customers = MemoryCustomers(stream=self._on_stream)
        self.inbox = MemoryInbox(self.clock)
        self.outbox = MemoryOutbox(self.clock)
        self.alarms = MemoryAlarms(self.clock)
        self.parking, self.effects_parking = MemoryParking(), MemoryParking()
        self.identities, self.contacts = MemoryIdentities(), MemoryContacts()
        self.suppressions, self.ledger = MemorySuppressions(), MemoryLedger()
        self.tokens, self.cursor, self.releases = MemorySendTokens(), MemoryCursor(), MemoryReleases()
        self.releases.point(Pointer(self.releases.put_bundle(bundle)), None)
        self.connections = MemoryConnections(
            {("track", "main"): {"secrets": ["secret"], "properties": {"*": ["total"]}}}
        )
        self.stream: list[Record] = []
        self.stream_from = self.clock.at
        self.inflight: list[tuple[datetime, list[str]]] = []

    def _functions(self) -> None:
        def faulty(port: Any, place: str, *methods: str) -> Any:
            return FaultyPort(port, place, methods, self.faults)

        releases = faulty(self.releases, "releases", "pointer", "bundle")
        inbox = {name: faulty(self.inbox, f"{name}>inbox", "put") for name in _SENDERS}
        customers = faulty(self.customers, "decide>customers", "read", "write")
        self.ingest = Ingest(
            faulty(self.identities, "ingest>identities", "resolve", "settle"),
            faulty(self.contacts, "ingest>contacts", "put"),
            faulty(self.suppressions, "ingest>suppressions", "suppress"),
            inbox["ingest"],
            self.connections,
            "KR",
        )
        parking = faulty(self.parking, "decide>parking", "park")
        self.handle = HandleInbox(customers, releases, parking, self.clock, self.counting.archive)  # type: ignore[arg-type]
        self.dispatch = Dispatch(
            inbox["dispatch"],
            faulty(self.outbox, "dispatch>outbox", "put"),
            faulty(self.alarms, "dispatch>alarms", "arm"),
            faulty(self.effects_parking, "dispatch>parking", "park"),
            self.clock,
        )
        self.sweep = Sweep(
            faulty(self.customers, "sweep>index", "due"),
            inbox["sweep"],
            faulty(self.alarms, "sweep>alarms", "arm"),
            faulty(self.cursor, "sweep>cursor", "read", "write"),
            self.clock,
        )
        links = UnsubscribeLinks(Keys, "https://example.com")
        self.preferences = Preferences(
            faulty(self.suppressions, "preferences>suppressions", "suppress_hashed"),
            inbox["preferences"],
            links,
            lambda: "Harbour",
            self.clock,
        )
        self.deliver = self._deliver(links, releases, inbox["deliver"], faulty)

    def _deliver(self, links: UnsubscribeLinks, releases: Any, inbox: Any, faulty: Callable[..., Any]) -> Deliver:
        channels: Any = {
            name: FakeChannel(name, address, self.faults, self.clock.now, self._called, name == "email")
            for name, address in (("email", "email"), ("sms", "phone"))
        }
        gates = Gates(
            faulty(self.customers, "deliver>customers", "read"),
            faulty(self.contacts, "deliver>contacts", "fetch"),
            faulty(self.suppressions, "deliver>suppressions", "suppressed"),
            LiveRelease(releases).read,
            channels,
            links,
            self.suppressions.hash_address,
            self.clock,
        )
        return Deliver(
            gates,
            LiveRelease(releases).read,
            faulty(self.ledger, "deliver>ledger", "claim", "record", "free"),
            faulty(self.tokens, "deliver>tokens", "lease"),
            faulty(self.outbox, "deliver>outbox", "put"),
            inbox,
            channels,
            dict.fromkeys(channels),
            self.clock,
        )

    # ---- time --------------------------------------------------------------------------------------------------

    def at(self, when: datetime, do: Callable[[], None]) -> None:
        """Do something at an instant (at once when it has passed)."""
        self._number += 1
        heapq.heappush(self.agenda, (max(when, self.clock.at), self._number, do))

    def after(self, delay: timedelta, do: Callable[[], None]) -> None:
        """Do something so long from now."""
        self.at(self.clock.at + delay, do)

    def run(self, until: datetime) -> None:
        """Live until an instant: what can run now runs in a drawn order, then the clock goes to the next thing."""
        while True:
            runnable = self._runnable()
            if runnable:
                self.random.choice(runnable)()
                continue
            following = self._next_instant()
            if following > until:
                self.clock.at = until
                return
            self.clock.at = max(self.clock.at, following)
            while self.agenda and self.agenda[0][0] <= self.clock.at:
                heapq.heappop(self.agenda)[2]()

    def _runnable(self) -> list[Callable[[], None]]:
        now = self.clock.at
        self._return_expired(now)
        out: list[Callable[[], None]] = []
        if self.inbox.is_ready():
            out.append(self._poll_inbox)
        if self.stream and self.stream_from <= now:
            out.append(self._poll_stream)
        if any(at <= now for queue in (self.outbox.transactional, self.outbox.marketing) for at, _ in queue):
            out.append(self._poll_outbox)
        if any(at <= now for at, _ in self.alarms.set):
            out.append(self._ring)
        return out

    def _next_instant(self) -> datetime:
        instants = [at for queue in (self.outbox.transactional, self.outbox.marketing) for at, _ in queue]
        instants += [at for at, _ in self.alarms.set] + [at for at, _ in self.inflight]
        instants += [self.agenda[0][0]] if self.agenda else []
        instants += [self.stream_from] if self.stream else []
        return max(self.clock.at, min(instants))

    def _every(self, period: timedelta, do: Callable[[], None]) -> None:
        def again() -> None:
            do()
            self.after(period, again)

        self.after(period, again)

    # ---- the source --------------------------------------------------------------------------------------------

    def say(self, call: Mapping[str, Any], since: datetime | None = None) -> None:
        """Send one call as the source does: again until it is accepted or the source gives up; perhaps twice."""
        since = since or self.clock.at
        body = json.dumps({**call, "messageId": call["id"]}).encode()
        request = Request({}, body, self.clock.at, "main", self.connections.settings("track", "main"), "/v1/track")
        try:
            self.ingest.take(load("sources", "track"), request, trusted=True)
        except (Crash, Unavailable):
            if self.clock.at - since < SOURCE_RETRIES_FOR:
                self.after(timedelta(seconds=self.random.choice((5, 60, 600))), lambda: self.say(call, since))
            return
        self.accepted.setdefault(call["id"], self.clock.at)
        if self.faults.strike("source", "duplicate", rate=0.1):
            later = timedelta(seconds=self.random.choice((1, 30, 400, 7_200)))
            self.after(later, lambda: self.say(call, self.clock.at - SOURCE_RETRIES_FOR))

    def unsubscribe(self, url: str) -> bool:
        """Click the link of a received message; return whether it was acknowledged."""
        try:
            return self.preferences.stop(url.rpartition("/")[2]).status == 200
        except Crash:
            return False

    # ---- functions and what lies between them ------------------------------------------------------------------

    def _poll_inbox(self) -> None:
        batch = self.inbox.receive(self.random.randint(1, 10))
        ids = [received.id for received in batch]
        fault = self.faults.strike("inbox", "delay", "acknowledgement lost", rate=0.02)
        if fault == "delay":
            self._hide(ids, timedelta(seconds=self.random.choice((60, 1_800, 7_200))))
            return
        try:
            applied = self.handle.apply(batch)
        except (Crash, KairosError):
            self._hide(ids, VISIBILITY)
            return
        self.on_reasons(applied.reasons)
        if fault == "acknowledgement lost":
            self._hide(ids, VISIBILITY)
            return
        self.inbox.delete(set(ids) - set(applied.failed))
        self._hide([id for id in ids if id in set(applied.failed)], VISIBILITY)

    def _hide(self, ids: list[str], delay: timedelta) -> None:
        if ids:
            self.inflight.append((self.clock.at + delay, ids))

    def _return_expired(self, now: datetime) -> None:
        for expired in [row for row in self.inflight if row[0] <= now]:
            self.inflight.remove(expired)
            self.inbox.give_back(expired[1])

    def _on_stream(self, profile: str, version: int, effects: tuple[Effect, ...]) -> None:
        stored = self.customers.profiles[profile]
        self.on_write(stored)
        self.counting.saw(stored)
        if effects:
            self.stream.append(Record(len(self.stream), Image(str(self._next()), profile, version, version, effects)))

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _poll_stream(self) -> None:
        size = self.random.randint(1, 10)
        batch = self.stream[:size]
        if self.faults.strike("stream", "records lost", rate=0.01):
            del self.stream[:size]
            return
        try:
            done = self.dispatch.perform([record.image for record in batch])
        except Crash:
            self.stream_from = self.clock.at + STREAM_RETRY
            return
        if done.failed is None:
            if not self.faults.strike("stream", "repeated", rate=0.02):
                del self.stream[:size]
            return
        kept = next(index for index, record in enumerate(batch) if record.image.sequence == done.failed)
        del self.stream[:kept]
        self.stream_from = self.clock.at + STREAM_RETRY

    def _ring(self) -> None:
        for wake in self.alarms.ring(self.clock.at):
            fault = self.faults.strike("scheduler", "schedule lost", "rings twice", "rings late", rate=0.1)
            if fault == "schedule lost":
                continue
            if fault == "rings late":
                self.after(timedelta(seconds=self.random.choice((50, 900))), lambda w=wake: self.inbox.put([w]))  # type: ignore[misc]
                continue
            self.inbox.put([wake])
            if fault == "rings twice":
                self.after(timedelta(minutes=6), lambda w=wake: self.inbox.put([w]))  # type: ignore[misc]

    def _sweep(self) -> None:
        try:
            self.sweep.run()
        except (Crash, KairosError):
            return

    def _poll_outbox(self) -> None:
        queue = self.outbox.transactional if self._has_visible(self.outbox.transactional) else self.outbox.marketing
        visible = [row for row in queue if row[0] <= self.clock.at][: self.random.randint(1, 10)]
        for row in visible:
            queue.remove(row)
        fault = self.faults.strike("outbox", "messages lost", "duplicate", "delay", rate=0.03)
        if fault == "messages lost":
            return
        if fault == "delay":
            self._return_to(queue, [row[1] for row in visible], timedelta(hours=self.random.choice((1, 20))))
            return
        messages = [row[1] for row in visible]
        if fault == "duplicate":
            self._return_to(queue, messages, timedelta(seconds=self.random.choice((1, 600))))
        self._hand_over(queue, messages)

    def _hand_over(self, queue: list[tuple[datetime, OutboxMessage]], messages: list[OutboxMessage]) -> None:
        requests = [DeliverRequest(str(index), message) for index, message in enumerate(messages)]
        try:
            delivered = self.deliver.handle(requests)
        except Crash:
            self._return_to(queue, messages, VISIBILITY)
            return
        failed = [one.request.message for one in delivered if one.outcome.kind == "failed"]
        self._return_to(queue, failed, VISIBILITY)

    def _return_to(
        self, queue: list[tuple[datetime, OutboxMessage]], messages: list[OutboxMessage], delay: timedelta
    ) -> None:
        queue.extend((self.clock.at + delay, message) for message in messages)

    def _has_visible(self, queue: list[tuple[datetime, OutboxMessage]]) -> bool:
        return any(at <= self.clock.at for at, _ in queue)

    # ---- the provider ------------------------------------------------------------------------------------------

    def _called(self, call: Call) -> None:
        self.on_call(call)
        if not call.accepted:
            return
        if call.unsubscribe_url:
            self.links_seen.append(call)
        if call.channel == "email":
            for kind, seconds in (("Send", 2), ("Delivery", 8)):
                self._report(call, kind, timedelta(seconds=seconds))

    def _report(self, call: Call, kind: str, delay: timedelta) -> None:
        fault = self.faults.strike("feedback", "lost", "duplicate", "late", rate=0.1)
        if fault == "lost":
            return
        if fault == "late":
            delay += timedelta(minutes=self.random.choice((5, 600)))
        for extra in (timedelta(), timedelta(minutes=3)) if fault == "duplicate" else (timedelta(),):
            self.after(delay + extra, lambda: self._feed_back(call, kind))

    def _feed_back(self, call: Call, kind: str) -> None:
        detail = {
            "eventType": kind,
            "mail": {
                "messageId": f"provider-{call.message}",
                "timestamp": call.at.isoformat(),
                "destination": [call.address],
                "tags": {"kairos_message": [call.message], "kairos_profile": [call.profile]},
            },
            kind.lower(): {"timestamp": call.at.isoformat()},
        }
        try:
            self.ingest.feedback({"detail": detail}, self.clock.at)
        except (Crash, Unavailable):
            self.after(timedelta(minutes=1), lambda: self._feed_back(call, kind))
        except Rejected as error:
            raise AssertionError(f"the provider's own event was refused: {error}") from error


_SENDERS = ("ingest", "dispatch", "sweep", "preferences", "deliver")


def heal(world: World) -> None:
    """End all faults: from here on everything must come right by itself."""
    world.faults.healed = True
