"""Count what the archive holds: each object once, and each write of a profile once, whatever comes again.

A write may stand in several objects: archived again after a crash, or repeated by Firehose, which delivers at least
once. It carries the same (profile, version, part) and the same instant everywhere. That instant says in which slot of
time it is counted, and there a mark (a hash of what tells it apart) is kept of everything counted so far.

Counting a page of an object is one transaction of the page's marks and its sums, on condition that nothing else was
counted of the slot since the marks were read. So, whatever crashes, repeats or runs beside it:

- sums and marks come together or not at all: nothing that is marked is missing from the sums;
- two that count the same slot cannot both have read the marks before the other's were there: one is refused and reads
  again, so nothing is in the sums twice;
- an object whose counting was cut off is counted again from its beginning, and what was done of it is marked.

Marks are forgotten after a while. What is older than HORIZON is not counted at all, so it cannot be counted twice; the
longest that something honestly takes is 14 days in a queue. Sums are made before anything is written: an object costs
a read of its slots' marks and a transaction for each page, however many decisions it holds.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from kairos.app.ports import ArchiveReader, Clock, Figure, Insights
from kairos.domain.errors import Unavailable, VersionConflict
from kairos.domain.instant import parse_instant
from kairos.domain.reason import ALL_MARKETING, COUNTED_ONLY, DELAYED, FEEDBACK

SLOT = timedelta(minutes=10)
HORIZON = timedelta(days=45)
FIGURES_MAX, MARKS_MAX = 90, 20_000
"""Of one page. DynamoDB's transaction takes 100 writes, and an item 400 kB."""

MARK_BYTES = 8
"""With a million decisions in ten minutes, one in 30 million slots would lose one to a collision."""

ATTEMPTS = 20
TEXT_CHARACTERS_MAX = 200

_OF_TRIALS = ("assigned", "succeeded")
COUNTED = frozenset(
    {
        "entered",
        "holdout",
        "message",
        "held",
        "not_sent",
        "exited",
        "converted",
        DELAYED,
        *COUNTED_ONLY,
        *_OF_TRIALS,
        *FEEDBACK,
    }
)
_WITH_REASON = frozenset(
    {"holdout", "held", "not_sent", "exited", "converted", *COUNTED_ONLY, DELAYED, "opened", "clicked", *_OF_TRIALS}
)
_OF_STEPS = frozenset({"aimed", "answered", "message", "held", "not_sent", DELAYED, *_OF_TRIALS, *FEEDBACK})
# Reasons that name one thing among thousands would each become a counter of their own.
_ENDLESS = ("no room",)


@dataclass(frozen=True, slots=True)
class Decision:
    """One archived line that counts for something."""

    at: datetime
    mark: bytes
    figures: Counter[Figure]


@dataclass(slots=True)
class Tallied:
    """What came of one object: lines read, decisions counted now, known already, too old, and unreadable lines."""

    lines: int = 0
    counted: int = 0
    known: int = 0
    late: int = 0
    unreadable: int = 0


class Tally:
    """Count objects of the archive."""

    def __init__(self, archive: ArchiveReader, insights: Insights, clock: Clock) -> None:
        self._archive = archive
        self._insights = insights
        self._clock = clock

    def count(self, name: str) -> Tallied:
        """Count one object. Raises BadInput for one that is none of ours, Unavailable when it must come again."""
        tallied = Tallied()
        slots: dict[datetime, list[Decision]] = {}
        for decision in self._read(name, tallied):
            slots.setdefault(slot_of(decision.at), []).append(decision)
        for slot, decisions in slots.items():
            for number, page in enumerate(pages(decisions)):
                self._count_page(slot, f"{name}#{number}", page, tallied)
        if slots:
            self._insights.note_newest(max(decision.at for decisions in slots.values() for decision in decisions))
        return tallied

    def _read(self, name: str, tallied: Tallied) -> Iterator[Decision]:
        oldest = self._clock.now() - HORIZON
        for line in self._archive.lines(name):
            tallied.lines += 1
            try:
                decision = read_line(line)
            except (ValueError, TypeError, KeyError, RecursionError):
                tallied.unreadable += 1
                continue
            if decision.at < oldest:
                tallied.late += bool(decision.figures)
            elif decision.figures:
                yield decision

    def _count_page(self, slot: datetime, page: str, decisions: Sequence[Decision], tallied: Tallied) -> None:
        for _ in range(ATTEMPTS):
            try:
                before = self._insights.counted(slot)
                fresh = {d.mark: d for d in decisions if d.mark not in before.marks}
                if fresh:
                    self._insights.add(slot, page, frozenset(fresh), _sum(fresh.values()), before)
            except VersionConflict:
                continue
            tallied.counted += len(fresh)
            tallied.known += len(decisions) - len(fresh)
            return
        raise Unavailable("insights", f"others keep counting {slot.isoformat()}")


def slot_of(at: datetime) -> datetime:
    """Return the beginning of the slot of time in which a decision of this instant is counted."""
    return at - (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) % SLOT


def pages(decisions: Iterable[Decision]) -> Iterator[list[Decision]]:
    """Yield decisions in pages, in order, each of no more figures and marks than one transaction takes."""
    page: list[Decision] = []
    figures: set[Figure] = set()
    for decision in decisions:
        if page and (len(page) == MARKS_MAX or len(figures | decision.figures.keys()) > FIGURES_MAX):
            yield page
            page, figures = [], set()
        page.append(decision)
        figures |= decision.figures.keys()
    if page:
        yield page


def read_line(line: bytes) -> Decision:
    """Read one line of the archive. Raises ValueError, TypeError or KeyError for one that says something else."""
    record = json.loads(line)
    at = parse_instant(record["at"])
    if record.get("unaddressed") is True:
        return Decision(at, b"", Counter())
    day = date.fromisoformat(record["day"]).isoformat()
    identity = (_text(record, "profile"), str(int(record["version"])), str(int(record.get("part", 0))))
    text = "".join(f"{len(part)}:{part}" for part in identity)
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:MARK_BYTES]
    return Decision(at, mark, Counter(_figures(record.get("reasons") or (), day)))


def _figures(reasons: Iterable[dict[str, Any]], day: str) -> Iterator[Figure]:
    for reason in reasons:
        kind, journey = _text(reason, "kind"), _text(reason, "journey")
        if kind == "segment_entered":
            yield Figure(ALL_MARKETING, day, "", kind, "", _text(reason, "subject"))
        if kind in COUNTED and journey:
            step, channel = (_text(reason, name) if kind in _OF_STEPS else "" for name in ("step", "channel"))
            yield Figure(journey, day, step, kind, channel, _countable(kind, _text(reason, "reason")))


def _countable(kind: str, reason: str) -> str:
    if kind not in _WITH_REASON:
        return ""
    return next((beginning for beginning in _ENDLESS if reason.startswith(beginning)), reason)


def _text(record: Any, name: str) -> str:
    if not isinstance(record, dict):
        raise TypeError(f"{name} of what is no object")
    value = record.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value[:TEXT_CHARACTERS_MAX]


def _sum(decisions: Iterable[Decision]) -> Counter[Figure]:
    total: Counter[Figure] = Counter()
    for decision in decisions:
        total.update(decision.figures)
    return total
