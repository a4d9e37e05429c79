"""How much advertising a new domain sends by e-mail on its first days: `warm_up: {from: 2026-11-22}`.

Mailbox providers judge a domain they have not seen by how its first mail is taken, and take a sudden flood for spam
(docs.aws.amazon.com/ses/latest/dg/warm-up.html; Gmail's "increase the sending volume slowly"). So marketing begins at
QUOTA a day and doubles daily. What is too much for today waits for tomorrow; transactional mail is asked for by its
reader, and goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kairos.app.deliver.outcome import Request
from kairos.app.ports import SendTokens

CHANNEL = "email"
QUOTA = 50
DAYS = 15
"""After two weeks of doubling it is 819,200 a day; from then on nothing is held."""

BUCKET = "email/warm-up"
_ANY_RATE = 1e9


def quota(brand: Mapping[str, Any], now: datetime) -> int | None:
    """Return how many marketing e-mails may go today (UTC); None where nothing is warmed up any more."""
    warming = brand.get("warm_up")
    if not warming:
        return None
    day = max(0, (now.astimezone(UTC).date() - date.fromisoformat(str(warming["from"]))).days)
    return QUOTA * 2**day if day < DAYS else None


def admitted(
    requests: Sequence[Request], brand: Mapping[str, Any], tokens: SendTokens, now: datetime
) -> tuple[list[Request], list[Request]]:
    """Return the requests of e-mail that may go today, and those that must wait for tomorrow."""
    most = quota(brand, now)
    marketing = [request for request in requests if request.message.marketing]
    if most is None or not marketing:
        return list(requests), []
    granted = tokens.lease(BUCKET, len(marketing), _ANY_RATE, most, now)
    waiting = marketing[granted:]
    return [request for request in requests if request not in waiting], waiting


def tomorrow(now: datetime) -> datetime:
    """Return when the next day's quota begins."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)
