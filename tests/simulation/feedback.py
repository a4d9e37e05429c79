"""What the provider reports of the messages it took: later, late, twice or never."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kairos.domain.errors import Rejected, Unavailable
from tests.simulation.faults import Crash
from tests.simulation.provider import Call

if TYPE_CHECKING:
    from tests.simulation.world import World


class Feedback:
    """The provider's events, on their way to `ingest`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def called(self, call: Call) -> None:
        self._world.on_call(call)
        if not call.accepted:
            return
        if call.unsubscribe_url:
            self._world.links_seen.append(call)
        if call.channel == "email":
            self.report(call, "Delivery", timedelta(seconds=8))

    def report(self, call: Call, kind: str, delay: timedelta) -> None:
        fault = self._world.faults.strike("feedback")
        if fault == "lost":
            return
        if fault == "complaint":
            kind = "Complaint"
        if fault == "late":
            delay += timedelta(minutes=self._world.random.choice((5, 600)))
        for extra in (timedelta(), timedelta(minutes=3)) if fault == "duplicate" else (timedelta(),):
            self._world.after(delay + extra, lambda: self._feed_back(call, kind))

    def _feed_back(self, call: Call, kind: str) -> None:
        detail = {
            "eventType": kind,
            "mail": {
                "messageId": f"provider-{call.message}",
                "timestamp": call.at.isoformat(),
                "destination": [call.address],
                "tags": {"kairos_message": [call.message], "kairos_profile": [call.profile]},
            },
            kind.lower(): {
                "timestamp": call.at.isoformat(),
                "complainedRecipients": [{"emailAddress": call.address}],
            },
        }
        try:
            if self._world.is_down:
                raise Unavailable("ingest", "down")
            self._world.stations.ingest.feedback({"detail": detail}, self._world.clock.at)
        except (Crash, Unavailable):
            self._world.after(timedelta(minutes=15 if self._world.is_down else 1), lambda: self._feed_back(call, kind))
        except Rejected as error:
            raise AssertionError(f"the provider's own event was refused: {error}") from error
        else:
            if kind == "Complaint":
                self._world.on_refusal(call)
