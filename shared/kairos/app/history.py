"""What was decided for one customer in a stretch of the past: read from the archive, where an item has long forgotten.

The archive lies by the hour in which its lines came, of all customers together, so the hours before the instant that
is asked about are looked through, the nearest first, up to a bound. A line that a crash brought later than LATE is not
found, and one that stands in several objects is told once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kairos.app.archive import reason_of
from kairos.app.ports import ArchiveReader
from kairos.domain.instant import parse_instant
from kairos.domain.reason import COUNTED_ONLY, Reason

HOUR = timedelta(hours=1)
LATE = timedelta(minutes=30)
"""How much later than it was decided a line is looked for: Firehose waits a minute, a redelivered batch some more."""

BYTES_MAX = 1_000_000_000
"""Unpacked, of all customers: a minute's reading, and some ten million decisions."""


@dataclass(frozen=True, slots=True)
class History:
    """What was decided from `since` to `until`, in order; `objects` were read. `since` is later than was asked for
    where there was more than is read at once."""

    reasons: tuple[Reason, ...]
    since: datetime
    until: datetime
    objects: int


def read_history(
    archive: ArchiveReader, profiles: Sequence[str], since: datetime, until: datetime, most: int = BYTES_MAX
) -> History:
    """Return what was decided in [since, until] for a customer by any of their ids. Raises Unavailable, BadInput."""
    found: dict[tuple[Any, ...], list[Reason]] = {}
    wanted = [id.encode() for id in profiles]
    objects = read = 0
    hour = _hour(until + LATE)
    while hour >= _hour(since):
        if read >= most:
            since = hour + HOUR
            break
        for name in archive.names(hour):
            objects += 1
            for line in archive.lines(name):
                read += len(line)
                if any(id in line for id in wanted):
                    found |= _decided(line, profiles, since, until)
        hour -= HOUR
    told = [reason for _, reasons in sorted(found.items()) for reason in reasons]
    return History(tuple(reason for reason in told if reason.at >= since), since, until, objects)


def _decided(
    line: bytes, profiles: Sequence[str], since: datetime, until: datetime
) -> dict[tuple[Any, ...], list[Reason]]:
    """Return the reasons of one line under what tells it apart; nothing for what others decided, or for no line."""
    try:
        row = json.loads(line)
        if row.get("profile") not in profiles or "reasons" not in row:
            return {}
        at = parse_instant(row["at"])
        if not since <= at <= until:
            return {}
        key = (at, row["profile"], row["version"], row["part"])
        return {key: list(_reasons(row, at))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # `tally` counts what cannot be read


def _reasons(row: Mapping[str, Any], at: datetime) -> Iterator[Reason]:
    """Yield all but what is only counted: it explains nothing."""
    for raw in row["reasons"]:
        if raw["kind"] not in COUNTED_ONLY:
            yield reason_of(raw, row["profile"], at)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
