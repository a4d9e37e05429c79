"""What was sent in each window of a channel's rate."""

from __future__ import annotations

from datetime import datetime

from kairos.app.deliver.rate import Allowance, allowances


class MemorySendTokens:
    """SendTokens."""

    def __init__(self) -> None:
        self.used: dict[str, int] = {}

    def lease(self, channel: str, wanted: int, per_second: float, per_day: int | None, now: datetime) -> int:
        granted = wanted
        for row in allowances(channel, per_second, per_day, now):
            granted = min(granted, max(0, row.most - self.used.get(row.key, 0)))
            self.used[row.key] = self.used.get(row.key, 0) + granted
        return granted

    def spend(self, row: Allowance, amount: int, *, capped: bool) -> bool:
        used = self.used.get(row.key, 0) + amount
        if capped and used > row.most:
            return False
        self.used[row.key] = used
        return True
