"""Counted figures, and for each slot which pages they come from: none is counted twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kairos.app.ports import Counted, Figure
from kairos.domain.errors import VersionConflict


class MemoryInsights:
    """Insights and InsightsReader."""

    def __init__(self) -> None:
        self.sums: dict[Figure, int] = {}
        self.pages: dict[datetime, dict[str, frozenset[bytes]]] = {}
        self._newest: datetime | None = None

    def counted(self, slot: datetime) -> Counted:
        pages = self.pages.get(slot, {})
        return Counted(len(pages), frozenset().union(*pages.values()))

    def add(
        self, slot: datetime, page: str, marks: frozenset[bytes], figures: Mapping[Figure, int], before: Counted
    ) -> None:
        pages = self.pages.setdefault(slot, {})
        if len(pages) != before.pages or page in pages:
            raise VersionConflict(slot.isoformat())
        pages[page] = marks
        for figure, number in figures.items():
            self.sums[figure] = self.sums.get(figure, 0) + number

    def note_newest(self, at: datetime) -> None:
        self._newest = max(at, self._newest or at)

    def figures(self, journey: str, first: str, last: str) -> Mapping[Figure, int]:
        mine = [figure for figure in self.sums if figure.journey == journey and first <= figure.day <= last]
        return {figure: self.sums[figure] for figure in mine}

    def newest(self) -> datetime | None:
        return self._newest
