"""The sync use case: read each connection that is due, and hand what is found to `ingest` as if it had been sent.

Whoever has waited longest is read first, each for a bounded time; what one of them does wrong is written beside it and
holds none of the others. A page is told before it is kept: a run that breaks off in between tells it again, under the
same de-duplication keys. Two runs at once are told apart by the state's revision, and the later one gives way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from kairos.app.ingest.ingest import Ingest
from kairos.app.ports import Clock
from kairos.app.sync.state import ERROR_CHARS_MAX, SyncState, SyncStates
from kairos.domain.errors import KairosError, Refused, Rejected, Unavailable, UnknownConnection, VersionConflict
from kairos.registry import Request, load, names
from kairos.sources._pulling import PAGE, Fetch, Page, Puller, Pulling

RUN_SECONDS_MAX = 200.0
CONNECTION_SECONDS_MAX = 60.0
BACK_OFF_MAX = timedelta(hours=6)
REFUSED_AGAIN = timedelta(hours=1)
"""How long a connection rests that only its owner can mend."""

SILENT_AFTER = timedelta(days=1)
"""From then on a connection that was not read to its end counts as silent; what it tells next is marked historical."""


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Pulled(Protocol):
    """Connections, as far as `sync` asks for them."""

    def connections(self, source: str) -> Sequence[str]:
        """Return the names of a source's connections."""

    def keep(self, source: str, connection: str, changed: Mapping[str, Any]) -> None:
        """Change settings of a connection for good. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long one run may take, and one connection of it (seconds)."""

    run: float = RUN_SECONDS_MAX
    connection: float = CONNECTION_SECONDS_MAX


@dataclass
class Synced:
    """What a run did: connections read to their end, those that failed or are silent, and events put into the inbox."""

    read: int = 0
    failed: int = 0
    silent: int = 0
    accepted: int = 0
    left_out: int = 0
    finished: bool = True
    problems: dict[str, str] = field(default_factory=dict)


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
    ) -> None:
        self._ingest = ingest
        self._connections = connections
        self._states = states
        self._fetch = fetch
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._load = load_source
        self._sources = sources
        self._public_url = public_url

    def run(self) -> Synced:
        """Do one run. Raises Unavailable only where the connections themselves cannot be listed."""
        now = self._clock.now()
        done = Synced()
        stop_at = now + timedelta(seconds=self._bounds.run)
        states = self._known()
        done.silent = sum(is_silent(one, now) for one in states)
        for state in sorted((one for one in states if _is_due(one, now)), key=lambda one: one.tried_at or _LONG_AGO):
            if self._clock.now() >= stop_at:
                done.finished = False
                break
            self._one(state, done, stop_at)
        return done

    def hinted(self, source: str, connection: str, subjects: Sequence[str]) -> Synced:
        """Read at once what a webhook hinted at. Raises whatever keeps it from being read: it is asked for again."""
        now, done = self._clock.now(), Synced()
        if not self._is_read(source, connection):
            return done
        state = self._states.read(source, connection)
        reading = _Reading(self, state, done, now + timedelta(seconds=self._bounds.run), claims=False)
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
            _Reading(self, state, done, stop_at).go()
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


class _Reading:
    """One connection's turn."""

    def __init__(self, sync: Sync, state: SyncState, done: Synced, stop_at: datetime, *, claims: bool = True) -> None:
        self._sync = sync
        self._done = done
        self._source: Any = sync._load(state.source)
        self._puller: Puller = self._source
        self._began = sync._clock.now()
        self._until = min(stop_at, self._began + timedelta(seconds=sync._bounds.connection))
        self._left_out = 0
        self._settings = sync._ingest.settings(state.source, state.connection)
        self._historical = state.synced_at is None or self._began - state.synced_at > SILENT_AFTER
        # Claims the connection: whoever read the same revision gives way here, before anything is told.
        # What a hint is about is read beside a reading that may be going on.
        claimed = replace(state, tried_at=self._began, first_at=state.first_at or self._began)
        self._state = sync._states.save(claimed) if claims else state

    def read_again(self, subjects: Sequence[str]) -> None:
        """Read what is hinted at; a source that reads all or nothing is read as if its time had come."""
        reread = getattr(self._source, "reread", None)
        if reread is None:
            self._state = self._sync._states.save(replace(self._state, tried_at=self._began))
            self.go()
            return
        for page in reread(subjects, self._pulling()):
            self._leave_out(page.left_out)
            if page.body is not None:
                self._tell(page.body, page)

    def go(self) -> None:
        pages = self._puller.pull(self._pulling())
        for page in pages:
            self._take(page)
            if self._late():
                close = getattr(pages, "close", None)
                if close:
                    close()
                self._keep(next_at=self._began)
                self._done.finished = False
                return
        self._keep(
            synced_at=self._began, next_at=self._began + self._puller.every, errors=0, error="", left_out=self._left_out
        )

    def _pulling(self) -> Pulling:
        return Pulling(
            self._settings,
            self._state.cursor,
            self._state.told,
            self._sync._fetch,
            self._began,
            self._historical,
            self._late,
            partial(self._sync._connections.keep, self._state.source, self._state.connection),
            self._hook(),
        )

    def _hook(self) -> str:
        base = self._sync._public_url
        return f"{base}/v1/webhooks/{self._state.source}/{self._state.connection}" if base else ""

    def _late(self) -> bool:
        return self._sync._clock.now() >= self._until

    def _take(self, page: Page) -> None:
        self._leave_out(page.left_out)
        owners = self._tell(page.body, page) if page.body is not None else {}
        told = dict(self._state.told)
        for id, one in page.told.items():
            if one is None:
                told.pop(id, None)
                continue
            whom = tuple(dict.fromkeys(owners.get(id, ())))
            self._leave(id, tuple(former for former in one.whom if former not in whom), page)
            told[id] = replace(one, whom=whom)
        changed: dict[str, Any] = {} if told == self._state.told else {"told": told}
        if page.cursor is not None and page.cursor != self._state.cursor:
            changed["cursor"] = page.cursor
        if page.expires_at is not None and page.expires_at != self._state.expires_at:
            changed["expires_at"] = page.expires_at
        if page.warning is not None and page.warning != self._state.warning:
            changed["warning"] = page.warning
        if page.body is not None:
            changed |= {"event_at": self._began, "pages": self._state.pages + 1}
        if changed:
            self._keep(**changed)

    def _leave(self, entry: str, whom: tuple[str, ...], page: Page) -> None:
        if whom:
            self._tell(self._puller.leave(entry, whom, self._pulling()), page)

    def _tell(self, body: bytes, page: Page) -> dict[str, tuple[str, ...]]:
        now = self._sync._clock.now()
        headers = {**page.headers, PAGE: str(self._state.pages)}
        request = Request(headers, body, now, self._state.connection, self._settings)
        try:
            taken = self._sync._ingest.take(self._source, request, trusted=True)
        except Rejected:  # all of the page is wrong: it would be wrong next time too, and hold all that comes after it
            self._leave_out(1)
            return {}
        self._leave_out(len(taken.refused))
        self._done.accepted += taken.accepted
        return dict(taken.owners)

    def _leave_out(self, number: int) -> None:
        self._left_out += number
        self._done.left_out += number

    def _keep(self, **changed: Any) -> None:
        self._state = self._sync._states.save(replace(self._state, **changed))


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
