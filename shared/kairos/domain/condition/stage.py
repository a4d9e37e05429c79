"""Where a customer stands in their life with the shop: a condition on what their item says of its coming stages.

`Profile.course` is [the stage since the last order, the ordinal of the day on which they become at risk, of the day on
which they have lapsed]; 0 is a day out of sight. What comes next is known beforehand, so the change is a timer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from kairos.domain.condition.facts import Condition, Facts
from kairos.domain.localtime import to_instant
from kairos.domain.profile import Profile

STAGES = ("new", "growing", "steady", "returned", "at_risk", "lapsed")


def stage_of(profile: Profile, today: int) -> str | None:
    """Return the stage on a day (an ordinal of the customer's calendar), or None before the first order is known."""
    if not profile.course:
        return None
    stage, at_risk_from, lapsed_from = profile.course
    if lapsed_from and today >= lapsed_from:
        return "lapsed"
    return "at_risk" if at_risk_from and today >= at_risk_from else str(stage)


@dataclass(frozen=True, slots=True)
class StageIs:
    """The customer is in one of these stages."""

    stages: tuple[str, ...]

    def holds(self, facts: Facts) -> bool:
        return stage_of(facts.profile, facts.now.astimezone(facts.zone).date().toordinal()) in self.stages

    def changes(self, facts: Facts) -> Iterable[datetime]:
        days = (day for day in facts.profile.course[1:] if day)
        return (to_instant(date.fromordinal(day), time(0), facts.zone) for day in days)

    def children(self) -> Sequence[Condition]:
        return ()
