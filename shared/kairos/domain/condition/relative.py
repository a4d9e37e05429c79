"""Dates against now: `after`, `before`, and `within` a span that lies ahead (+) or behind (-).

The edge belongs to `before`, so `after` and `before` of one bound never hold together and never fail together, and each
begins to hold exactly at its instant. A span ends with its far end: `+3d` still holds of what is three days off to the
microsecond, `-7d` no longer of what happened seven days ago to the microsecond, as windows of behaviour do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.condition.facts import Facts
from kairos.domain.document import Document
from kairos.domain.duration import parse_duration
from kairos.domain.errors import BadDefinition
from kairos.domain.instant import YEAR_MAX, YEAR_MIN, parse_instant
from kairos.domain.localtime import to_instant

RELATIVE = ("after", "before", "within")

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NOW = timedelta()
_SIGNED = "+3d for the coming three days, or -7d for the last seven"

Bound = timedelta | datetime | date
"""So far from now; an instant; or the beginning of a day on the customer's clock."""


@dataclass(frozen=True, slots=True)
class Relative:
    """What was found lies after one bound, and before (or at) the other. None: no such bound."""

    after: Bound | None = None
    before: Bound | None = None

    def accepts(self, found: Any, facts: Facts) -> bool:
        """Return whether `found` is a date or instant that lies so."""
        at = moment_of(found, facts.zone)
        if at is None:
            return False
        late_enough = self.after is None or _lies_after(at, self.after, facts)
        return late_enough and (self.before is None or not _lies_after(at, self.before, facts))

    def changes(self, found: Any, facts: Facts) -> Iterator[datetime]:
        """Yield when `found` passes a bound that moves with the clock."""
        at = moment_of(found, facts.zone)
        for bound in (self.after, self.before):
            if at is not None and isinstance(bound, timedelta):
                yield at - bound


def moment_of(found: Any, zone: ZoneInfo) -> datetime | None:
    """Return the instant of a value, None for what is none. A date begins on the zone's clock, as a bare time does."""
    if isinstance(found, datetime):
        return found
    if not isinstance(found, str) or len(found) > 40:
        return None
    try:
        return to_instant(_day(found), time(0), zone) if _DATE.fullmatch(found) else parse_instant(found, zone)
    except ValueError:
        return None


def read_relative(document: Document) -> Relative:
    """Return the bounds that a condition names. Raises BadDefinition."""
    if not document.has("within"):
        bounds = {key: document.read(key, _bound) for key in ("after", "before") if document.has(key)}
        return Relative(**bounds)
    if document.has("after") or document.has("before"):
        raise BadDefinition((*document.path, "within"), "stands alone: it says both ends")
    span = document.read("within", _signed)
    return Relative(_NOW, span) if span > _NOW else Relative(span, _NOW)


def _lies_after(at: datetime, bound: Bound, facts: Facts) -> bool:
    """Compare distances, not instants: a bound of ten years may lie outside the calendar."""
    if isinstance(bound, timedelta):
        return at - facts.now > bound
    if isinstance(bound, datetime):
        return at > bound
    return at > to_instant(bound, time(0), facts.zone)


def _bound(value: Any) -> Bound:
    """Read `now`, a signed duration, a date or an instant. Raises ValueError."""
    if value == "now":
        return _NOW
    if isinstance(value, str) and value[:1] in ("+", "-"):
        return _signed(value)
    try:
        return _day(value) if isinstance(value, str) and _DATE.fullmatch(value) else parse_instant(value)
    except ValueError:
        raise ValueError("expected now, a span such as -30d or +3d, a date, or an instant with its offset") from None


def _signed(value: Any) -> timedelta:
    if not isinstance(value, str) or value[:1] not in ("+", "-"):
        raise ValueError(f"expected a span with its sign: {_SIGNED}")
    span = parse_duration(value[1:])
    if span == _NOW:
        raise ValueError(f"expected a span longer than nothing: {_SIGNED}")
    return -span if value[0] == "-" else span


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not YEAR_MIN < day.year < YEAR_MAX:
        raise ValueError(f"{text} is outside the years {YEAR_MIN} to {YEAR_MAX}")
    return day
