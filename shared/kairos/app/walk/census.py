"""Who is in a segment: a look at every customer, page by page, that wakes nobody and writes nothing.

Each page says where the next one begins, so a look that breaks off is gone on with from there. What is read is what
`decide` wrote lately (eventually consistent), evaluated as of now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kairos.app.publish.release import Release
from kairos.app.walk.ports import CustomerScan, Row
from kairos.domain.condition import Facts
from kairos.domain.errors import BadInput
from kairos.domain.walk import SEGMENTS

PAGE = 500


@dataclass(frozen=True, slots=True)
class Look:
    """What one page showed. `unread` counts items that this code cannot read; `place` is None where all is seen."""

    inside: tuple[str, ...]
    looked_at: int
    unread: int
    units: float
    place: str | None


def look(scan: CustomerScan, release: Release, segment: str, now: datetime, place: str = "") -> Iterator[Look]:
    """Yield page after page from `place` ("": the beginning). Raises BadInput for no place, or no segment, of these."""
    if segment not in release.segments:
        there = ", ".join(sorted(release.segments)) or "none"
        raise BadInput("segment", f"one of: {there}; found {segment!r}")
    start, after = _read_place(place)
    for part in range(start, SEGMENTS):
        while True:
            page = scan.page(part, SEGMENTS, after, PAGE)
            after = page.last or ""
            inside = tuple(row.profile for row in page.rows if _is_inside(row, release, segment, now))
            unread = sum(1 for row in page.rows if row.state is None)
            yield Look(inside, _profiles(page.rows), unread, page.units, _next_place(part, page.last))
            if page.last is None:
                break


def _is_inside(row: Row, release: Release, segment: str, now: datetime) -> bool:
    """Who became another is looked at as that other; who was erased, not at all."""
    state = row.state
    if state is None or state.gone:
        return False
    return release.segments[segment].holds(Facts(state, {}, now, release.segments, zone=release.zone(state.zone)))


def _profiles(rows: Sequence[Row]) -> int:
    return sum(1 for row in rows if row.state is None or not row.state.gone)


def _next_place(part: int, last: str | None) -> str | None:
    if last is not None:
        return f"{part}.{last}"
    return f"{part + 1}." if part + 1 < SEGMENTS else None


def _read_place(place: str) -> tuple[int, str]:
    part, dot, after = place.partition(".")
    if place and not (dot and part.isascii() and part.isdecimal() and int(part) < SEGMENTS):
        raise BadInput("after", "a place that this command has told")
    return (int(part), after) if place else (0, "")
