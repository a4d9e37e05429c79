"""Which sources the owner has declared: those of the live release, compiled when a webhook of theirs first comes.

The built-in sources never come here, so most containers of `ingest` never read a release. What is live is believed for
a minute, and while it cannot be read; a source that is published anew takes effect within that minute.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property

from kairos.app.ports import Clock, Releases
from kairos.domain.errors import Unavailable
from kairos.registry import Source

FRESH = timedelta(minutes=1)


class DeclaredSources:
    """The declared sources. `open_releases` is called when one is first asked for."""

    def __init__(self, open_releases: Callable[[], Releases], clock: Clock) -> None:
        self._open = open_releases
        self._clock = clock
        self._release = ""
        self._read_at: datetime | None = None
        self._compiled: dict[str, Source | None] = {}

    def __call__(self, name: str) -> Source | None:
        """Return the source of that name, or None. Raises Unavailable where what is live was never read."""
        now = self._clock.now()
        if self._read_at is None or now - self._read_at >= FRESH:
            self._look(now)
        if name not in self._compiled:
            self._compiled[name] = self._compile(name)
        return self._compiled[name]

    @cached_property
    def _releases(self) -> Releases:
        return self._open()

    def _look(self, now: datetime) -> None:
        try:
            pointer = self._releases.pointer()
        except Unavailable:
            if self._read_at is None:
                raise
            return
        self._read_at = now
        if (pointer.release if pointer else "") != self._release:
            self._release = pointer.release if pointer else ""
            self._compiled = {}

    def _compile(self, name: str) -> Source | None:
        declared = self._releases.bundle(self._release).get("sources", {}) if self._release else {}
        if name not in declared:
            return None
        from kairos.sources._declared import compile_source

        return compile_source(declared[name])
