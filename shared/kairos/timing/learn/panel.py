"""Histories as columns: one row per purchase, with what was known then and what came next."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kairos.timing.rhythm import KEPT_DAYS_MAX, GapSums, Pace, pace_of, weekday_of

Numbers = NDArray[np.float64]
Histories = Mapping[str, Sequence[int]]
"""Each customer's distinct purchase days, as sorted ordinals."""


_SUMS = ("count", "logs", "mean_log", "square_log", "gaps", "days", "pace", "log_pace")


@dataclass(frozen=True, slots=True)
class Panel:
    """One row per purchase up to a cut.

    `sums` holds the columns of `GapSums`, for the weights asked for, and those of `Pace`, as `pace` and `log_pace`; 0
    before a second purchase.
    """

    sums: Mapping[str, Numbers]
    day: NDArray[np.int64]
    weekdays: Numbers
    gap: Numbers
    """Days to the next purchase, or to the cut where none came by then."""
    seen: NDArray[np.bool_]
    """Whether the next purchase came by the cut."""

    def where(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Panel:
        """Return the rows chosen."""
        sums = {name: column[rows] for name, column in self.sums.items()}
        return Panel(sums, self.day[rows], self.weekdays[rows], self.gap[rows], self.seen[rows])


def make_panel(histories: Histories, cut: int, keep_logs: float = 1.0, keep_gaps: float = 1.0, after: int = 0) -> Panel:
    """Return the rows of all purchases on or before the ordinal `cut`, and after the ordinal `after`: by customer, as
    the histories come, and by day."""
    sums, days, weekdays, gaps, seen = array("d"), array("q"), array("d"), array("d"), array("b")
    for history in histories.values():
        known, counts = GapSums(), [0] * 7
        kept = history[: bisect_right(history, cut)]
        for at, day in enumerate(kept):
            counts[weekday_of(day)] += 1
            if at:
                known = known.followed_by(day - kept[at - 1], keep_logs, keep_gaps)
            if day <= after:
                continue
            pace = pace_of(kept[max(0, at + 1 - KEPT_DAYS_MAX) : at + 1]) or Pace(0.0, 0.0)
            sums.extend((known.count, known.logs, known.mean_log, known.square_log, known.gaps, known.days))
            sums.extend((pace.days, pace.log))
            weekdays.extend(counts)
            following = kept[at + 1] if at + 1 < len(kept) else None
            days.append(day)
            gaps.append((cut if following is None else following) - day)
            seen.append(following is not None)
    columns = np.array(sums, dtype=float).reshape(-1, len(_SUMS)).T
    return Panel(
        dict(zip(_SUMS, columns, strict=True)),
        np.array(days, dtype=np.int64),
        np.array(weekdays, dtype=float).reshape(-1, 7),
        np.array(gaps, dtype=float),
        np.array(seen, dtype=bool),
    )


def sample_customers(histories: Histories, most: int) -> dict[str, Sequence[int]]:
    """Return at most that many customers, chosen by a hash of their id: the same ones every night, in any order."""
    if len(histories) <= most:
        return {customer: histories[customer] for customer in sorted(histories)}
    ranked = sorted(histories, key=lambda customer: hashlib.blake2b(customer.encode(), digest_size=8).digest())
    return {customer: histories[customer] for customer in sorted(ranked[:most])}
