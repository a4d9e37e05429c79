"""When a walk's next round is, and what finds a walk whose round was never called."""

from __future__ import annotations

from datetime import datetime, timedelta

from kairos.app.walk.ports import Rounds, Walks

EARLY = timedelta(seconds=5)
"""By how much the clocks of Scheduler and of ours may differ, and what a call to it may take."""

STALLED_AFTER = timedelta(minutes=10)

_MINUTE = timedelta(minutes=1)


class WalkWatch:
    """What `sweep` looks after besides timers: a walk is a promise too."""

    def __init__(self, walks: Walks, rounds: Rounds) -> None:
        self._walks = walks
        self._rounds = rounds

    def run(self, now: datetime) -> int:
        """Call every walk whose next round should have been long ago; return how many those were."""
        stalled = [w for w in self._walks.all() if w.state == "going" and w.next_at + STALLED_AFTER <= now]
        for walk in stalled:
            self._rounds.call(walk.id, next_minute(now))
        return len(stalled)


def next_minute(now: datetime) -> datetime:
    """Return the first whole minute that Scheduler still takes by the time it hears of it."""
    return ceil_minute(now + EARLY)


def ceil_minute(at: datetime) -> datetime:
    """Return the first whole minute at or after `at`."""
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + _MINUTE
