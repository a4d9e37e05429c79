"""One SQS queue: order, visibility, redrive, sequence numbers and de-duplication. Pure: `now` comes in.

moto's queue forgets a de-duplication id once its message is deleted, ignores the scope of de-duplication and draws
sequence numbers by chance; ours does what the developer guide says.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

DEDUPLICATION = timedelta(minutes=5)
# FIFO sequence numbers have 20 digits and are not consecutive.
_FIRST_SEQUENCE, _SEQUENCE_STEP = 18_870_000_000_000_000_000, 256
_NAMESPACE = uuid.UUID("6f1b2c53-3f0a-5d2e-9a6d-6b6169726f73")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Message:
    """A message in a queue. Times are UTC; `visible_at` is when it may next be received."""

    id: str
    body: str
    sent_at: datetime
    visible_at: datetime
    group: str | None = None
    deduplication_id: str | None = None
    sequence: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    system: Mapping[str, Any] = field(default_factory=dict)
    receives: int = 0
    first_received_at: datetime | None = None
    receipt: str | None = None
    source_arn: str | None = None

    @property
    def md5(self) -> str:
        return hashlib.md5(self.body.encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Sent:
    """What a sender is told. A duplicate is told the first one's id and sequence number."""

    id: str
    sequence: str | None
    md5: str
    duplicate: bool = False


