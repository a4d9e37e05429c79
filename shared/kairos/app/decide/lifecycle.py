"""The customer's course, worked out when an order becomes known, where a live definition asks for stages."""

from __future__ import annotations

from kairos.app.decide.habits import rhythm_of
from kairos.app.decide.turn import Turn

STAGE = "stage"
"""What changed, for segments that look at it."""


def begin(turn: Turn) -> None:
    """Know the course before anything is heard: stages may be asked for since today."""
    timing, profile = turn.release.timing, turn.profile
    if not timing.keeps_stage:
        profile.course = []
    elif profile.rhythm and not profile.course:
        follow(turn)


def follow(turn: Turn) -> None:
    """Work the course out anew: a day of purchase became known."""
    from kairos.timing.lifecycle import course_of  # here: without stages no function waits for it at its start

    timing, rhythm = turn.release.timing, rhythm_of(turn.profile)
    if not timing.keeps_stage or rhythm.last_day is None:
        return
    course = course_of(timing.rhythm, rhythm, timing.at_risk, timing.lapsed)
    turn.profile.course = [course.stage, course.at_risk_from or 0, course.lapsed_from or 0]
    turn.touched.add(STAGE)
