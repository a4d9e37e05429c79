"""A person is erased: the words in which the groups of their profile are told so, and how it stands.

profile_erased        keep nothing but that this profile was erased; your former ids are told the same
profile_erasure_done  whatever else was kept of the person is gone too: the mark itself may go one day

`decide` alone writes `customers`, so these travel through the inbox like any event. They are told from a source's own
events by their source, which no connection can have.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kairos.domain.event import Event
from kairos.domain.ids import digest

SOURCE = "erase"
ERASED = "profile_erased"
DONE = "profile_erasure_done"

ASKED_FOR = "customer_redacted"
"""What a signed source says when a shop's customer must be forgotten (Shopify's `customers/redact`)."""

STOP = "erased"
"""The reason of the stops that an erasure leaves behind: they outlive the person's data, and no consent lifts them."""

MARK_KEPT = timedelta(days=30)
"""How long a finished erasure leaves its mark: twice the life of whatever may still lie in a queue."""


def erase_request(profile: str, now: datetime, correlation: str = "") -> Event:
    """Return the event that asks a profile's group to forget it."""
    return _told(ERASED, profile, now, correlation)


def erasure_done(profile: str, now: datetime, correlation: str = "") -> Event:
    """Return the event that says that nothing else is kept of the person."""
    return _told(DONE, profile, now, correlation)


def _told(name: str, profile: str, now: datetime, correlation: str) -> Event:
    return Event(
        id=digest(name, profile, now.isoformat()),
        name=name,
        profile=profile,
        occurred_at=now,
        received_at=now,
        source=SOURCE,
        correlation=correlation,
        historical=True,
        retry_horizon=timedelta(),
    )
