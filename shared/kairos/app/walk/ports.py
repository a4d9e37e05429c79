"""What walks need of the world besides the ports that all share. The promises of `kairos.app.ports` hold here too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kairos.domain.profile import Profile
from kairos.domain.walk import Walk


@dataclass(frozen=True, slots=True)
class Row:
    """One profile of a page, as it was lately. `state` is None where this code cannot read it."""

    profile: str
    state: Profile | None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a segment. `last` is what the next page goes on behind, None at the segment's end.

    `looked_at` counts what was read, filtered out or not; `units` are the read units that this took.
    """

    rows: Sequence[Row]
    last: str | None
    looked_at: int
    units: float


@dataclass(frozen=True, slots=True)
class Population:
    """How many profiles there are, and how large together, in bytes. `exact` is False where AWS counted hours ago."""

    profiles: int
    size: int
    exact: bool = False


class CustomerScan(Protocol):
    """`customers`, all of it, in segments that can be read side by side. Only `walk` reads so."""

    def page(self, segment: int, of: int, after: str, most: int, *, waking: bool = False) -> Page:
        """Return at most `most` profiles of a segment behind `after` ("": from its beginning), eventually consistent.

        Whoever was there all the while is in exactly one page. `waking`: only those who are in the wake index.
        """

    def population(self) -> Population:
        """Return how many there are: counted where they are few, else as the table's statistics say."""


class Walks(Protocol):
    """The record of each walk."""

    def add(self, walk: Walk) -> None:
        """Keep a new walk. Raises AlreadyDone where one of this id is there."""

    def read(self, id: str) -> Walk | None:
        """Return the walk, strongly consistent."""

    def save(self, walk: Walk) -> Walk:
        """Write the walk on condition that its revision is what is stored; return it with the next one.

        Raises VersionConflict where it is another, or the walk is gone.
        """

    def all(self) -> list[Walk]:
        """Return every walk that is kept, newest first."""

    def remove(self, id: str) -> None:
        """Forget a walk."""


class Rounds(Protocol):
    """What calls the walk function for the next round of a walk."""

    def call(self, walk: str, at: datetime) -> None:
        """Make sure that the walk is worked on at `at`, a whole minute to come. Already there is success."""
