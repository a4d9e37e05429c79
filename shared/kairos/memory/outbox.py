"""The outboxes in lists. Whoever plays `deliver` takes what is visible."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from kairos.app.ports import Clock, OutboxMessage
from kairos.domain.announcement import ANNOUNCED


class MemoryOutbox:
    """Outbox: three queues of (visible at, message)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.transactional: list[tuple[datetime, OutboxMessage]] = []
        self.marketing: list[tuple[datetime, OutboxMessage]] = []
        self.announcements: list[tuple[datetime, OutboxMessage]] = []

    def put(self, messages: Sequence[OutboxMessage], delays: Sequence[int] = ()) -> None:
        if refused := [delay for delay in delays if not 0 <= delay <= 900]:
            raise ValueError(f"SQS delays by 0 to 900 seconds, not {refused[0]}")
        now = self._clock.now()
        for message, delay in zip(messages, delays or [0] * len(messages), strict=True):
            visible = (now + timedelta(seconds=delay), message)
            if message.channel == ANNOUNCED:
                self.announcements.append(visible)
            else:
                (self.marketing if message.marketing else self.transactional).append(visible)
