"""What became of one request: how many events are in the inbox, and what was left aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kairos.domain.errors import BadInput

PROFILES_LOGGED = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """`unaddressed` events name nobody, `refused` are the wrong calls of a batch whose other calls were taken.

    `stopped` addresses are written to no more, `events` counts by name, `owners` are the profiles that each entry was
    told of, by its id.
    """

    accepted: int = 0
    unaddressed: int = 0
    stopped: int = 0
    refused: Sequence[BadInput] = ()
    profiles: Sequence[str] = ()
    events: Mapping[str, int] = field(default_factory=dict)
    correlation: str = ""
    source: str = ""
    connection: str = ""
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """Return what a log and metrics may know: counts, names and pseudonyms."""
        return {
            "source": self.source,
            "connection": self.connection,
            "accepted": self.accepted,
            "unaddressed": self.unaddressed,
            "stopped": self.stopped,
            "refused": len(self.refused),
            "events": dict(self.events),
            "profiles": list(self.profiles[:PROFILES_LOGGED]),
            "correlation": self.correlation,
        }
