"""What comes of a batch of the outboxes: messages go through their gates, calls of webhook steps and announcements to
their receivers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kairos.app.deliver.outcome import Delivered, Request
from kairos.domain.announcement import ANNOUNCED
from kairos.domain.event import CALL

if TYPE_CHECKING:  # what a batch does not hold is not loaded for it either
    from kairos.app.deliver.announcements import Announcements
    from kairos.app.deliver.deliver import Deliver
    from kairos.app.deliver.webhooks import Webhooks


class Outboxes:
    """Works through batches. Each part is made when it first has something to do: most brands call nobody."""

    def __init__(
        self,
        messages: Callable[[], Deliver],
        calls: Callable[[], Webhooks],
        announcements: Callable[[], Announcements],
    ) -> None:
        self._messages = messages
        self._others: tuple[tuple[str, Callable[[], Webhooks | Announcements]], ...] = (
            (CALL, calls),
            (ANNOUNCED, announcements),
        )

    def handle(self, batch: Sequence[Request], until: datetime | None = None) -> list[Delivered]:
        """Return what became of each request; nothing is begun after `until`. Messages go first."""
        others = [name for name, _ in self._others]
        messages = [request for request in batch if request.message.channel not in others]
        done = self._messages().handle(messages, until) if messages else []
        for name, make in self._others:
            requests = [request for request in batch if request.message.channel == name]
            done = [*done, *(make().handle(requests, until) if requests else ())]
        return done
