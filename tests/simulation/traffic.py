"""What the cloud does between our functions: batches, visibility, the stream, Scheduler; it repeats, delays, loses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kairos.app.deliver.outcome import Request as DeliverRequest
from kairos.app.dispatch import Image
from kairos.app.ports import InboxMessage, OutboxMessage, Received
from kairos.domain.effects import Effect
from kairos.domain.errors import KairosError
from tests.simulation.between import poison
from tests.simulation.faults import Crash

if TYPE_CHECKING:
    from tests.simulation.world import World

VISIBILITY = timedelta(minutes=3)
DELIVERY = timedelta(milliseconds=40)  # how long a batch of an outbox takes
STREAM_RETRY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the stream."""

    sequence: int
    image: Image


class Traffic:
    """Everything that lies between functions, and who is handed it next."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.stream: list[Record] = []
        self.stream_from = self.outbox_from = world.clock.at
        self.doubled: set[str] = set()  # messages that the outbox has delivered twice
        self.inflight: list[tuple[datetime, list[str]]] = []

    def runnable(self) -> list[Callable[[], None]]:
        now = self._world.clock.at
        self._return_expired(now)
        out: list[Callable[[], None]] = []
        if any(at <= now for at, _ in self._world.alarms.set):
            out.append(self._ring)
        if self._world.is_down:
            return out
        if self._world.inbox.is_ready():
            out.append(self._poll_inbox)
        if self.stream and self.stream_from <= now:
            out.append(self._poll_stream)
        if self.outbox_from <= now and any(map(self._has_visible, self._outboxes)):
            out.append(self._poll_outbox)
        return out

    def next_instant(self) -> datetime:
        agenda = self._world.agenda
        instants = [at for at, _ in self._world.alarms.set] + ([agenda[0][0]] if agenda else [])
        if self._world.is_down:
            return max(self._world.clock.at, min([self._world.down_until, *instants]))
        queued = [at for queue in self._outboxes for at, _ in queue]
        instants += [max(self.outbox_from, min(queued))] if queued else []
        instants += [at for at, _ in self.inflight]
        instants += [self.stream_from] if self.stream else []
        return max(self._world.clock.at, min(instants))

    def _poll_inbox(self) -> None:
        fault = self._world.faults.strike("inbox")
        if fault == "poison":
            self._poison()
        batch = self._world.inbox.receive(self._world.random.randint(1, 10))
        ids = [received.id for received in batch]
        if fault == "delay":
            self._hide(ids, timedelta(seconds=self._world.random.choice((60, 1_800, 7_200, 259_200))))
            return
        self._world.contended.rival = (lambda: self._apply(batch)) if fault == "two at once" else None
        failed = self._apply(batch)
        self._world.contended.rival = None
        done = [] if failed is None or fault == "acknowledgement lost" else [id for id in ids if id not in failed]
        self._world.inbox.delete(done)
        self._hide([id for id in ids if id not in done], VISIBILITY)

    def _apply(self, batch: list[Received]) -> set[str] | None:
        """Let decide have a batch; return what it hands back, None where it is gone."""
        try:
            applied = self._world.stations.handle.apply(batch)
        except (Crash, KairosError):
            return None
        return set(applied.failed)

    def _poison(self) -> None:
        profile = self._world.random.choice(sorted(self._world.customers.profiles) or ["nobody"])
        event = poison(self._world.next_number(), profile, self._world.clock.at)
        self._world.poison.append(event.id)
        self._world.inbox.put([InboxMessage(profile, (event,))])

    def _hide(self, ids: list[str], delay: timedelta) -> None:
        if ids:
            self.inflight.append((self._world.clock.at + delay, ids))

    def _return_expired(self, now: datetime) -> None:
        for expired in [row for row in self.inflight if row[0] <= now]:
            self.inflight.remove(expired)
            self._world.inbox.give_back(expired[1])

    def on_stream(self, profile: str, version: int, effects: tuple[Effect, ...]) -> None:
        stored = self._world.customers.profiles[profile]
        self._world.index.written[profile] = self._world.clock.at
        self._world.on_write(stored)
        self._world.counting.saw(stored)
        if effects:
            image = Image(str(self._world.next_number()), profile, version, version, effects)
            self.stream.append(Record(len(self.stream), image))

    def _poll_stream(self) -> None:
        size = self._world.random.randint(1, 10)
        batch = self.stream[:size]
        fault = self._world.faults.strike("stream")
        if fault == "records lost":
            del self.stream[:size]
            return
        try:
            done = self._world.stations.dispatch.perform([record.image for record in batch])
        except Crash:
            self.stream_from = self._world.clock.at + STREAM_RETRY
            return
        if done.failed is None:
            if fault != "repeated":
                del self.stream[:size]
            return
        kept = next(index for index, record in enumerate(batch) if record.image.sequence == done.failed)
        del self.stream[:kept]
        self.stream_from = self._world.clock.at + STREAM_RETRY

    def _ring(self) -> None:
        for wake in self._world.alarms.ring(self._world.clock.at):
            fault = self._world.faults.strike("scheduler")
            if fault == "schedule lost":
                continue
            if fault == "rings late":
                late = timedelta(seconds=self._world.random.choice((50, 900)))
                self._world.after(late, lambda w=wake: self._world.inbox.put([w]))  # type: ignore[misc]
                continue
            self._world.inbox.put([wake])
            if fault == "rings twice":
                self._world.after(timedelta(minutes=6), lambda w=wake: self._world.inbox.put([w]))  # type: ignore[misc]

    def sweep(self) -> None:
        if self._world.is_down:
            return
        try:
            self._world.stations.sweep.run()
        except (Crash, KairosError):
            return

    @property
    def _outboxes(self) -> tuple[list[tuple[datetime, OutboxMessage]], ...]:
        return (self._world.outbox.transactional, self._world.outbox.marketing)

    def _poll_outbox(self) -> None:
        # Who comes back without a token does not come back with all others.
        self.outbox_from = self._world.clock.at + DELIVERY
        transactional, marketing = self._outboxes
        queue = transactional if self._has_visible(transactional) else marketing
        visible = [row for row in queue if row[0] <= self._world.clock.at][: self._world.random.randint(1, 10)]
        for row in visible:
            queue.remove(row)
        fault = self._world.faults.strike("outbox")
        if fault == "messages lost":
            return
        if fault == "delay":
            self._return_to(queue, [row[1] for row in visible], timedelta(hours=self._world.random.choice((1, 20))))
            return
        messages = [row[1] for row in visible]
        if fault == "duplicate":
            # Once each: who waits for the rate is polled every second, and copies of copies would outgrow any rate.
            copies = [message for message in messages if message.message not in self.doubled]
            self.doubled.update(message.message for message in copies)
            self._return_to(queue, copies, timedelta(seconds=self._world.random.choice((1, 600))))
        self.hand_over(queue, messages)

    def hand_over(self, queue: list[tuple[datetime, OutboxMessage]], messages: list[OutboxMessage]) -> None:
        requests = [DeliverRequest(str(index), message) for index, message in enumerate(messages)]
        try:
            delivered = self._world.stations.deliver.handle(requests)
        except Crash:
            self._return_to(queue, messages, VISIBILITY)
            return
        failed = [one.request.message for one in delivered if one.outcome.kind == "failed"]
        self._return_to(queue, failed, VISIBILITY)

    def _return_to(
        self, queue: list[tuple[datetime, OutboxMessage]], messages: list[OutboxMessage], delay: timedelta
    ) -> None:
        queue.extend((self._world.clock.at + delay, message) for message in messages)

    def _has_visible(self, queue: list[tuple[datetime, OutboxMessage]]) -> bool:
        return any(at <= self._world.clock.at for at, _ in queue)
