"""How a provider's rate and daily quota become rows that all senders share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `most` tokens may be taken from the row `key`, which nobody needs after `until`."""

    key: str
    most: int
    until: datetime


def allowances(channel: str, per_second: float, per_day: int | None, now: datetime) -> list[Allowance]:
    """Return the rows that a token is taken from, the short window first.

    A rate below one per second is one token per so many whole seconds. A day is the UTC day: SES counts any 24 hours,
    so `per_day` should stay below the account's quota. Raises ValueError for a rate that grants nothing.
    """
    if not per_second > 0:
        raise ValueError(f"a rate of {per_second} per second never sends anything")
    seconds = 1 if per_second >= 1 else math.ceil(1 / per_second)
    start = int(now.timestamp()) // seconds * seconds
    opened = datetime.fromtimestamp(start, UTC)
    rows = [Allowance(f"token#{channel}#{opened:%Y-%m-%dT%H:%M:%S}", max(1, int(per_second)), now + timedelta(hours=1))]
    if per_day is not None:
        rows.append(Allowance(f"token#{channel}#{now:%Y-%m-%d}", per_day, now + timedelta(days=2)))
    return rows
