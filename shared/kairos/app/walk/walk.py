"""The walk use case: one round of a walk, at most a minute's worth, then the next round is called.

Wake-ups go out before the cursor is saved, so a round that breaks off anywhere is simply done again from the last page:
every wake-up is idempotent by (walk, profile). Whoever works on a walk holds it by `next_at`, and every write asks for
the revision that was read: of two who try, one stops.

Only who is concerned is woken. The walk finds out by asking `decide` itself, with what it has read: where nothing would
come of the wake-up, none is sent. Who changed since then has heard an event, which was decided on the new definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kairos.app.decide import decide, signals
from kairos.app.ports import Clock, Inbox, InboxMessage
from kairos.app.publish.release import Release
from kairos.app.walk.ports import CustomerScan, Page, Rounds, Row, Walks
from kairos.app.walk.shared import following, together
from kairos.app.walk.start import StartWalks, is_current, need_of_day
from kairos.app.walk.watch import EARLY, ceil_minute, next_minute
from kairos.domain.errors import KairosError, Unavailable, VersionConflict
from kairos.domain.event import Event
from kairos.domain.instant import parse_instant
from kairos.domain.walk import SEGMENTS, Walk, walked

PER_SECOND = 50.0
"""Wake-ups a second, where brand.yaml does not say `walks: {per_second: …}`: what a usual SES account sends."""

READ_UNITS_PER_SECOND = 500.0
"""A sixth of what one partition of DynamoDB gives."""

PAGE_MAX = 500
LEASE = timedelta(minutes=2)
"""Longer than one run of the function may take."""

ROUND_SECONDS_MAX = 40.0
WAITS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one round may read, and how long it may take, beside the brand's rate of wake-ups."""

    read_units_per_second: float = READ_UNITS_PER_SECOND
    page: int = PAGE_MAX
    seconds: float = ROUND_SECONDS_MAX


@dataclass
class Walked:
    """What one round did. `state` says how the walk stands: going, done, stopped, waiting, held by another, or gone."""

    state: str
    looked_at: int = 0
    woken: int = 0
    pages: int = 0
    errors: list[Exception] = field(default_factory=list)


class WalkOn:
    """Work on walks. `inbox` is the second one, so that no event waits behind a walk."""

    def __init__(
        self,
        walks: Walks,
        scan: CustomerScan,
        inbox: Inbox,
        rounds: Rounds,
        live: Callable[[], Release],
        clock: Clock,
        bounds: Bounds | None = None,
    ) -> None:
        self._walks = walks
        self._scan = scan
        self._inbox = inbox
        self._rounds = rounds
        self._live = live
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._start = StartWalks(walks, rounds)

    def round(self, id: str) -> Walked:
        """Do one round of the walk and call the next. Raises what no repetition would mend, after noting it."""
        now = self._clock.now()
        walk = self._walks.read(id)
        if walk is not None and walk.about == "moment" and set(walk.cursors) == {""} and now + EARLY >= walk.next_at:
            self._call_following(walk, now)
        if walk is None or walk.state != "going":
            return Walked(walk.state if walk else "gone")
        if now + EARLY < walk.next_at:
            self._call(walk.id, walk.next_at)
            return Walked("held")
        try:
            held = self._walks.save(replace(walk, next_at=now + LEASE))
        except VersionConflict:
            return Walked("held")
        return self._work(held, now)

    def _call_following(self, walk: Walk, now: datetime) -> None:
        """Write down the walk of the next such day, also where this one was stopped: there is one, always the same."""
        begun = parse_instant(walk.what["since"])
        days = following(self._live(), walk.journeys, begun)
        self._start.write_down([need_of_day(each, now) for each in together(days)], now)

    def _work(self, walk: Walk, now: datetime) -> Walked:
        done = Walked("going")
        run = _Round(walk, done)
        try:
            release = self._live()
            obstacle = _obstacle(walk, release, now)
            if obstacle is None:
                self._pages(run, release, now)
            elif obstacle.ends:
                run.walk = replace(walk, state="stopped", ended_at=now, error=obstacle.reason)
            else:
                run.waits = WAITS
                done.state = "waiting"
            return self._leave(run)
        except VersionConflict:  # stopped by hand, or the lease ran out: what is stored is right
            return replace(done, state="held")
        except Exception as error:
            self._note(run, error)
            if not isinstance(error, KairosError):
                raise
            done.errors.append(error)
            return done

    def _pages(self, run: _Round, release: Release, now: datetime) -> None:
        walk = run.walk
        if walk.profiles is None:
            walk = replace(walk, profiles=self._scan.population().profiles)
        rate = float((release.brand.get("walks") or {}).get("per_second", PER_SECOND))
        run.walk = replace(walk, per_second=rate)
        wakes, units = max(1, int(rate * 60)), self._bounds.read_units_per_second * 60
        until = now + timedelta(seconds=self._bounds.seconds)
        if "profiles" in walk.what:
            self._named(run, release)
        while run.walk.open_segments and run.done.woken < wakes and run.units < units and self._clock.now() < until:
            most = min(self._bounds.page, wakes - run.done.woken)
            segment = run.next_segment()
            after = run.walk.cursors[segment]
            assert after is not None, "an open segment has a place"
            page = self._scan.page(segment, SEGMENTS, after, most, waking=walk.about in ("resume", "replan"))
            woken = self._wake(run.walk, release, page.rows)
            run.walk = self._walks.save(run.advanced(segment, page, woken, self._clock.now()))

    def _named(self, run: _Round, release: Release) -> None:
        """Wake those whom the walk names, without reading anybody: they are few, and `decide` finds out."""
        rows = [Row(profile, None) for profile in run.walk.what["profiles"]]
        woken = self._wake(run.walk, release, rows)
        run.done.woken += woken
        run.walk = self._walks.save(replace(run.walk, woken=woken, cursors=(None,) * SEGMENTS, profiles=woken))

    def _wake(self, walk: Walk, release: Release, rows: Sequence[Row]) -> int:
        now = self._clock.now()
        messages = []
        for row in rows:
            event = walked(walk, row.profile, now)
            if _is_concerned(row, release, event, now):
                messages.append(InboxMessage(row.profile, (event,), correlation=walk.id))
        if messages:
            self._inbox.put(messages)
        return len(messages)

    def _leave(self, run: _Round) -> Walked:
        """Give the walk back, and call its next round where there is one: called first, so that it cannot be lost."""
        now = self._clock.now()
        if run.walk.state == "going" and not run.walk.open_segments:
            run.walk = replace(run.walk, state="done", ended_at=now, error="")
        if run.walk.state == "going":
            next_at = next_minute(now + run.waits)
            self._rounds.call(run.walk.id, next_at)
            run.walk = replace(run.walk, next_at=next_at, error="")
        run.walk = self._walks.save(run.walk)
        run.done.state = run.walk.state if run.done.state == "going" else run.done.state
        return run.done

    def _note(self, run: _Round, error: Exception) -> None:
        """Keep what went wrong beside the walk, and try again in a minute; where even that fails, `sweep` finds it."""
        next_at = next_minute(self._clock.now())
        try:
            failures = run.walk.failures + 1
            said = f"{type(error).__name__}: {error}"[:300]
            self._rounds.call(run.walk.id, next_at)
            self._walks.save(replace(run.walk, failures=failures, error=said, next_at=next_at))
        except KairosError as another:
            run.done.errors.append(another)

    def _call(self, id: str, at: datetime) -> None:
        self._rounds.call(id, max(ceil_minute(at), next_minute(self._clock.now())))


