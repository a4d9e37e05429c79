"""How long after an event people answer: the distribution, the best window, and how far to trust a short history.

Counts of first answers by whole days, with those still silent censored (Kaplan and Meier 1958). A day's hazard is
smoothed over the week around it and shrunk to the parent's: a product's to its type's, a type's to everybody's. The
sums add up, so nothing depends on the order in which answers arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DAYS_MAX = 365
SMOOTH_DAYS = 3
"""Days to either side over which a hazard is smoothed: a week in all."""
SHRINK = 100.0
"""People at risk that the parent's hazard is worth; shrinking by 30 was too weak on campaign data."""


@dataclass(frozen=True, slots=True)
class LagCounts:
    """First answers by days after the event, and how many were last seen silent on each: index 0 is the same day."""

    came: tuple[int, ...]
    silent: tuple[int, ...]

    def plus(self, other: LagCounts) -> LagCounts:
        """Return the counts of both."""
        return LagCounts(_sum(self.came, other.came), _sum(self.silent, other.silent))


@dataclass(frozen=True, slots=True)
class LagCurve:
    """When an answer comes, day by day: `hazards[d]` is P(on day d, given none before), `at_risk` who was watched."""

    hazards: tuple[float, ...]
    at_risk: tuple[int, ...]

    def on_day(self) -> list[float]:
        """Return P(the first answer comes on day 0, 1, …)."""
        left, result = 1.0, []
        for hazard in self.hazards:
            result.append(left * hazard)
            left *= 1.0 - hazard
        return result

    def within(self) -> list[float]:
        """Return P(answered by the end of day 0, 1, …)."""
        total, result = 0.0, []
        for chance in self.on_day():
            total += chance
            result.append(min(1.0, total))
        return result

    def best_window(self, length: int = 7) -> tuple[int, int, float]:
        """Return first and last day of the likeliest window, and the share of all answers in sight that it holds."""
        daily = self.on_day()
        length = min(length, len(daily))
        total = sum(daily)
        held = [sum(daily[start : start + length]) for start in range(len(daily) - length + 1)]
        start = max(range(len(held)), key=lambda day: (held[day], -day))
        return start, start + length - 1, held[start] / total if total > 0 else 0.0


def count_lags(lags: Iterable[tuple[int, bool]]) -> LagCounts:
    """Count pairs of days and whether an answer came then; what lies beyond a year is silent for that year."""
    came, silent = [0] * DAYS_MAX, [0] * DAYS_MAX
    for days, answered in lags:
        if answered and days < DAYS_MAX:
            came[days] += 1
        else:
            silent[min(days, DAYS_MAX - 1)] += 1
    length = max((day + 1 for day in range(DAYS_MAX) if came[day] or silent[day]), default=1)
    return LagCounts(tuple(came[:length]), tuple(silent[:length]))


def lag_curve(counts: LagCounts, parent: LagCurve | None = None, shrink: float = SHRINK) -> LagCurve:
    """Return the smoothed hazards, shrunk to the parent's, or without one to this curve's own mean over the days.

    Someone last seen silent on day d was watched through it.
    """
    at_risk, left = [], sum(counts.came) + sum(counts.silent)
    for came, silent in zip(counts.came, counts.silent, strict=True):
        at_risk.append(left)
        left -= came + silent
    mean = sum(counts.came) / max(1, sum(at_risk))
    hazards = []
    for day in range(len(at_risk)):
        days = range(max(0, day - SMOOTH_DAYS), min(len(at_risk), day + SMOOTH_DAYS + 1))
        around = sum(counts.came[each] for each in days) / max(1, sum(at_risk[each] for each in days))
        own = _blend(counts.came[day], at_risk[day], around, shrink / 10.0)
        anchor = mean if parent is None else _hazard(parent, day)
        weight = shrink / 10.0 if parent is None else shrink
        hazards.append(min(1.0, _blend(own * at_risk[day], at_risk[day], anchor, weight)))
    return LagCurve(tuple(hazards), tuple(at_risk))


def _blend(came: float, at_risk: float, anchor: float, weight: float) -> float:
    return (came + weight * anchor) / (at_risk + weight)


def _hazard(curve: LagCurve, day: int) -> float:
    return curve.hazards[day] if day < len(curve.hazards) else curve.hazards[-1]


def _sum(left: Sequence[int], right: Sequence[int]) -> tuple[int, ...]:
    length = max(len(left), len(right))
    padded = [tuple(counts) + (0,) * (length - len(counts)) for counts in (left, right)]
    return tuple(a + b for a, b in zip(*padded, strict=True))
