"""What a step decides. A step never sends, saves or sleeps: it says what should happen, and the engine does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.anchor import Prediction, SharedAnchor
from kairos.domain.condition import Condition, Facts
from kairos.domain.event import Event
from kairos.domain.journey import SendArgs
from kairos.domain.moment import DaysOf, Moment
from kairos.domain.profile import Enrollment, Profile


@dataclass(frozen=True, slots=True)
class Go:
    """Go on: by a named exit of the node, or to what follows it. `withdraw` says why, where what the step asked for and
    is not out yet is taken back."""

    exit: str = ""
    withdraw: str = ""


@dataclass(frozen=True, slots=True)
class Park:
    """Stay here until `until` (exact, UTC), or until the step hears an event it waits for."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for a message; once it is asked for or known not to go out, the step's `asked` decides again. `chosen` says
    what of it was chosen among others, and how likely that was."""

    send: SendArgs
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """Set traits, then go on, by a named exit of the node if there is one. A None removes the trait."""

    traits: Mapping[str, Any]
    exit: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Leave the journey here."""

    reason: str


@dataclass(frozen=True, slots=True)
class Enter:
    """Enter another journey in its live version, where nothing stands against it, then go on."""

    journey: str


@dataclass(frozen=True, slots=True)
class Assign:
    """Go on by the exit called after the arm; the node's success is counted for it `within` that time."""

    arm: str
    within: timedelta


@dataclass(frozen=True, slots=True)
class Call:
    """Ask `deliver` to call the connection `to` for this step, and stay here until `until` or its answer."""

    to: str
    until: datetime


Decision = Go | Park | Ask | Update | Stop | Enter | Assign | Call


def _no_days(anchor: SharedAnchor | Prediction) -> Sequence[Moment]:
    return ()


def _always(channel: str) -> bool:
    return True


def _a_quarter(channel: str) -> float:
    return 0.25


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step may look at. `at` is the passage's own clock: when this step was reached, exact.

    `zone` is the customer's, else the brand's. `matches(event)` says whether an event concerns this passage (its
    subject, its own messages), `reaches(channel)` whether there is an address and, for marketing, consent;
    `days_of(anchor)` are the days of a moment that all share, or the day that is predicted of the customer.
    `usual_rate(channel)` is the share of messages there that the shop's customers answer, `explore` the share of
    choices that are left to chance.
    """

    now: datetime
    at: datetime
    zone: ZoneInfo
    profile: Profile
    enrollment: Enrollment
    segments: Mapping[str, Condition]
    is_business_day: Callable[[date], bool]
    matches: Callable[[Event], bool]
    reaches: Callable[[str], bool] = _always
    days_of: DaysOf = _no_days
    usual_rate: Callable[[str], float] = _a_quarter
    explore: float = 0.0

    def holds(self, condition: Condition, properties: Mapping[str, Any] | None = None) -> bool:
        """Return whether a condition holds here, over the trigger's properties or the given ones."""
        own = self.enrollment.properties if properties is None else properties
        facts = Facts(self.profile, own, self.now, self.segments, self.enrollment.entry, self.zone)
        return condition.holds(facts)
