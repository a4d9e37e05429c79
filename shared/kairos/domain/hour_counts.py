"""How often something happened in each hour of a customer's week: 168 counts in one text, a character each.

An item holds up to thirteen of these and most events change one count, so reading and writing a row must cost as much
as copying it. A text is stored as it stands; runs of the same count, as of nights in which nothing happens, all but
vanish in the compressor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WEEK_HOURS = 168
COUNT_MAX = 50_000
"""Beyond it nothing is counted: it is one event every two minutes for ten years, and below what UTF-8 cannot write."""

_ZERO = ord("0")
_NOTHING = "0" * WEEK_HOURS


@dataclass(frozen=True, slots=True)
class HourCounts:
    """Counts by hour of the week: hour 0 is Monday from 00:00 by the customer's clock, 167 Sunday from 23:00.

    In `text` the character "0" is none, "1" one, ":" ten, and so on along Unicode. Raises ValueError for a text of
    another length.
    """

    text: str = _NOTHING

    def __post_init__(self) -> None:
        if len(self.text) != WEEK_HOURS:
            raise ValueError(f"a week has {WEEK_HOURS} hours, not {len(self.text)}")

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> HourCounts:
        """Return the counts of (hour of the week, count). Raises IndexError for an hour that no week has."""
        counts = [_ZERO] * WEEK_HOURS
        for hour, count in pairs:
            counts[hour] = _ZERO + min(COUNT_MAX, counts[hour] - _ZERO + count)
        return cls("".join(map(chr, counts)))

    def __bool__(self) -> bool:
        return self.text != _NOTHING

    def plus_one(self, hour: int) -> HourCounts:
        """Return the counts after one more in that hour of the week."""
        after = min(ord(self.text[hour]) + 1, _ZERO + COUNT_MAX)
        return HourCounts(self.text[:hour] + chr(after) + self.text[hour + 1 :])

    def pairs(self) -> list[tuple[int, int]]:
        """Return (hour, count) of each hour in which something happened, in order."""
        return [(hour, ord(mark) - _ZERO) for hour, mark in enumerate(self.text) if mark != "0"]

    def total(self) -> int:
        """Return how often it happened in all."""
        return sum(map(ord, self.text)) - WEEK_HOURS * _ZERO

    def joined(self, other: HourCounts) -> HourCounts:
        """Return the sums of both."""
        return HourCounts.of([*self.pairs(), *other.pairs()])
