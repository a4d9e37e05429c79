"""When a country works: which days of the week, but for its holidays, and the weekend days that make up for bridges."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

WEEKEND = (5, 6)
"""Saturday and Sunday (Monday 0): where nothing else is known."""


@dataclass(frozen=True, slots=True)
class Workweek:
    """`weekends` says per year which days of the week are free: countries change it, as AE did in 2022."""

    holidays: Container[str]
    weekends: Mapping[str, Iterable[int]]
    workdays: Container[str]

    @classmethod
    def of(
        cls,
        holidays: Container[str] | None,
        weekends: Mapping[str, Iterable[int]] | None = None,
        workdays: Container[str] | None = None,
    ) -> Workweek:
        """Return it from what a release carries: dates as ISO text, weekends by year; None where it carries none."""
        return cls(holidays or (), weekends or {}, workdays or ())

    def is_open(self, day: date) -> bool:
        """Return whether it is a business day."""
        written = day.isoformat()
        if day.weekday() in self.weekends.get(written[:4], WEEKEND):
            return written in self.workdays
        return written not in self.holidays
