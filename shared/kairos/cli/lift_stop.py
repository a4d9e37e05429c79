"""`lift-stop`: marketing that was stopped by complaints goes again, and is counted from nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kairos.app.deliver.breaker import CHANNEL
from kairos.cli.failure import CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment


def lift_stop(deployment: Deployment, channel: str) -> int:
    """Lift the stop and say what it was. Raises CannotDo."""
    if channel != CHANNEL:
        raise CannotDo(f"only {CHANNEL} is ever stopped by complaints")
    standing = deployment.complaints.read(channel, deployment.clock.now())
    screen = open_screen()
    if standing.stopped_at is None:
        screen.print(f"marketing by {channel} is not stopped")
        return 0
    deployment.complaints.lift(channel)
    said = f"{standing.complained} complaints of {standing.sent:,}"
    screen.print(f"marketing by {channel} goes again; it was stopped at {said}", style="green")
    return 0
