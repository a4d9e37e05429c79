"""What comes of a batch of the outboxes: messages go through their gates, calls of webhook steps to their receivers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from kairos.app.deliver.deliver import Deliver
from kairos.app.deliver.outcome import Delivered, Request
from kairos.app.deliver.webhooks import Webhooks
from kairos.domain.event import CALL


class Outboxes:
    """Works through batches. Each half is made when it first has something to do: most brands call nobody."""

    def __init__(self, messages: Callable[[], Deliver], calls: Callable[[], Webhooks]) -> None:
        self._messages = messages
        self._calls = calls

    def handle(self, batch: Sequence[Request], until: datetime | None = None) -> list[Delivered]:
        """Return what became of each request; nothing is begun after `until`. Messages go first."""
        messages = [request for request in batch if request.message.channel != CALL]
        calls = [request for request in batch if request.message.channel == CALL]
        done = self._messages().handle(messages, until) if messages else []
        return [*done, *(self._calls().handle(calls, until) if calls else ())]
