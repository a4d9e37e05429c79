"""The machine's clock: the only place in the product, outside the CLI and the local cloud, that reads it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Clock, from `time.time` (so that whatever moves that, moves this)."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        return datetime.fromtimestamp(time.time(), UTC)
