"""Many customers, production walks and production `decide` over memory, on a clock that moves when told.

The two inboxes are drained as AWS would: each by itself, so many messages a second at most. `call` wraps every call of
a port that a walk makes, so a test may count it, fail it, or let something happen in its midst.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kairos.app.decide import decide
from kairos.app.decide.alarm import timers
from kairos.app.ports import Received
from kairos.app.publish.live import LiveRelease
from kairos.app.publish.publish import Publish
from kairos.app.walk.start import StartWalks
from kairos.app.walk.walk import Bounds, Walked, WalkOn
from kairos.app.walk.watch import WalkWatch
from kairos.domain.effects import Send, Tell
from kairos.domain.errors import KairosError
from kairos.domain.event import ConsentFact, EntryFact, Event, Wake
from kairos.domain.ids import digest
from kairos.domain.reason import Reason
from kairos.domain.walk import Walk
from kairos.memory import (
    MemoryClock,
    MemoryCustomers,
    MemoryCustomerScan,
    MemoryInbox,
    MemoryReleases,
    MemoryRounds,
    MemoryWalks,
)
from tests.app.brands import brand, small_drafts

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIVE = timedelta(minutes=5)

REMINDER: dict[str, Any] = {
    "id": "reminder",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [{"at": "-2h", "send": "hello"}],
}
NEWS: dict[str, Any] = {"id": "news", "class": "marketing", "trigger": "broadcast", "steps": [{"send": "hello"}]}
WAITING: dict[str, Any] = {
    "id": "waiting",
    "class": "transactional",
    "trigger": {"event": "go"},
    "steps": [{"wait": "10m"}, {"send": "hello"}],
}

Call = Callable[[str, Callable[[], Any]], Any]


class Crash(BaseException):
    """The process is gone: nothing in it can catch this."""


class Port:
    """A port whose every call goes through the world's `call`."""

    def __init__(self, world: WalkWorld, name: str, port: Any) -> None:
        self._world, self._name, self._port = world, name, port

    def __getattr__(self, method: str) -> Any:
        act = getattr(self._port, method)

        def through(*args: Any, **more: Any) -> Any:
            return self._world.call(f"{self._name}.{method}", lambda: act(*args, **more))

        return through


def straight(_: str, act: Callable[[], Any]) -> Any:
    return act()


