"""Bookings that an API lists but cannot say the changes of: those to come are read, and told where they changed.

What is kept of each is a mark of what was told, so a booking costs nothing while nobody touches it. What is listed no
more is no cancellation: the APIs list cancelled bookings as such.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kairos.domain.ids import digest
from kairos.sources._again import SETTLED, Row, pages
from kairos.sources._pulling import Page, Pulling, Told

BEHIND = timedelta(days=1)
BOOKINGS_MAX = 2_000
BOOKINGS_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking as the API lists it: `state` is all of it that is told, `until` when it is over."""

    id: str
    state: Mapping[str, Any]
    until: datetime
    changed_at: datetime | None


def changes(pulling: Pulling, listed: Iterable[Booking], rows: Callable[[Booking], Sequence[Row]]) -> Iterator[Page]:
    """Yield what is to be told of bookings that changed; `rows` may ask the API for more of each."""
    seen = 0
    changed: list[tuple[Booking, str]] = []
    for booking in listed:
        seen += 1
        mark = _mark(booking)
        known = pulling.told.get(booking.id)
        settled = booking.changed_at is None or booking.changed_at <= pulling.now - SETTLED
        if settled and (known is None or known.mark != mark) and seen <= BOOKINGS_MAX:
            changed.append((booking, mark))
    for start in range(0, len(changed), BOOKINGS_PER_PAGE):
        part = changed[start : start + BOOKINGS_PER_PAGE]
        told = {booking.id: Told(mark, booking.until) for booking, mark in part}
        yield from pages([row for booking, _ in part for row in rows(booking)], told=told)
    over = {id: None for id, one in pulling.told.items() if one.until < pulling.now - BEHIND}
    yield Page(told=over, left_out=max(0, seen - BOOKINGS_MAX))


def _mark(booking: Booking) -> str:
    state = json.dumps(booking.state, sort_keys=True, default=str).encode("utf-8", "replace")
    return digest("booking", hashlib.sha256(state).hexdigest())[:20]
