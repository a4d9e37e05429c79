"""`sources`: each connection that tells us of things, and each webhook that is told of ours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from kairos.cli.connect import CALLED
from kairos.cli.failure import WRONG
from kairos.cli.receivers import is_lost, listeners, troubles
from kairos.cli.screen import open_screen
from kairos.cli.senders import senders

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment


def list_sources(deployment: Deployment) -> int:
    """Print what is known of each connection; fail where one is silent, or where a webhook that listens has not
    answered for an hour."""
    now = deployment.clock.now()
    connected = list(senders(deployment))
    for one in connected:
        _show(one.said(), one.troubles(now))
    well = [_receiver(deployment, name, events, now) for name, events in _listening(deployment).items()]
    if not connected and not well:
        open_screen().print(f"nothing is connected on {deployment.stage}: `kairos connect` does it")
    return WRONG if any(one.is_silent(now) for one in connected) or not all(well) else 0


def _listening(deployment: Deployment) -> dict[str, int]:
    pointer = deployment.releases.pointer()
    return listeners(deployment.releases.bundle(pointer.release)["brand"]) if pointer else {}


def _receiver(deployment: Deployment, name: str, events: int, now: datetime) -> bool:
    """Print how a webhook that listens does, and return whether it is well."""
    state = deployment.receiver_states.read(name)
    _show(f"{CALLED}/{name}: hears of {events} types of engine events", troubles(state, now))
    return not is_lost(state, now)


def _show(said: str, wrong: Iterable[str]) -> None:
    screen = open_screen()
    screen.print(said, soft_wrap=True, highlight=False)
    for trouble in wrong:
        screen.print(f"    {trouble}", style="red", soft_wrap=True, highlight=False, markup=False)
