"""One connection's turn: what its source yields is told page by page, and kept once it was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from kairos.app.ingest.ingest import Ingest
from kairos.app.ports import Clock
from kairos.app.sync.state import SyncState, SyncStates
from kairos.domain.errors import Rejected
from kairos.registry import Request
from kairos.sources._pulling import PAGE, Fetch, Page, Puller, Pulling

SILENT_AFTER = timedelta(days=1)
"""From then on a connection that was not read to its end counts as silent; what it tells next is marked historical."""


class Pulled(Protocol):
    """Connections, as far as `sync` asks for them."""

    def connections(self, source: str) -> Sequence[str]:
        """Return the names of a source's connections."""

    def keep(self, source: str, connection: str, changed: Mapping[str, Any]) -> None:
        """Change settings of a connection for good. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Means:
    """What every reading works with. A connection has `seconds_max` of one run."""

    ingest: Ingest
    connections: Pulled
    states: SyncStates
    fetch: Fetch
    clock: Clock
    load_source: Callable[[str], Any]
    public_url: str
    seconds_max: float


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


class Reading:
    """One connection's turn."""

    def __init__(self, means: Means, state: SyncState, done: Synced, stop_at: datetime, *, claims: bool = True) -> None:
        self._means = means
        self._done = done
        self._source: Any = means.load_source(state.source)
        self._puller: Puller = self._source
        self._began = means.clock.now()
        self._until = min(stop_at, self._began + timedelta(seconds=means.seconds_max))
        self._left_out = 0
        self._settings = means.ingest.settings(state.source, state.connection)
        self._historical = state.synced_at is None or self._began - state.synced_at > SILENT_AFTER
        # Claims the connection: whoever read the same revision gives way here, before anything is told.
        # What a hint is about is read beside a reading that may be going on.
        claimed = replace(state, tried_at=self._began, first_at=state.first_at or self._began)
        self._state = means.states.save(claimed) if claims else state

    def read_again(self, subjects: Sequence[str]) -> None:
        """Read what is hinted at; a source that reads all or nothing is read as if its time had come."""
        reread = getattr(self._source, "reread", None)
        if reread is None:
            self._state = self._means.states.save(replace(self._state, tried_at=self._began))
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
            self._means.fetch,
            self._began,
            self._historical,
            self._late,
            partial(self._means.connections.keep, self._state.source, self._state.connection),
            self._hook(),
        )

    def _hook(self) -> str:
        base = self._means.public_url
        return f"{base}/v1/webhooks/{self._state.source}/{self._state.connection}" if base else ""

    def _late(self) -> bool:
        return self._means.clock.now() >= self._until

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
        now = self._means.clock.now()
        headers = {**page.headers, PAGE: str(self._state.pages)}
        request = Request(headers, body, now, self._state.connection, self._settings)
        try:
            taken = self._means.ingest.take(self._source, request, trusted=True)
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
        self._state = self._means.states.save(replace(self._state, **changed))
