"""What came of a change to what is live, whom it takes along, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass

from kairos.app.definitions.documents import Problem
from kairos.app.ports import Pointer
from kairos.app.publish.difference import Difference
from kairos.domain.errors import Rejected
from kairos.domain.walk import Gone, Walk


class NothingLive(Rejected):
    """There is no release yet."""

    def __init__(self) -> None:
        super().__init__("nothing is published yet: publish a journey first")


class NothingBefore(Rejected):
    """There is no earlier release to go back to."""

    def __init__(self) -> None:
        super().__init__("nothing was live before this release: there is nothing to go back to")


@dataclass(frozen=True, slots=True)
class Published:
    """What came of a change: how it stands now, what is new in it, drafts that wait, being different from it, what
    to know of it that stops nothing, the walks by which it reaches those who send nothing, and which days that all
    share are others than before."""

    pointer: Pointer
    changed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    walks: tuple[Walk, ...] = ()
    differences: tuple[Difference, ...] = ()
    moved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakeAlong:
    """Whom a change takes along into the version that goes live: everybody in these journeys (None: in all that change,
    but for `but`). Who is in no such journey finishes in the version they are in."""

    journeys: tuple[str, ...] | None = ()
    but: tuple[str, ...] = ()
    gone: Gone = "stay"
