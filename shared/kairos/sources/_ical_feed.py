"""Asking for a feed: only whole when it has changed, and from time to time anyway, because the window moves on.

Conditional requests are RFC 9110, 13.1. A feed that ends in the middle is not taken for a calendar from which
everything has vanished.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kairos.domain.errors import BadInput, Refused, Unavailable
from kairos.domain.instant import format_instant, parse_instant
from kairos.sources._pulling import Pulling

FEED_BYTES_MAX = 4_194_304
WHOLE_AGAIN = timedelta(hours=12)
_END = b"END:VCALENDAR"


def fetch_feed(pulling: Pulling, address: str) -> tuple[bytes, Mapping[str, Any]] | None:
    """Return the feed and the cursor to keep once it was told; None where it is as it was.

    Raises Unavailable, Refused where the address leads nowhere any more, BadInput where it leads to no calendar.
    """
    headers = {"accept": "text/calendar", "user-agent": "Kairos"} | _condition(pulling)
    answer = pulling.fetch("GET", address, headers, bytes_max=FEED_BYTES_MAX)
    if answer.status == 304:
        return None
    if answer.status == 429 or answer.status >= 500:
        raise Unavailable("feed", f"it answers {answer.status}")
    if answer.status != 200:
        raise Refused("feed", f"it answers {answer.status}: is its address still right?")
    if not answer.body.rstrip().upper().endswith(_END):
        raise BadInput("feed", "a whole iCalendar file")
    cursor = {"read_at": format_instant(pulling.now)}
    cursor |= {name: answer.headers[name][:500] for name in ("etag", "last-modified") if answer.headers.get(name)}
    return answer.body, cursor


def _condition(pulling: Pulling) -> dict[str, str]:
    cursor = pulling.cursor
    if "read_at" not in cursor or pulling.now - parse_instant(cursor["read_at"]) >= WHOLE_AGAIN:
        return {}
    asked = {"if-none-match": cursor.get("etag"), "if-modified-since": cursor.get("last-modified")}
    return {name: value for name, value in asked.items() if value}
