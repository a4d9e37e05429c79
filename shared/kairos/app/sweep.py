"""The sweep use case: find through the wake index what nobody rang for, and arm what comes near. It never scans.
Last it calls the walks that nobody called.

Two passes over the index, each bounded, each going on in the next run where it stopped:

- *missed*: everything due for two minutes or more gets a wake-up. The mark moves past an hour only when the hour is
  old enough for the index to be settled and nothing due was found in it; so after an outage of days the same hours
  are visited until `decide` has caught up.
- *horizon*: what comes within 36 hours gets its alarm. `decide` arms what is nearer than that when it writes; this pass
  stops a little short of it, so that a write which was decided before this run but is indexed after it is not passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kairos.app.ports import Alarms, Clock, Cursor, Due, Inbox, InboxMessage, Marks, WakeIndex
from kairos.app.walk.watch import WalkWatch
from kairos.domain.errors import Unavailable

MISSED_AFTER = timedelta(minutes=2)
HORIZON = timedelta(hours=36)
SETTLING = timedelta(minutes=10)
"""Longer than a decision takes plus what the index lags behind its table."""

FIRST_LOOK_BACK = timedelta(days=7)
"""How far a run without marks looks back."""

WAKES_MAX = 50_000
ARMS_MAX = 5_000
WAKES_AT_ONCE = 100
RUN_SECONDS_MAX = 200.0

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one run does before it leaves the rest to the next."""

    wakes: int = WAKES_MAX
    arms: int = ARMS_MAX
    seconds: float = RUN_SECONDS_MAX


@dataclass
class Swept:
    """What a run did. `latest` is how late the most overdue profile was, `finished` whether nothing was left over.

    `errors` are refusals that no repetition would mend; each cost one profile its ring, not the others theirs.
    """

    woken: int = 0
    armed: int = 0
    latest: timedelta = timedelta()
    finished: bool = False
    errors: list[Exception] = field(default_factory=list)


class Sweep:
    """Wake what was missed, then arm what enters the horizon."""

    def __init__(
        self,
        index: WakeIndex,
        inbox: Inbox,
        alarms: Alarms,
        cursor: Cursor,
        clock: Clock,
        bounds: Bounds | None = None,
        watch: WalkWatch | None = None,
    ) -> None:
        self._index = index
        self._inbox = inbox
        self._alarms = alarms
        self._cursor = cursor
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._watch = watch

    def run(self) -> Swept:
        """Do one run. Its marks are kept even when it breaks off, so a run that is throttled still moves on."""
        now = self._clock.now()
        marks = self._cursor.read() or Marks(hour=_hour(now - FIRST_LOOK_BACK), armed_through=now)
        run = _Run(now, marks, now + timedelta(seconds=self._bounds.seconds))
        try:
            self._wake_missed(run)
            self._arm_horizon(run)
            if self._watch is not None:
                self._watch.run(now)
        finally:
            self._cursor.write(run.marks)
        run.swept.finished = run.marks.at is None and run.marks.armed_through >= _horizon(now)
        return run.swept

    def _wake_missed(self, run: _Run) -> None:
        whole = run.marks.at is None
        batch: list[Due] = []
        for due in self._due(run.marks.at or run.marks.hour, run.now - MISSED_AFTER, run.marks.profile):
            batch.append(due)
            if len(batch) == WAKES_AT_ONCE:
                self._ring(run, batch)
                batch = []
                if run.swept.woken >= self._bounds.wakes or self._clock.now() >= run.stop_at:
                    run.settle(whole)
                    return
        self._ring(run, batch)
        run.settle(whole)
        run.marks = replace(run.marks, at=None, profile="")

    def _ring(self, run: _Run, batch: list[Due]) -> None:
        run.each(batch, lambda due: self._inbox.put([InboxMessage(one.profile, wake="sweep") for one in due]))
        run.rang(batch)

    def _arm_horizon(self, run: _Run) -> None:
        horizon = _horizon(run.now)
        since = max(run.marks.armed_through, run.now + _MINUTE)
        after = run.marks.armed_profile if since == run.marks.armed_through else ""
        for due in self._due(since, horizon, after):
            run.each([due], lambda one: self._alarms.arm(one[0].profile, _ceil_minute(one[0].at)))
            run.armed(due)
            if run.swept.armed >= self._bounds.arms or self._clock.now() >= run.stop_at:
                return
        run.marks = replace(run.marks, armed_through=max(horizon, run.marks.armed_through), armed_profile="")

    def _due(self, since: datetime, until: datetime, after: str) -> Iterator[Due]:
        """Yield what is due in [since, until), hour by hour, going on behind `after` at `since` itself."""
        start = since
        while start < until:
            end = min(_hour(start) + _HOUR, until)
            yield from self._index.due(start, start, end, after if start == since else "")
            start = end


class _Run:
    """How far one run has come."""

    def __init__(self, now: datetime, marks: Marks, stop_at: datetime) -> None:
        self.now = now
        self.marks = marks
        self.stop_at = stop_at
        self.swept = Swept()
        self._first: datetime | None = None

    def each(self, dues: Sequence[Due], act: Callable[[Sequence[Due]], None]) -> None:
        """Act on all at once, or one by one where one of them spoils the others; what stays refused is noted."""
        try:
            if dues:
                act(dues)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one profile that AWS refuses must not stop the clock of all others
            if len(dues) == 1:
                self.swept.errors.append(error)
                return
            for due in dues:
                self.each([due], act)

    def rang(self, batch: Sequence[Due]) -> None:
        """Note profiles that were woken, in the order of the index."""
        if not batch:
            return
        self._first = self._first or batch[0].at
        self.swept.woken += len(batch)
        self.swept.latest = max(self.swept.latest, self.now - batch[0].at)
        self.marks = replace(self.marks, at=batch[-1].at, profile=batch[-1].profile)

    def armed(self, due: Due) -> None:
        """Note a profile whose alarm was set."""
        self.swept.armed += 1
        self.marks = replace(self.marks, armed_through=due.at, armed_profile=due.profile)

    def settle(self, whole: bool) -> None:
        """Move the mark past the hours in which nothing was due.

        The last but one hour is always looked at again. A pass that went on in the middle (not `whole`) knows nothing
        of the hours before, so it leaves the mark where it is.
        """
        if whole:
            newest = _hour(self.now - _HOUR)
            reached = min(_hour(self._first), newest) if self._first else newest
            self.marks = replace(self.marks, hour=max(self.marks.hour, reached))


def _horizon(now: datetime) -> datetime:
    return now + HORIZON - SETTLING


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _ceil_minute(at: datetime) -> datetime:
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + _MINUTE
