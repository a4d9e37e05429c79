"""Caps on entries: how often one profile may enter a journey in any span of time, whatever the subjects.

The entries are counted like behaviour, under the predicate that `kairos.app.publish.index` puts into the index.
"""

from __future__ import annotations

from bisect import insort
from datetime import datetime

from kairos.app.decide.turn import Turn
from kairos.app.publish.index import entries_counter, entries_kept
from kairos.domain.journey import Journey


def is_full(turn: Turn, journey: Journey, at: datetime) -> bool:
    """Return whether one more entry at `at` would be one too many in some span; one exactly `per` ago is outside."""
    cap = journey.entry_cap
    if cap is None:
        return False
    counter = turn.profile.counters.get(entries_counter(journey.id).key)
    times = list(counter.times) if counter else []
    if len(times) >= entries_kept(cap) and at - times[0] < cap.per:
        return True  # a trigger so late that the entries around it are forgotten
    insort(times, at)  # late or not: spans on both sides of it are looked at
    return any(later - first < cap.per for first, later in zip(times, times[cap.most :], strict=False))