@dataclass(slots=True)
class Queue:
    """A queue and its messages in order. `max_receives` and `dead_letters` are the redrive policy."""

    name: str
    arn: str
    url: str
    fifo: bool = False
    content_based: bool = False
    per_group: bool = False
    visibility: timedelta = timedelta(seconds=30)
    delay: timedelta = timedelta(0)
    retention: timedelta = timedelta(days=4)
    most_bytes: int = 1_048_576
    max_receives: int | None = None
    dead_letters: Queue | None = None
    created_at: datetime = _EPOCH
    _messages: dict[str, Message] = field(default_factory=dict)
    _seen: dict[tuple[str, str], tuple[datetime, Sent]] = field(default_factory=dict)
    _receipts: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def send(
        self,
        body: str,
        now: datetime,
        *,
        group: str | None = None,
        deduplication_id: str | None = None,
        delay: timedelta | None = None,
        attributes: Mapping[str, Any] | None = None,
        system: Mapping[str, Any] | None = None,
    ) -> Sent:
        """Append a message, unless it repeats one sent within five minutes."""
        if self.fifo and deduplication_id is None:
            deduplication_id = hashlib.sha256(body.encode()).hexdigest()
        repeated = self._repeats(group, deduplication_id, now)
        if repeated is not None:
            return repeated
        self._count += 1
        message = Message(
            id=str(uuid.uuid5(_NAMESPACE, f"{self.arn}#{self._count}")),
            body=body,
            sent_at=now,
            visible_at=now + (self.delay if delay is None else delay),
            group=group,
            deduplication_id=deduplication_id if self.fifo else None,
            sequence=str(_FIRST_SEQUENCE + self._count * _SEQUENCE_STEP) if self.fifo else None,
            attributes=attributes or {},
            system=system or {},
        )
        self._messages[message.id] = message
        sent = Sent(message.id, message.sequence, message.md5)
        if self.fifo and deduplication_id is not None:
            self._seen[self._scope(group), deduplication_id] = (now, sent)
        return sent

    def receive(self, now: datetime, most: int, visibility: timedelta | None = None) -> list[Message]:
        """Take up to `most` messages out of sight; what was received too often goes to the dead letters instead.

        In a FIFO queue a group with a message in flight gives nothing; otherwise its messages come in order.
        """
        self._expire(now)
        taken: list[Message] = []
        busy = self._busy_groups(now)
        for message in list(self._messages.values()):
            if len(taken) == most:
                break
            if message.visible_at > now or (self.fifo and message.group in busy):
                if self.fifo and message.group is not None:
                    busy.add(message.group)
                continue
            if self._exhausted(message):
                self._bury(message, now)
                continue
            self._take(message, now, self.visibility if visibility is None else visibility)
            taken.append(message)
        return taken

    def delete(self, receipt: str) -> bool:
        """Delete the message that `receipt` stands for; False if the receipt was never given out.

        A FIFO queue deletes only by the latest receipt, once the message is invisible.
        """
        message_id = self._receipts.get(receipt)
        if message_id is None:
            return False
        message = self._messages.get(message_id)
        if message is not None and (not self.fifo or message.receipt == receipt):
            del self._messages[message_id]
        return True

    def change_visibility(self, receipt: str, now: datetime, visibility: timedelta) -> bool:
        """Let the message be received again `visibility` from now; False if there is no such message in flight."""
        message = self._messages.get(self._receipts.get(receipt, ""))
        if message is None or message.visible_at <= now:
            return False
        message.visible_at = now + visibility
        return True

    def purge(self) -> None:
        """Forget all messages, not what was sent."""
        self._messages.clear()

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next message that cannot be received now may be."""
        return min((m.visible_at for m in self._messages.values() if m.visible_at > now), default=None)

    def ready(self, now: datetime) -> bool:
        """Tell whether a receive would return, or bury, anything."""
        if not self._messages:
            return False
        busy = self._busy_groups(now) if self.fifo else set()
        return any(m.visible_at <= now and m.group not in busy for m in self._messages.values())

    def counts(self, now: datetime) -> tuple[int, int, int]:
        """Return how many messages are visible, in flight and delayed."""
        waiting = [m for m in self._messages.values() if m.visible_at > now]
        in_flight = sum(1 for m in waiting if m.receives)
        return len(self._messages) - len(waiting), in_flight, len(waiting) - in_flight

    def __iter__(self) -> Iterator[Message]:
        return iter(list(self._messages.values()))

    def __len__(self) -> int:
        return len(self._messages)

    def _scope(self, group: str | None) -> str:
        return group or "" if self.per_group else ""

    def _repeats(self, group: str | None, deduplication_id: str | None, now: datetime) -> Sent | None:
        if not self.fifo or deduplication_id is None:
            return None
        for key, (at, _) in list(self._seen.items()):
            if now - at < DEDUPLICATION:
                break  # noted in order of time
            del self._seen[key]
        seen = self._seen.get((self._scope(group), deduplication_id))
        return None if seen is None else Sent(seen[1].id, seen[1].sequence, seen[1].md5, duplicate=True)

    def _busy_groups(self, now: datetime) -> set[str | None]:
        return {m.group for m in self._messages.values() if m.visible_at > now} if self.fifo else set()

    def _exhausted(self, message: Message) -> bool:
        return self.dead_letters is not None and message.receives >= (self.max_receives or 1)

    def _take(self, message: Message, now: datetime, visibility: timedelta) -> None:
        message.receives += 1
        message.first_received_at = message.first_received_at or now
        message.receipt = f"{message.id}#{message.receives}"
        message.visible_at = now + visibility
        self._receipts[message.receipt] = message.id

    def _bury(self, message: Message, now: datetime) -> None:
        assert self.dead_letters is not None
        del self._messages[message.id]
        self.dead_letters.take_over(message, now, self.arn)

    def take_over(self, message: Message, now: datetime, source_arn: str) -> None:
        """Accept a message from the queue that gave it up: same id and sent time, a sequence number of this queue.

        Standard queues keep the time of sending, so retention counts from there; FIFO queues count from the move.
        """
        self._count += 1
        message.visible_at = now
        message.source_arn = source_arn
        if self.fifo:
            message.sequence = str(_FIRST_SEQUENCE + self._count * _SEQUENCE_STEP)
        self._messages[message.id] = message

    def _expire(self, now: datetime) -> None:
        for message in list(self._messages.values()):
            if message.sent_at + self.retention <= now:
                del self._messages[message.id]
            elif message.source_arn is None:
                break  # in order of sending, except what was taken over
