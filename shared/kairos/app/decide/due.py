"""Doing what is due by now, earliest first, until nothing is; and how late the first of it is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from kairos.app.decide import (
    alarm,
    due_steps,
    following,
    memberships,
    moments,
    outstanding,
    passages,
    review,
    walked,
)
from kairos.app.decide.turn import Turn
from kairos.domain.event import Event, Input
from kairos.domain.profile import Enrollment

DUE_AT_ONCE_MAX = 2_000


def lateness(turn: Turn, inputs: Iterable[Input]) -> timedelta:
    """Return how late the earliest promised timer is seen; what an old event makes due at once was never promised, and
    what a pause held back is not late."""
    if any(isinstance(entry, Event) and walked.concerns(entry) for entry in inputs):
        return timedelta()
    promised = [
        due
        for journey, due in alarm.timers(turn.profile)
        if not turn.release.halted(journey) and turn.release.pause_over(journey, due) is None
    ]
    promised += turn.profile.windows.values()
    return max(turn.now - min(promised), timedelta()) if promised else timedelta()


def do_what_is_due(turn: Turn) -> None:
    """Do everything due by now, earliest first; what one thing makes due is done too."""
    following.follow(turn)
    memberships.follow(turn)
    moments.follow_rhythm(turn)  # once for all that was heard, and after goals: an order converts what awaited it
    for _ in range(DUE_AT_ONCE_MAX):
        if turn.zone_moved:
            review.local_times(turn)
        moments.follow_traits(turn)
        item = _next_due(turn)
        if item is not None:
            _, do = item
            do()
        elif turn.freed:
            review.places(turn)
        else:
            return
        following.follow(turn)
        memberships.follow(turn)


def _next_due(turn: Turn) -> tuple[datetime, Callable[[], None]] | None:
    best: tuple[datetime, Callable[[], None]] | None = None
    now = turn.now

    def offer(due: datetime | None, do: Callable[[], None]) -> None:
        nonlocal best
        if due is not None and due <= now and (best is None or due < best[0]):
            best = (due, do)

    offer(memberships.earliest(turn.profile), lambda: memberships.ring(turn))  # first: at one instant a change is heard
    for enrollment in turn.profile.enrollments.values():
        if enrollment.active and not turn.release.halted(enrollment.journey):
            _offer_passage(turn, enrollment, offer)
    for key, opens in turn.profile.moments.items():
        if opens <= now and not turn.release.halted(key.partition("/")[0]):
            offer(opens, lambda k=key, at=opens: moments.ring(turn, k, at))  # type: ignore[misc]
    for message in turn.profile.messages.values():
        if message.state == "asked":
            offer(message.check_at, lambda m=message: outstanding.ask_again(turn, m))  # type: ignore[misc]
        elif not turn.release.halted(message.journey):
            offer(message.until, lambda m=message: review.held(turn, m))  # type: ignore[misc]
    return best


def _offer_passage(
    turn: Turn, enrollment: Enrollment, offer: Callable[[datetime | None, Callable[[], None]], None]
) -> None:
    if enrollment.due is not None:
        offer(enrollment.due, lambda: passages.wake(turn, enrollment))
    for step, planned in enrollment.plan.items():
        if planned.state == "planned":
            offer(planned.due, lambda s=step: due_steps.fall_due(turn, enrollment, s))  # type: ignore[misc]
