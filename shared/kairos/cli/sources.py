"""`sources`: each connection, how it is told of things, and how its last reading went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from kairos import registry
from kairos.app.sync.state import SyncState
from kairos.app.sync.sync import is_silent, pullers
from kairos.cli.connect import CALLED, RECEIVERS
from kairos.cli.failure import WRONG
from kairos.cli.receivers import is_lost, listeners, troubles
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment


def list_sources(deployment: Deployment) -> int:
    """Print what is known of each connection; fail where one that is read has not been for a day, or where a webhook
    that listens has not answered for an hour."""
    now = deployment.clock.now()
    states = {(state.source, state.connection): state for state in deployment.sync_states.all()}
    screen, read = open_screen(), pullers()
    connected = [(source, name) for source, name in deployment.secrets.names() if source not in RECEIVERS]
    silent = 0
    for source, name in connected:
        if source not in read or not _is_read(deployment, source, name):
            unread = ", and cannot be read: no API key" if source in read else ""
            screen.print(f"{source}/{name}: sends webhooks{unread}", soft_wrap=True, highlight=False)
            continue
        state = states.get((source, name), SyncState(source, name))
        silent += is_silent(state, now)
        screen.print(_said(state), soft_wrap=True, highlight=False)
        for trouble in _troubles(state, now):
            screen.print(f"    {trouble}", style="red", soft_wrap=True, highlight=False, markup=False)
    heard = [_receiver(deployment, name, events, now) for name, events in _listening(deployment).items()]
    if not connected and not heard:
        screen.print(f"nothing is connected on {deployment.stage}: `kairos connect` does it")
    return WRONG if silent or not all(heard) else 0


def _listening(deployment: Deployment) -> dict[str, int]:
    pointer = deployment.releases.pointer()
    return listeners(deployment.releases.bundle(pointer.release)["brand"]) if pointer else {}


def _receiver(deployment: Deployment, name: str, events: int, now: datetime) -> bool:
    """Print how a webhook that listens does, and return whether it is well."""
    state, screen = deployment.receiver_states.read(name), open_screen()
    screen.print(f"{CALLED}/{name}: hears of {events} types of engine events", soft_wrap=True, highlight=False)
    for trouble in troubles(state, now):
        screen.print(f"    {trouble}", style="red", soft_wrap=True, highlight=False, markup=False)
    return not is_lost(state, now)


def _is_read(deployment: Deployment, source: str, name: str) -> bool:
    """Return whether a connection is read: one that sends webhooks too needs a key for it."""
    reads = getattr(registry.load("sources", source), "reads", None)
    return reads is None or bool(reads(deployment.secrets.read(source, name)))


def _said(state: SyncState) -> str:
    if state.first_at is None:
        return f"{state.key}: never read yet; it is within minutes"
    expires = f", told of changes until {_when(state.expires_at)}" if state.expires_at else ""
    times = f"read {_when(state.synced_at)}, last event {_when(state.event_at)}, next {_when(state.next_at)} (UTC)"
    return f"{state.key}: {times}, {len(state.told)} entries{expires}"


def _troubles(state: SyncState, now: datetime) -> Iterator[str]:
    if is_silent(state, now):
        yield "silent for more than a day"
    if state.errors:
        yield f"failed {state.errors} times in a row: {state.error}"
    if state.warning:
        yield state.warning
    if state.left_out:
        yield f"{state.left_out} left out of the last reading: they cannot be read, or are too many"


def _when(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M}"
