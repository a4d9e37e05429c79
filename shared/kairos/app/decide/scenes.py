"""What a step sees: the passage and its customer, the clocks, and what of the release a step may ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kairos.app.decide import foresight, ways
from kairos.app.decide.turn import Turn, concerns
from kairos.domain.decision import Scene
from kairos.domain.journey import Journey
from kairos.domain.profile import Enrollment


def scene_of(turn: Turn, enrollment: Enrollment, journey: Journey, at: datetime) -> Scene:
    """Return what a step of this passage may look at; `at` is the passage's clock there."""

    def matches(event: Any) -> bool:
        return concerns(event, enrollment, journey.subject)

    return Scene(
        now=turn.now,
        at=at,
        zone=turn.zone,
        profile=turn.profile,
        enrollment=enrollment,
        segments=turn.release.segments,
        is_business_day=turn.release.rules.is_business_day,
        matches=matches,
        days_of=lambda anchor: foresight.days_of(turn, anchor),
        usual_rate=turn.release.timing.usual_rate,
        explore=turn.release.timing.explore,
        reaches=lambda channel: ways.reaches(turn, channel, marketing=journey.marketing),
    )
