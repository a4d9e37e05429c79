"""The whole loop in one process: every use case over `kairos.memory`, one seeded scheduler, one virtual clock.

What the cloud does between our functions is played here: batches, visibility, the stream, Scheduler, the provider's
feedback. Any call of a port may fail in any way `faults.CALL_FAULTS` names; queues repeat, delay and lose.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kairos.app.deliver.deliver import Deliver
from kairos.app.deliver.gates import Gates
from kairos.app.deliver.outboxes import Outboxes
from kairos.app.deliver.outcome import Request as DeliverRequest
from kairos.app.deliver.webhooks import Webhooks
from kairos.app.dispatch import Dispatch, Image
from kairos.app.inbox import HandleInbox
from kairos.app.ingest.acquaintances import Acquaintances
from kairos.app.ingest.ingest import Ingest
from kairos.app.ports import InboxMessage, Marks, OutboxMessage, Pointer, Received
from kairos.app.preferences.preferences import Preferences
from kairos.app.preferences.unsubscribe import UnsubscribeLinks
from kairos.app.publish.live import LiveRelease
from kairos.app.sweep import Sweep
from kairos.domain.effects import Effect
from kairos.domain.errors import KairosError, Rejected, Unavailable
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
    RATES,
    ContendedCustomers,
    LaggingIndex,
    StubbornAlarms,
    poison,
    repacked,
    resent,
    skewed,
)
from tests.simulation.clocks import FunctionClocks
from tests.simulation.counting import Counting
from tests.simulation.faults import Crash, Faults, FaultyPort
from tests.simulation.provider import Call, FakeChannel, FakeReceiver

VISIBILITY = timedelta(minutes=3)
DELIVERY = timedelta(milliseconds=40)  # how long a batch of an outbox takes
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
        self.outbox_from = start
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
        self.stream: list[Record] = []
        self.stream_from = self.clock.at
        self.doubled: set[str] = set()  # messages that the outbox has delivered twice
        self.inflight: list[tuple[datetime, list[str]]] = []

    def _functions(self) -> None:
        def faulty(port: Any, place: str, *methods: str) -> Any:
            return FaultyPort(port, place, methods, self.faults, RATES)

        releases = faulty(self.releases, "releases", "pointer", "bundle")
        inbox = {name: faulty(self.inbox, f"{name}>inbox", "put") for name in _SENDERS}
        alarms = StubbornAlarms(self.alarms, self.faults)
        customers = faulty(self.contended, "decide>customers", "read", "write")
        self.ingest = self.container()
        parking = faulty(self.parking, "decide>parking", "park")
        archive = self.counting.archive
        self.handle = HandleInbox(customers, releases, parking, self.clocks.started(), archive, self.consents)
        self.dispatch = Dispatch(
            inbox["dispatch"],
            faulty(self.outbox, "dispatch>outbox", "put"),
            faulty(alarms, "dispatch>alarms", "arm"),
            faulty(self.effects_parking, "dispatch>parking", "park"),
            self.clocks.started(),
        )
        self.sweep = Sweep(
            faulty(self.index, "sweep>index", "due"),
            inbox["sweep"],
            faulty(alarms, "sweep>alarms", "arm"),
            faulty(self.cursor, "sweep>cursor", "read", "write"),
            self.clocks.started(),
        )
        links = UnsubscribeLinks(Keys, "https://example.com")
        self.preferences = Preferences(
            faulty(self.suppressions, "preferences>suppressions", "suppress_hashed"),
            inbox["preferences"],
            links,
            lambda: "Harbour",
            self.clocks.started(),
        )
        messages = self._deliver(links, releases, inbox["deliver"], faulty)
        calls = self._webhooks(releases, inbox["deliver"], faulty)
        self.deliver = Outboxes(lambda: messages, lambda: calls, _nobody_listens)

    def _deliver(self, links: UnsubscribeLinks, releases: Any, inbox: Any, faulty: Callable[..., Any]) -> Deliver:
        clock = self.clocks.started()
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
            clock,
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
            clock,
        )

    def _webhooks(self, releases: Any, inbox: Any, faulty: Callable[..., Any]) -> Webhooks:
        return Webhooks(
            faulty(self.customers, "deliver>customers", "read"),
            LiveRelease(releases).read,
            self.connections,
            faulty(self.tokens, "deliver>tokens", "lease"),
            faulty(self.outbox, "deliver>outbox", "put"),
            inbox,
            FakeReceiver(self.faults, lambda id: self.on_hook(id)),
            self.clocks.started(),
        )

    def container(self) -> Ingest:
        """Return an `ingest` that has met nobody yet."""

        def faulty(port: Any, name: str, *methods: str) -> Any:
            return FaultyPort(port, f"ingest>{name}", methods, self.faults, RATES)

        return Ingest(
            faulty(self.identities, "identities", "resolve", "settle"),
            faulty(self.contacts, "contacts", "put"),
            faulty(self.suppressions, "suppressions", "suppress"),
            faulty(self.inbox, "inbox", "put"),
            self.connections,
            self.counting.archive,
            "KR",
            acquaintances=Acquaintances(),
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

    @property
    def is_down(self) -> bool:
        """Return whether no function runs now; queues, tables and Scheduler go on."""
        return self.clock.at < self.down_until

    def _runnable(self) -> list[Callable[[], None]]:
        now = self.clock.at
        self._return_expired(now)
        out: list[Callable[[], None]] = []
        if any(at <= now for at, _ in self.alarms.set):
            out.append(self._ring)
        if self.is_down:
            return out
        if self.inbox.is_ready():
            out.append(self._poll_inbox)
        if self.stream and self.stream_from <= now:
            out.append(self._poll_stream)
        if self.outbox_from <= now and any(map(self._has_visible, self._outboxes)):
            out.append(self._poll_outbox)
        return out

    def _next_instant(self) -> datetime:
        instants = [at for at, _ in self.alarms.set] + ([self.agenda[0][0]] if self.agenda else [])
        if self.is_down:
            return max(self.clock.at, min([self.down_until, *instants]))
        queued = [at for queue in self._outboxes for at, _ in queue]
        instants += [max(self.outbox_from, min(queued))] if queued else []
        instants += [at for at, _ in self.inflight]
        instants += [self.stream_from] if self.stream else []
        return max(self.clock.at, min(instants))

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
        self.ingest.take(load("sources", "track"), request, trusted=True)

    def unsubscribe(self, url: str) -> bool:
        """Click the link of a received message; return whether it was acknowledged."""
        if self.is_down:
            return False
        try:
            return self.preferences.stop(url.rpartition("/")[2]).status == 200
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
        self.stream = [
            replace(record, image=replace(record.image, effects=resent(record.image.effects, record.image.version)))
            for record in self.stream
        ]
        self._functions()

    def _poll_inbox(self) -> None:
        fault = self.faults.strike("inbox")
        if fault == "poison":
            self._poison()
        batch = self.inbox.receive(self.random.randint(1, 10))
        ids = [received.id for received in batch]
        if fault == "delay":
            self._hide(ids, timedelta(seconds=self.random.choice((60, 1_800, 7_200, 259_200))))
            return
        self.contended.rival = (lambda: self._apply(batch)) if fault == "two at once" else None
        failed = self._apply(batch)
        self.contended.rival = None
        done = [] if failed is None or fault == "acknowledgement lost" else [id for id in ids if id not in failed]
        self.inbox.delete(done)
        self._hide([id for id in ids if id not in done], VISIBILITY)

    def _apply(self, batch: list[Received]) -> set[str] | None:
        """Let decide have a batch; return what it hands back, None where it is gone."""
        try:
            applied = self.handle.apply(batch)
        except (Crash, KairosError):
            return None
        return set(applied.failed)

    def _poison(self) -> None:
        profile = self.random.choice(sorted(self.customers.profiles) or ["nobody"])
        event = poison(self._next(), profile, self.clock.at)
        self.poison.append(event.id)
        self.inbox.put([InboxMessage(profile, (event,))])

    def _hide(self, ids: list[str], delay: timedelta) -> None:
        if ids:
            self.inflight.append((self.clock.at + delay, ids))

    def _return_expired(self, now: datetime) -> None:
        for expired in [row for row in self.inflight if row[0] <= now]:
            self.inflight.remove(expired)
            self.inbox.give_back(expired[1])

    def _on_stream(self, profile: str, version: int, effects: tuple[Effect, ...]) -> None:
        stored = self.customers.profiles[profile]
        self.index.written[profile] = self.clock.at
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
        fault = self.faults.strike("stream")
        if fault == "records lost":
            del self.stream[:size]
            return
        try:
            done = self.dispatch.perform([record.image for record in batch])
        except Crash:
            self.stream_from = self.clock.at + STREAM_RETRY
            return
        if done.failed is None:
            if fault != "repeated":
                del self.stream[:size]
            return
        kept = next(index for index, record in enumerate(batch) if record.image.sequence == done.failed)
        del self.stream[:kept]
        self.stream_from = self.clock.at + STREAM_RETRY

    def _ring(self) -> None:
        for wake in self.alarms.ring(self.clock.at):
            fault = self.faults.strike("scheduler")
            if fault == "schedule lost":
                continue
            if fault == "rings late":
                self.after(timedelta(seconds=self.random.choice((50, 900))), lambda w=wake: self.inbox.put([w]))  # type: ignore[misc]
                continue
            self.inbox.put([wake])
            if fault == "rings twice":
                self.after(timedelta(minutes=6), lambda w=wake: self.inbox.put([w]))  # type: ignore[misc]

    def _sweep(self) -> None:
        if self.is_down:
            return
        try:
            self.sweep.run()
        except (Crash, KairosError):
            return

    @property
    def _outboxes(self) -> tuple[list[tuple[datetime, OutboxMessage]], ...]:
        return (self.outbox.transactional, self.outbox.marketing)

    def _poll_outbox(self) -> None:
        self.outbox_from = self.clock.at + DELIVERY  # who comes back without a token does not come back with all others
        queue = self.outbox.transactional if self._has_visible(self.outbox.transactional) else self.outbox.marketing
        visible = [row for row in queue if row[0] <= self.clock.at][: self.random.randint(1, 10)]
        for row in visible:
            queue.remove(row)
        fault = self.faults.strike("outbox")
        if fault == "messages lost":
            return
        if fault == "delay":
            self._return_to(queue, [row[1] for row in visible], timedelta(hours=self.random.choice((1, 20))))
            return
        messages = [row[1] for row in visible]
        if fault == "duplicate":
            # Once each: who waits for the rate is polled every second, and copies of copies would outgrow any rate.
            copies = [message for message in messages if message.message not in self.doubled]
            self.doubled.update(message.message for message in copies)
            self._return_to(queue, copies, timedelta(seconds=self.random.choice((1, 600))))
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
            self._report(call, "Delivery", timedelta(seconds=8))

    def _report(self, call: Call, kind: str, delay: timedelta) -> None:
        fault = self.faults.strike("feedback")
        if fault == "lost":
            return
        if fault == "complaint":
            kind = "Complaint"
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
            kind.lower(): {
                "timestamp": call.at.isoformat(),
                "complainedRecipients": [{"emailAddress": call.address}],
            },
        }
        try:
            if self.is_down:
                raise Unavailable("ingest", "down")
            self.ingest.feedback({"detail": detail}, self.clock.at)
        except (Crash, Unavailable):
            self.after(timedelta(minutes=15 if self.is_down else 1), lambda: self._feed_back(call, kind))
        except Rejected as error:
            raise AssertionError(f"the provider's own event was refused: {error}") from error
        else:
            if kind == "Complaint":
                self.on_refusal(call)


_SENDERS = ("ingest", "dispatch", "sweep", "preferences", "deliver")


def heal(world: World) -> None:
    """End all faults: from here on everything must come right by itself."""
    world.faults.healed = True


def _nobody_listens() -> Any:
    raise AssertionError("this brand has no webhooks, so nothing is announced")
