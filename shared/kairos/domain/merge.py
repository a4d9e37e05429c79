"""Two profiles become one: the words in which their groups of the inbox tell each other so.

profile_merging     to the loser {into}: become the winner
profile_merged      to the winner {from, parcel, content}: all that the loser was
profile_forwarded   to the winner {from, parcel, content}: an event that came for the loser afterwards
profile_merge_done  to the loser {by, parcels}: these have arrived

They are told from a source's own events by their source, which no connection can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kairos.domain.event import Event
from kairos.domain.ids import digest

SOURCE = "merge"
MERGING = "profile_merging"
MERGED = "profile_merged"
FORWARDED = "profile_forwarded"
DONE = "profile_merge_done"


@dataclass(frozen=True, slots=True)
class Merge:
    """The loser becomes the winner; both are profile ids."""

    loser: str
    winner: str

    @property
    def id(self) -> str:
        """Return what makes a repetition the same merge."""
        return digest("merge", self.loser, self.winner)


def merge_request(merge: Merge, now: datetime, correlation: str = "") -> Event:
    """Return the event that asks the loser to become the winner."""
    return told(merge.id, MERGING, merge.loser, now, {"into": merge.winner}, correlation)


def told(
    id: str, name: str, profile: str, now: datetime, properties: dict[str, object], correlation: str = ""
) -> Event:
    """Return one word of a merge to `profile`."""
    return Event(
        id=id,
        name=name,
        profile=profile,
        occurred_at=now,
        received_at=now,
        properties=properties,
        source=SOURCE,
        correlation=correlation,
        retry_horizon=timedelta(),
    )
