"""What starts a journey besides an event: a date and time for many at once, or another journey.

A campaign is a local time, on the brand's clock or on each customer's: one instant, or the twenty-six hours that a
clock time takes around the earth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from kairos.domain.condition import Condition
from kairos.domain.localtime import to_instant

Clock = Literal["brand", "customer"]
LatePolicy = Literal["skip", "send_now"]
FollowOn = Literal["entered", "completed", "exited", "goal"]

EARLIEST_ZONE = timedelta(hours=14)
"""Pacific/Kiritimati is the first to see a clock time; UTC-12 the last."""
LATEST_ZONE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A broadcast at the local time `at` (naive, whole minutes), for whom `audience` holds (None: everybody).

    `clock` says whose local time is meant. A customer whose time was over when the walk began follows `if_past`.
    """

    at: datetime
    clock: Clock = "brand"
    audience: Condition | None = None
    if_past: LatePolicy = "skip"

    @property
    def subject(self) -> str:
        """Return the subject of its passages: nobody enters twice for one date and time."""
        return f"{self.at:%Y-%m-%d %H:%M}"

    def due(self, brand: ZoneInfo, customer: ZoneInfo) -> datetime:
        """Return the instant (UTC) at which it starts for a customer of that zone."""
        zone = customer if self.clock == "customer" else brand
        return to_instant(self.at.date(), self.at.time(), zone)

    def begins(self, brand: ZoneInfo) -> datetime:
        """Return the instant (UTC) at which it starts for the first customer."""
        if self.clock == "customer":
            return self.at.replace(tzinfo=UTC) - EARLIEST_ZONE
        return self.due(brand, brand)

    def ends(self, brand: ZoneInfo) -> datetime:
        """Return the instant (UTC) at which it starts for the last customer: confirming it later is pointless."""
        if self.clock == "customer":
            return self.at.replace(tzinfo=UTC) + LATEST_ZONE
        return self.due(brand, brand)


@dataclass(frozen=True, slots=True)
class Follow:
    """A passage of another journey (`entered`, `completed`: walked to its end, `exited` before, or at its `goal`), or
    the end of one's own."""

    journey: str
    on: FollowOn
