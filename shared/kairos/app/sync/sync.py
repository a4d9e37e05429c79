"""The sync use case: read each connection that is due, and hand what is found to `ingest` as if it had been sent.

Whoever has waited longest is read first, each for a bounded time; what one of them does wrong is written beside it and
holds none of the others. A page is told before it is kept: a run that breaks off in between tells it again, under the
same de-duplication keys. Two runs at once are told apart by the state's revision, and the later one gives way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kairos.app.heard import HeardOf
from kairos.app.ingest.ingest import Ingest
from kairos.app.ports import Clock
from kairos.app.sync.reading import SILENT_AFTER, Means, Pulled, Reading, Synced
from kairos.app.sync.silence import Silence
from kairos.app.sync.state import ERROR_CHARS_MAX, SyncState, SyncStates
from kairos.domain.errors import KairosError, Refused, Rejected, Unavailable, UnknownConnection, VersionConflict
from kairos.registry import load, names
from kairos.sources._pulling import Fetch

RUN_SECONDS_MAX = 200.0
CONNECTION_SECONDS_MAX = 60.0
BACK_OFF_MAX = timedelta(hours=6)
REFUSED_AGAIN = timedelta(hours=1)
"""How long a connection rests that only its owner can mend."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long one run may take, and one connection of it (seconds)."""

    run: float = RUN_SECONDS_MAX
    connection: float = CONNECTION_SECONDS_MAX


def pullers() -> list[str]:
    """Return the sources that are read, by name."""
    return [name for name in names("sources") if hasattr(load("sources", name), "pull")]


class Sync:
    """Read what is due."""

    def __init__(
        self,
        ingest: Ingest,
        connections: Pulled,
        states: SyncStates,
        fetch: Fetch,
        clock: Clock,
        bounds: Bounds | None = None,
        load_source: Callable[[str], Any] = lambda name: load("sources", name),
        sources: Sequence[str] | None = None,
        public_url: str = "",
        heard: HeardOf | None = None,
    ) -> None:
        self._ingest = ingest
        self._connections = connections
        self._states = states
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._load = load_source
        self._sources = sources
        self._silence = Silence(heard, connections, ingest.settings) if heard is not None else None
        seconds_max = self._bounds.connection
        self._means = Means(ingest, connections, states, fetch, clock, load_source, public_url, seconds_max)

    def run(self) -> Synced:
        """Do one run. Raises Unavailable only where the connections themselves cannot be listed."""
        now = self._clock.now()
        done = Synced()
        stop_at = now + timedelta(seconds=self._bounds.run)
        states = self._known()
        self._look_for_silence(states, done, now)
        for state in sorted((one for one in states if _is_due(one, now)), key=lambda one: one.tried_at or _LONG_AGO):
            if self._clock.now() >= stop_at:
                done.finished = False
                break
            self._one(state, done, stop_at)
        return done

    def _look_for_silence(self, states: Sequence[SyncState], done: Synced, now: datetime) -> None:
        silent = {one.key for one in states if is_silent(one, now)}
        try:
            told = self._silence.of({one.key: one for one in states}, now) if self._silence is not None else []
        except Unavailable:
            told = []  # whatever else is to be read is not held by it: it is looked at again in five minutes
        done.problems |= {one.key: f"no event since {one.event_at:%Y-%m-%d %H:%M} UTC" for one in told}
        done.silent = len(silent | {one.key for one in told})

    def hinted(self, source: str, connection: str, subjects: Sequence[str]) -> Synced:
        """Read at once what a webhook hinted at. Raises whatever keeps it from being read: it is asked for again."""
        now, done = self._clock.now(), Synced()
        if not self._is_read(source, connection):
            return done
        state = self._states.read(source, connection)
        reading = Reading(self._means, state, done, now + timedelta(seconds=self._bounds.run), claims=False)
        try:
            reading.read_again(subjects)
        except VersionConflict:
            return done  # another run reads it just now
        done.read += 1
        return done

    def _known(self) -> list[SyncState]:
        wanted = [
            SyncState(source, connection)
            for source in (pullers() if self._sources is None else self._sources)
            for connection in self._connections.connections(source)
            if self._is_read(source, connection)
        ]
        stored = {state.key: state for state in self._states.all()} if wanted else {}
        return [stored.get(state.key, state) for state in wanted]

    def _is_read(self, source: str, connection: str) -> bool:
        reads: Callable[[Mapping[str, Any]], bool] | None = getattr(self._load(source), "reads", None)
        try:
            return reads is None or reads(self._ingest.settings(source, connection))
        except (Unavailable, UnknownConnection):
            return False  # what it can do is not known now; it is asked again in five minutes

    def _one(self, state: SyncState, done: Synced, stop_at: datetime) -> None:
        try:
            Reading(self._means, state, done, stop_at).go()
        except VersionConflict:
            return  # another run reads it just now
        except Exception as error:  # noqa: BLE001 - one sender's failure must not hold the others
            done.failed += 1
            done.problems[state.key] = _words(error)
            self._note_failure(state, error)
        else:
            done.read += 1

    def _note_failure(self, state: SyncState, error: Exception) -> None:
        now = self._clock.now()
        latest = self._states.read(state.source, state.connection)
        errors = latest.errors + 1
        failed = replace(
            latest,
            first_at=latest.first_at or now,
            tried_at=now,
            errors=errors,
            error=_words(error),
            next_at=now + _pause(error, errors, self._load(state.source).every),
        )
        try:
            self._states.save(failed)
        except VersionConflict:
            return  # another run knows better


def _is_due(state: SyncState, now: datetime) -> bool:
    return state.next_at is None or state.next_at <= now


def is_silent(state: SyncState, now: datetime) -> bool:
    """Return whether a connection has not been read to its end for a day."""
    since = state.synced_at or state.first_at
    return since is not None and now - since > SILENT_AFTER


def _pause(error: Exception, errors: int, every: timedelta) -> timedelta:
    if isinstance(error, Rejected | Refused):
        return REFUSED_AGAIN
    return min(every * (1 << min(errors, 10)), BACK_OFF_MAX)


def _words(error: Exception) -> str:
    """Return what may be shown: our own errors' words, of others the kind alone (they may quote an address)."""
    if isinstance(error, KairosError):
        return str(error)[:ERROR_CHARS_MAX]
    return type(error).__name__
