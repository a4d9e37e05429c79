"""The inbox as SQS FIFO keeps it: groups in order, repetitions dropped for five minutes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count

from kairos.app.ports import Clock, InboxMessage, Received
from kairos.app.queueing import deduplication_id

DEDUPLICATION = timedelta(minutes=5)


class MemoryInbox:
    """Inbox, and its consumer: groups are in order and locked while a message of theirs is being worked on."""

    def __init__(self, clock: Clock, queue: str = "arn:aws:sqs:memory:000000000000:inbox.fifo") -> None:
        self.queue = queue
        self._clock = clock
        self._sequence = count(10**18)
        self._groups: dict[str, deque[Received]] = {}
        self._flying: dict[str, Received] = {}
        self._seen: dict[tuple[str, str], datetime] = {}

    def put(self, messages: Sequence[InboxMessage]) -> None:
        now = self._clock.now()
        self._seen = {key: at for key, at in self._seen.items() if now - at < DEDUPLICATION}
        for message in messages:
            key = (message.profile, deduplication_id(message, now))
            if key in self._seen:
                continue
            self._seen[key] = now
            sequence = str(next(self._sequence))
            received = Received(f"memory-{sequence}", message, self.queue, sequence)
            self._groups.setdefault(message.profile, deque()).append(received)

    def waiting(self) -> list[InboxMessage]:
        """Return every message that nobody took yet, each group in order."""
        return [received.message for group in self._groups.values() for received in group]

    def is_ready(self) -> bool:
        """Return whether `receive` would return anything."""
        locked = {received.message.profile for received in self._flying.values()}
        return any(group and profile not in locked for profile, group in self._groups.items())

    def receive(self, most: int = 10) -> list[Received]:
        """Take up to `most` messages of groups nobody works on; each must be deleted or given back."""
        locked = {received.message.profile for received in self._flying.values()}
        taken: list[Received] = []
        for profile, group in self._groups.items():
            while profile not in locked and group and len(taken) < most:
                taken.append(group.popleft())
        self._groups = {profile: group for profile, group in self._groups.items() if group}
        self._flying.update((received.id, received) for received in taken)
        return taken

    def delete(self, ids: Iterable[str]) -> None:
        """Acknowledge deliveries."""
        for id in ids:
            self._flying.pop(id, None)

    def give_back(self, ids: Iterable[str]) -> None:
        """Make deliveries visible again, in the place they had."""
        back = [self._flying.pop(id) for id in ids if id in self._flying]
        for received in sorted(back, key=lambda received: received.sequence, reverse=True):
            self._groups.setdefault(received.message.profile, deque()).appendleft(received)
