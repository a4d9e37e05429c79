"""What the archive holds of one write: the events that were applied and what was decided, as lines of JSON.

Lines are pseudonymous, as normalised events are. A write is told apart by (profile, version); archived again after a
crash it is the same line up to its events, which carry ids of their own. Where a write brings more than a line may
hold, further lines of the same write follow: reasons in parts, numbered from 0, then events that count for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.event import Event, event_to_json
from kairos.domain.instant import format_instant, parse_instant
from kairos.domain.localtime import local
from kairos.domain.profile import Written
from kairos.domain.reason import Reason

LINE_BYTES_MAX = 500_000
REASONS_MAX = 90
"""Reasons in one line: what is counted in one transaction. It must stay as it is: a line is told apart by its part."""

RELEASE_CHARACTERS = 12

_PLAIN = ("kind", "reason", "journey", "version", "step", "subject", "channel", "template", "message")


@dataclass(frozen=True, slots=True)
class Decided:
    """One write of a profile: what it decided, on which events."""

    profile: str
    written: Written
    events: Sequence[Event] = ()
    correlation: str = ""


def records(decided: Decided, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """Yield the lines of one write as plain JSON, none where nothing was applied or decided. `zone` is the brand's.

    {"profile", "version", "part", "release", "at", "day": the brand's date, "correlation", "reasons", "events"}
    """
    written, events = decided.written, [event_to_json(event) for event in decided.events]
    head = {
        "profile": decided.profile,
        "version": written.version,
        "release": written.release,
        "at": format_instant(written.at),
        "day": local(written.at, zone).date().isoformat(),
        "correlation": decided.correlation,
    }
    for part, first in enumerate(range(0, len(written.reasons), REASONS_MAX)):
        reasons = [_reason(reason) for reason in written.reasons[first : first + REASONS_MAX]]
        yield {**head, "part": part, "reasons": reasons, "events": _take(events, LINE_BYTES_MAX - _size(reasons))}
    while events:
        yield {**head, "events": _take(events, LINE_BYTES_MAX)}


def unaddressed_records(events: Sequence[Event], at: datetime, correlation: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of events that name nobody, as plain JSON: they count for nothing, and nothing is lost.

    {"unaddressed": true, "at", "correlation", "events"}
    """
    left = [event_to_json(event) for event in events]
    while left:
        head = {"unaddressed": True, "at": format_instant(at), "correlation": correlation}
        yield {**head, "events": _take(left, LINE_BYTES_MAX)}


def _reason(reason: Reason) -> dict[str, Any]:
    said = {name: value for name in _PLAIN if (value := getattr(reason, name))}
    return {**said, "due": format_instant(reason.due)} if reason.due else said


def reason_of(raw: Mapping[str, Any], profile: str, at: datetime) -> Reason:
    """Read what a line says of one decision. Raises KeyError, TypeError or ValueError for anything else."""
    said = {name: raw[name] for name in _PLAIN if name in raw}
    return Reason(at, profile, **said, due=parse_instant(raw["due"]) if "due" in raw else None)


def _take(events: list[dict[str, Any]], room: int) -> list[dict[str, Any]]:
    """Take the events from the beginning that fit; into an empty line at least one, which is far below its bound."""
    taken: list[dict[str, Any]] = []
    for event in events:
        room -= _size(event)
        if room < 0 and (taken or room + _size(event) < LINE_BYTES_MAX):
            break
        taken.append(event)
    del events[: len(taken)]
    return taken


def _size(value: Any) -> int:
    return len(line_of(value))


def line_of(record: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Return a record as one line without its end: compact JSON, ASCII only where a lone surrogate asks for it."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(record, separators=(",", ":")).encode()


def written_now(version: int, release: str, at: datetime, reasons: Sequence[Reason]) -> Written:
    """Return what an item keeps of a write until the next."""
    return Written(version, release[:RELEASE_CHARACTERS], at, tuple(reasons))
