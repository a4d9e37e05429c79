"""How a passage ends: at its goal, at an exit, behind its last step; and what it takes back when it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kairos.app.decide import handed, holdouts, messages, timeliness
from kairos.app.decide.turn import Passed, Turn
from kairos.domain.profile import Enrollment


def convert(turn: Turn, enrollment: Enrollment, at: datetime) -> None:
    """The goal is reached at `at`: count it, say how long before or after what the passage is about, and leave."""
    held = holdouts.reason_of(turn, enrollment)
    turn.say("converted", enrollment, held)
    turn.say("responded", enrollment, f"{timeliness.lag_of(turn, enrollment, at)}{' holdout' if held else ''}")
    converted = turn.keep(replace(enrollment, converted=True))
    if not enrollment.holdout:
        turn.passed.append(Passed(converted, "goal"))
    if converted.active:
        leave(turn, converted, "goal reached")
    else:
        _withdraw_all(turn, converted, "goal reached")


def close(turn: Turn, enrollment: Enrollment, reason: str) -> bool:
    """End a passage for good: a move of its entry does not bring it back. Return whether it was under way.

    Of one that has walked to its end only what is not out yet is taken back.
    """
    if not enrollment.active:
        _withdraw_all(turn, enrollment, reason)
        return False
    leave(turn, enrollment, reason)
    closed = turn.keep(replace(turn.profile.enrollments[enrollment.id], closed=True))
    turn.passed.append(Passed(closed, "exited"))
    return True


def leave(turn: Turn, enrollment: Enrollment, reason: str) -> None:
    """End a passage at once, and take back what is not out yet."""
    _withdraw_all(turn, enrollment, reason)
    end(turn, enrollment, reason)


def finish(turn: Turn, enrollment: Enrollment, reason: str = "finished") -> None:
    """End a passage behind its last step, or because its step says stop; what it asked for goes out."""
    complete(turn, enrollment, reason, turn.now)


def complete(turn: Turn, enrollment: Enrollment, reason: str, at: datetime) -> None:
    """End a passage that has come to its end at `at`, its own clock: other journeys may follow it."""
    end(turn, enrollment, reason)
    turn.passed.append(Passed(turn.profile.enrollments[enrollment.id], "completed", at))


def end(turn: Turn, enrollment: Enrollment, reason: str) -> None:
    """End a passage and all that it still plans; what it asked for stays asked for."""
    plan = {
        step: replace(planned, state="dead") if planned.state in ("planned", "holding") else planned
        for step, planned in enrollment.plan.items()
    }
    turn.keep(replace(enrollment, ended_at=turn.now, due=None, holding=None, plan=plan))
    turn.say("exited", enrollment, reason)


def _withdraw_all(turn: Turn, enrollment: Enrollment, reason: str) -> None:
    for message in [m for m in turn.profile.messages.values() if m.enrollment == enrollment.id]:
        messages.withdraw(turn, message, reason)
    handed.forget(turn, enrollment.id)
