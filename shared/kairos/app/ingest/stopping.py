"""Addresses that a request says are to be written to no more: stopped before anything of it is queued."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kairos.app.ingest.identifiers import normalise_email, normalise_phone
from kairos.app.ports import Suppressions
from kairos.registry import Parsed


def stop_addresses(suppressions: Suppressions, parsed: Sequence[Parsed], now: datetime, country: str) -> int:
    """Write every stop, each once, as of when it was said, and return how many. Raises Unavailable."""
    stops = dict.fromkeys((stop, min(one.event.occurred_at, now)) for one in parsed for stop in one.stops)
    stopped = 0
    for stop, at in stops:
        if stop.hashed:
            suppressions.suppress_hashed(stop.channel, stop.address, stop.purpose, stop.reason, at)
            stopped += 1
            continue
        if stop.channel == "email":
            address = normalise_email(stop.address)
        else:
            address = normalise_phone(stop.address, country) or stop.address
        if address is not None:
            suppressions.suppress(stop.channel, address, stop.purpose, stop.reason, at)
            stopped += 1
    return stopped
