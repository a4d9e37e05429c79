"""Pauses: whoever stood in a journey while it was paused was frozen there, and goes on as its author said.

`send`: what fell due goes out now, as far as it has not expired. `skip`: time went on without messages; whatever was
due in the pause is not sent, and everybody goes on to what comes after it. `replan`: time stood still; a wait goes on
with what was left of it, a local clock time is the next one, and a step of a timeline, whose moment nobody can move,
follows its own `if_past`.

The pointer tells the pause, so whoever looks at a profile first decides the same: the walk only sees to it that
somebody looks. What is re-planned is no longer due in the pause, so it is re-planned once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kairos.app.decide.turn import Turn
from kairos.app.ports import Overdue, Pause
from kairos.domain.profile import Enrollment

FELL_DUE = "fell due while the journey was paused"


def choice(turn: Turn, journey: str, due: datetime | None) -> Overdue | None:
    """Return what was said of a timer that fell due in a pause; None where no pause held it back."""
    pause = turn.release.pause_over(journey, due) if due is not None else None
    return pause.overdue if pause else None


def skips(turn: Turn, journey: str, due: datetime | None) -> bool:
    """Return whether what was due then is not sent, because the journey stood still."""
    return choice(turn, journey, due) == "skip"


def left_of(enrollment: Enrollment, pause: Pause) -> datetime:
    """Return when an elapsed wait ends that goes on, after the pause, with what was left of it when it froze."""
    assert enrollment.due is not None, "asked of a wait"
    assert pause.until is not None, "asked when the pause is over"
    frozen = max(pause.since, enrollment.reached_at)
    return pause.until + max(enrollment.due - frozen, timedelta())


def shifted(enrollment: Enrollment, due: datetime) -> Enrollment:
    """Return the passage with its wait, and its own clock, moved by the same time."""
    assert enrollment.due is not None, "only a wait is shifted"
    return replace(enrollment, due=due, reached_at=enrollment.reached_at + (due - enrollment.due))
