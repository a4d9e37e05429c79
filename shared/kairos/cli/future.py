"""What will come of one customer if nothing happens: production `decide` on a virtual clock, as in `simulate`."""

from __future__ import annotations

from datetime import datetime

from kairos.app.publish.release import Release
from kairos.cli.simulation import Simulation
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason


def foresee(profile: Profile, release: Release, now: datetime, until: datetime) -> list[Reason]:
    """Return the decisions of the customer's timers after `now`, up to and including `until`, in order.

    It is a forecast: no event comes, every message is taken as sent, and what a walk brings later is not in it.
    """
    found: list[Reason] = []
    simulation = Simulation(release, found.append, now, until)
    simulation.begin([profile], now)
    simulation.run(())
    return found
