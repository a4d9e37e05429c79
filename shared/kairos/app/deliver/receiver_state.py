"""How a receiver of announcements does: whether it takes them, since when not, and when it is tried again.

One that fails is left alone for a while, longer each time: its announcements wait in their queue untried, so that a
server that is down costs neither it nor us a call for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

PAUSE, PAUSE_MAX = timedelta(minutes=1), timedelta(hours=1)
"""For how long a receiver is left alone after its first failure in a row, and at most. It doubles."""

ERROR_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """One receiver. Instants are aware and UTC.

    `failing_since` and `failures` (in a row) speak of now, `error` is the last in words. It is tried again at
    `retry_at`, and never where it said at `gone_at` that it is gone. `lost` counts announcements given up, ever.
    """

    failing_since: datetime | None = None
    failures: int = 0
    error: str = ""
    retry_at: datetime | None = None
    gone_at: datetime | None = None
    lost: int = 0

    def failed(self, why: str, now: datetime) -> ReceiverState:
        """Return the state after one more failure."""
        pause = min(PAUSE * 2 ** min(self.failures, 10), PAUSE_MAX)
        return replace(
            self,
            failing_since=self.failing_since or now,
            failures=self.failures + 1,
            error=why[:ERROR_CHARACTERS_MAX],
            retry_at=now + pause,
        )

    def answered(self) -> ReceiverState:
        """Return the state of one that takes announcements; what was lost stays known."""
        return ReceiverState(lost=self.lost)


class ReceiverStates(Protocol):
    """Where states are kept, by the connection's name. Two that write at once overwrite each other: the next failure
    says it again. Both methods may raise Unavailable."""

    def read(self, name: str) -> ReceiverState:
        """Return the state, one that says nothing where there is none."""

    def save(self, name: str, state: ReceiverState) -> None:
        """Keep the state."""