class _Round:
    """One round: the walk as it was last written, and what the round has used up."""

    def __init__(self, walk: Walk, done: Walked) -> None:
        self.walk = walk
        self.done = done
        self.units = 0.0
        self.waits = timedelta()
        self._turn = walk.looked_at  # anywhere: so that not every round begins with the first segment

    def next_segment(self) -> int:
        """Return the segments in turn, so that reading presses on all partitions alike."""
        self._turn += 1
        segments = self.walk.open_segments
        return segments[self._turn % len(segments)]

    def advanced(self, segment: int, page: Page, woken: int, now: datetime) -> Walk:
        """Return the walk behind this page; whoever holds it holds it for longer."""
        self.units += page.units
        self.done.pages += 1
        self.done.looked_at += page.looked_at
        self.done.woken += woken
        cursors = list(self.walk.cursors)
        cursors[segment] = page.last
        return replace(
            self.walk,
            cursors=tuple(cursors),
            looked_at=self.walk.looked_at + page.looked_at,
            woken=self.walk.woken + woken,
            read_units=self.walk.read_units + page.units,
            next_at=now + LEASE,
        )


@dataclass(frozen=True, slots=True)
class _Obstacle:
    """Why a walk does not go on now; `ends`: nor ever."""

    reason: str
    ends: bool


def _is_concerned(row: Row, release: Release, event: Event, now: datetime) -> bool:
    """Return whether anything would come of the wake-up. Who became another is looked at as that other."""
    if row.state is None:
        return True
    if row.state.gone:
        return False
    try:
        return decide(row.state, release, [event], now) is not None
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - what is wrong with one customer is for the inbox to find and to park
        return True


def _unheard(walk: Walk, release: Release, now: datetime) -> _Obstacle | None:
    if signals.is_stale(walk.what, now):
        return _Obstacle("the signal is no longer fresh: who was not reached does not hear it", ends=True)
    return _Obstacle("everything is stopped", ends=False) if release.stopped else None


def _obstacle(walk: Walk, release: Release, now: datetime) -> _Obstacle | None:
    if walk.about == "signal":
        return _unheard(walk, release, now)
    if walk.about == "migrate":
        return _overtaken(walk, release)
    if walk.about == "moment" and not set(walk.journeys) & set(release.index.shared):
        return _Obstacle(f"nothing around that day is live any more: {', '.join(walk.journeys)}", ends=True)
    if walk.about not in ("broadcast", "campaign", "enter"):
        return None
    (journey,) = walk.journeys
    found = release.journey(journey)
    if walk.about == "campaign" and not is_current(walk, release):
        return _Obstacle(f"the journey {journey} no longer starts at {walk.what.get('at')}", ends=True)
    if walk.about == "enter" and found is None:
        return _Obstacle(f"the journey {journey} is no longer live", ends=True)
    if walk.about == "broadcast" and (found is None or not found.broadcast):
        return _Obstacle(f"the journey {journey} is no longer live as a broadcast", ends=True)
    return _Obstacle("the journey is paused", ends=False) if release.halted(journey) else None


def _overtaken(walk: Walk, release: Release) -> _Obstacle | None:
    """Nobody is taken along into a version that is not live any more: whom the walk has not reached stays."""
    versions = walk.what["versions"]
    if any(found.version == versions[id] for id in walk.journeys if (found := release.journey(id))):
        return None
    return _Obstacle("another version has gone live since", ends=True)
