"""How each connection that tells us of things does: when it last did, how it is read, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kairos import registry
from kairos.app.heard import Heard, limit_of, span
from kairos.app.sync.silence import is_missed
from kairos.app.sync.state import SyncState
from kairos.app.sync.sync import is_silent, pullers
from kairos.cli.connect import RECEIVERS, listens

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

REFUSALS_SHOWN = timedelta(days=7)
"""A refusal is told for so long, or for as long as nothing came after it."""


@dataclass(frozen=True, slots=True)
class Sender:
    """One connection: what was heard of it, and how it is read (`state` is None where it is not)."""

    heard: Heard
    state: SyncState | None
    listens: bool
    readable: bool

    def is_silent(self, now: datetime) -> bool:
        """Return whether it was not read for a day, or told us nothing for longer than is usual with it."""
        return self._is_unread(now) or self._is_mute(now)

    def said(self) -> str:
        """Return how it is told of things, and when it last was."""
        key, state = self.heard.key, self.state
        if state is None:
            unread = ", and cannot be read: no API key" if self.readable else ""
            return f"{key}: sends webhooks{unread}; {_told(self.heard)}"
        webhooks = f"; webhooks: {_told(self.heard)}" if self.listens else ""
        if state.first_at is None:
            return f"{key}: never read yet; it is within minutes{webhooks}"
        expires = f", told of changes until {_when(state.expires_at)}" if state.expires_at else ""
        times = f"read {_when(state.synced_at)}, last event {_when(state.event_at)}, next {_when(state.next_at)} (UTC)"
        return f"{key}: {times}, {len(state.told)} entries{expires}{webhooks}"

    def troubles(self, now: datetime) -> Iterator[str]:
        """Yield what its owner should know."""
        heard, state = self.heard, self.state
        if self._is_unread(now):
            yield "silent for more than a day: it could not be read"
        if self._is_mute(now) and heard.event_at and heard.silent_after:
            yield f"silent for {span(now - heard.event_at)}: after {span(heard.silent_after)} that is too long"
        if heard.refused_at is not None and (heard.is_refused() or now - heard.refused_at < REFUSALS_SHOWN):
            since = "nothing else has come since" if heard.is_refused() else "others have come since"
            yield f"refused {heard.refused} requests, the last {_when(heard.refused_at)} ({heard.refusal}); {since}"
        if state is not None and state.errors:
            yield f"failed {state.errors} times in a row: {state.error}"
        if state is not None and state.warning:
            yield state.warning
        if state is not None and state.left_out:
            yield f"{state.left_out} left out of the last reading: they cannot be read, or are too many"

    def _is_unread(self, now: datetime) -> bool:
        return self.state is not None and is_silent(self.state, now)

    def _is_mute(self, now: datetime) -> bool:
        return self.heard.is_silent(now) and is_missed(self.heard, self.state)


def senders(deployment: Deployment) -> Iterator[Sender]:
    """Yield every connection that tells us of things."""
    states = {state.key: state for state in deployment.sync_states.all()}
    heard, read = {one.key: one for one in deployment.heard_of.all()}, pullers()
    for source, name in deployment.secrets.names():
        if source in RECEIVERS:
            continue
        settings = deployment.secrets.read(source, name)
        # One that sends webhooks too needs a key to be read by.
        reads = getattr(registry.load("sources", source), "reads", None) if source in read else None
        is_read = source in read and (reads is None or bool(reads(settings)))
        key = f"{source}/{name}"
        said = replace(heard.get(key, Heard(source, name)), limit=limit_of(source, settings))
        state = states.get(key, SyncState(source, name)) if is_read else None
        yield Sender(said, state, listens(source), source in read)


def _told(heard: Heard) -> str:
    if heard.event_at is None:
        return "nothing has come yet"
    return f"last event {_when(heard.event_at)} (UTC), {heard.events:,} in all"


def _when(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M}"
