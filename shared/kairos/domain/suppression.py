"""A stop of an address, and what may end it.

Whoever unsubscribed may agree again, and then the word that came last counts: a consent to marketing by that channel,
given after the stop, lifts it for whoever gave it. A bounce, a complaint, an erasure or an import is nobody's change of
mind: those stay. Order is that of what happened (`occurred_at`), not of arrival; at one instant the stop holds.
"""

from __future__ import annotations

from datetime import datetime

UNSUBSCRIBED = "unsubscribed"
"""The reason of a stop that the person asked for, by our link or the mail provider's."""


def is_lifted(purpose: str, reason: str, at: datetime, consented_at: datetime | None) -> bool:
    """Return whether a consent to marketing, given at `consented_at` (None: there is none), ends this stop."""
    return purpose == "marketing" and reason == UNSUBSCRIBED and consented_at is not None and consented_at > at


def replaces(known_reason: str, known_at: datetime, reason: str, at: datetime) -> bool:
    """Return whether a stop is written over the one that is known: a firmer one, or a newer that can be lifted.

    Without the newer instant, an old consent would lift a refusal that came after it.
    """
    return known_reason == UNSUBSCRIBED and (reason != UNSUBSCRIBED or at > known_at)