class WalkWorld:
    """`people` is everybody's id. Two kinds of journeys are at hand: REMINDER and NEWS."""

    def __init__(self, people: int = 0, *, rate: float | None = None, bounds: Bounds | None = None) -> None:
        self.bounds = bounds
        self.clock = MemoryClock(NOW)
        self.customers = MemoryCustomers()
        self.inbox = MemoryInbox(self.clock)
        self.walk_inbox = MemoryInbox(self.clock, "arn:aws:sqs:memory:000000000000:walk-inbox.fifo")
        self.walks, self.rounds = MemoryWalks(), MemoryRounds(self.clock)
        self.releases = MemoryReleases()
        self.drafts = small_drafts()
        walks = {} if rate is None else {"walks": {"per_second": rate}}
        self.drafts.put("brand", "brand", brand(timezone="UTC", **walks))
        self.publisher = Publish(self.drafts, self.releases, StartWalks(self.walks, self.rounds))
        self.live = LiveRelease(self.releases)
        self.call: Call = straight
        self.watch = WalkWatch(self.walks, self.rounds)
        self.reasons: list[Reason] = []
        self.sends: list[Send] = []
        self.decided = 0
        self.rounds_done: list[Walked] = []
        self.put_at: dict[str, datetime] = {}
        self.people = [self.join(number) for number in range(people)]

    # ---- people ------------------------------------------------------------------------------------------------

    def join(self, number: int) -> str:
        """Make a customer who can be reached and said yes."""
        id = digest("profile", str(number))
        known = Event(f"hello-{number}", "profile_updated", id, NOW - DAY, NOW - DAY, reach={"email": True})
        agreed = ConsentFact("email", "marketing")
        self.hear(known, Event(f"yes-{number}", "consent_given", id, NOW - DAY, NOW - DAY, consent=agreed))
        return id

    def book(self, profile: str, starts_at: datetime, id: str = "b1") -> None:
        """Tell of a booking."""
        fact = EntryFact("booking", id, starts_at)
        self.hear(self.event(profile, "entry_updated", id=f"booked-{profile}-{id}", entry=fact))

    def event(self, profile: str, name: str, **more: Any) -> Event:
        now = self.clock.now()
        facts = {"id": f"{name}-{profile}-{now}", **more}
        return Event(name=name, profile=profile, occurred_at=now, received_at=now, **facts)

    def hear(self, *events: Event) -> None:
        """Decide on events at once, as the inbox would."""
        for event in events:
            self._decide(event.profile, [event])

    # ---- definitions -------------------------------------------------------------------------------------------

    def publish(self, *journeys: Mapping[str, Any]) -> tuple[Walk, ...]:
        for journey in journeys:
            self.drafts.put("journey", journey["id"], journey)
        return self.publisher.publish(None, self.clock.now()).walks

    def broadcast(self, segment: str | None = None, *, again: bool = False) -> Walk:
        return self.publisher.broadcast("news", segment, self.clock.now(), again=again).walks[0]

    # ---- time --------------------------------------------------------------------------------------------------

    def driver(self) -> WalkOn:
        """Return a container of the walk function."""
        walks, rounds = Port(self, "walks", self.walks), Port(self, "rounds", self.rounds)
        scan = Port(self, "scan", MemoryCustomerScan(self.customers))
        inbox = Port(self, "inbox", self.walk_inbox)
        live = LiveRelease(self.releases)
        return WalkOn(walks, scan, inbox, rounds, lambda: self.call("release.read", live.read), self.clock, self.bounds)

    def minute(self, *, drain: bool = True) -> None:
        """Live until the next whole minute: rounds that are due then are done, wake-ups decided."""
        at = self.clock.now().replace(second=0, microsecond=0) + MINUTE
        self.clock.at = at
        if at.minute % 5 == 0:
            self.watch.run(at)
        for walk in self.rounds.due(at):
            try:
                self.rounds_done.append(self.driver().round(walk))
            except (Crash, KairosError):
                continue
        if drain:
            self.drain()

    def live_until(self, until: datetime) -> None:
        while self.clock.now() < until:
            self.minute()

    def drain(self, most: int = 10**9) -> int:
        """Decide wake-ups of walks, and what they make profiles tell each other; return how many there were."""
        done = 0
        for inbox in (self.walk_inbox, self.inbox):
            while done < most and (batch := inbox.receive(min(10, most - done))):
                self._apply(batch)
                inbox.delete([received.id for received in batch])
                done += len(batch)
        return done

    def ring(self) -> None:
        """Let every timer ring that is due by now."""
        for profile, state in sorted(self.customers.profiles.items()):
            if any(due <= self.clock.now() for _, due in timers(state)):
                self._decide(profile, [Wake(profile)])

    def _apply(self, batch: Iterable[Received]) -> None:
        for received in batch:
            self._decide(received.message.profile, list(received.message.events) or [Wake(received.message.profile)])

    def _decide(self, profile: str, inputs: list[Any]) -> None:
        self.decided += 1
        release = self.live.read() if self.releases.pointer() else None
        outcome = decide(self.customers.read(profile), release or _nothing(), inputs, self.clock.now())
        if outcome is None:
            return
        self.customers.write(outcome.profile, outcome.effects, outcome.wake_at, outcome.ttl)
        self.reasons += outcome.reasons
        self.sends += [effect for effect in outcome.effects if isinstance(effect, Send)]
        for effect in outcome.effects:
            if isinstance(effect, Tell):
                self.hear(*effect.events)

    # ---- what came of it ---------------------------------------------------------------------------------------

    def walk(self) -> Walk:
        """Return the newest walk."""
        return self.walks.all()[0]

    def entered(self) -> list[str]:
        """Return who entered a journey, once for each time."""
        return sorted(reason.profile for reason in self.reasons if reason.kind == "entered")


def _nothing() -> Any:
    from kairos.app.ports import Pointer
    from kairos.app.publish.live import EMPTY_BUNDLE
    from kairos.app.publish.release import Release

    return Release(EMPTY_BUNDLE, Pointer("none"))
