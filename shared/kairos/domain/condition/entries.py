"""What a condition asks of entries: bookings, deliveries, renewals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kairos.domain.condition.comparison import Comparison
from kairos.domain.condition.facts import Condition, Facts
from kairos.domain.instant import format_instant
from kairos.domain.profile import Entry

STATUSES = ("live", "cancelled", "any")


@dataclass(frozen=True, slots=True)
class EntryIs:
    """The enrollment's own entry, if it is of this kind, else any entry of the kind, is so.

    `status` None: live ones, and the passage's own whatever became of it. With `times` all of the kind are counted, the
    passage's own among them. An entry whose tombstone's time is over is not there any more, written out or not.
    """

    kind: str
    where: Condition | None = None
    status: str | None = None
    times: Comparison | None = None

    def holds(self, facts: Facts) -> bool:
        if self.times is not None:
            return self.times.accepts(sum(1 for entry in self._asked(facts) if self._is_so(entry, facts)))
        return any(self._is_so(entry, facts) for entry in self._asked(facts))

    def changes(self, facts: Facts) -> Iterable[datetime]:
        for entry in self._asked(facts):
            if entry.until is not None:
                yield entry.until
            if self.where is not None:
                yield from self.where.changes(facts.about(_fields(entry)))

    def children(self) -> Sequence[Condition]:
        return (self.where,) if self.where else ()

    def _asked(self, facts: Facts) -> list[Entry]:
        entries = facts.profile.entries
        key = facts.entry if self.times is None and facts.entry and facts.entry[0] == self.kind else None
        own = entries.get(key) if key else None
        if own is not None:
            return [own] if self._fits(own, self.status or "any") else []
        there = (e for e in entries.values() if e.kind == self.kind and (e.until is None or e.until > facts.now))
        return [entry for entry in there if self._fits(entry, self.status or "live")]

    def _fits(self, entry: Entry, status: str) -> bool:
        return status == "any" or entry.cancelled is (status == "cancelled")

    def _is_so(self, entry: Entry, facts: Facts) -> bool:
        return self.where is None or self.where.holds(facts.about(_fields(entry)))


def _fields(entry: Entry) -> dict[str, Any]:
    """Return an entry's properties, and its times as they are written."""
    return {**entry.properties, "starts_at": _written(entry.starts_at), "ends_at": _written(entry.ends_at)}


def _written(at: datetime | None) -> str | None:
    return format_instant(at) if at else None
