"""The steps of a timeline: when each is due, and what becomes of one that falls due or whose time is over.

A step that was asked for is done and never repeats, whatever moves. A step that was skipped, because its time was
over when it became known, is planned again when the anchor moves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

from kairos.app.decide import handed, messages, pauses
from kairos.app.decide.leaving import finish, leave
from kairos.app.decide.turn import Turn
from kairos.app.decide.waits import PLANNED_ANEW
from kairos.domain.event import Event
from kairos.domain.journey import Journey, TimelineStep
from kairos.domain.localtime import next_clock, to_instant
from kairos.domain.moment import Moment
from kairos.domain.profile import Enrollment, Planned


def replan_local(turn: Turn, event: Event | None) -> None:
    """The customer's zone changed, or the brand's: steps at a local clock time are computed anew, elapsed ones stay."""
    for enrollment in list(turn.profile.enrollments.values()):
        journey = turn.journey_of(enrollment)
        if journey is not None and enrollment.anchor_at is not None and enrollment.active:
            if enrollment.occurrence is not None:
                midnight = to_instant(date.fromisoformat(enrollment.subject), time(0), turn.zone)
                enrollment = turn.keep(replace(enrollment, anchor_at=midnight))
            fresh = event is None or is_fresh(turn, event, journey)
            plan(turn, enrollment, journey, _local_steps(enrollment, journey), fresh=fresh)
            say_moved(turn, enrollment, PLANNED_ANEW)
            finish_around(turn, enrollment.id)


def say_moved(turn: Turn, before: Enrollment, reason: str) -> bool:
    """Tell each step that is planned for another time than before; return whether there was any."""
    after = turn.profile.enrollments[before.id]
    moved = {s: p for s, p in after.plan.items() if p.state == "planned" and p != before.plan.get(s)}
    for step, planned in moved.items():
        turn.say("moved", after, reason, step=step, due=planned.due)
    return bool(moved)


def _local_steps(enrollment: Enrollment, journey: Journey) -> list[TimelineStep]:
    """Around a whole day every step is one, elapsed ones too: the day begins at the customer's own midnight."""
    planned = {step for step, planned in enrollment.plan.items() if planned.state == "planned"}
    whole_day = enrollment.occurrence is not None
    return [step for step in journey.timeline if (whole_day or step.offset.is_local) and step.id in planned]


def plan_around(turn: Turn, enrollment: Enrollment, journey: Journey, known_at: datetime, *, fresh: bool) -> None:
    """Plan the steps around a whole day; what was due since `known_at` is late, and not past."""
    plan(turn, enrollment, journey, fresh=fresh, known_at=known_at)
    finish_around(turn, enrollment.id)


def move_around(turn: Turn, enrollment: Enrollment, journey: Journey, moment: Moment) -> None:
    """The whole day is another: what was sent never repeats, all else is planned around the new one."""
    take_back_held(turn, enrollment)
    properties = enrollment.properties
    fields = {**properties.get("moment", {}), "day": moment.day.isoformat()}
    moved = replace(
        turn.profile.enrollments[enrollment.id],
        subject=moment.day.isoformat(),
        anchor_at=moment.starts(turn.zone),
        properties={**properties, "moment": fields | ({"n": moment.n} if moment.n is not None else {})},
    )
    turn.say("moved", turn.keep(moved), "the day moved", due=moved.anchor_at)
    plan_around(turn, moved, journey, turn.now, fresh=False)


def finish_around(turn: Turn, enrollment_id: str) -> None:
    """End a passage around a whole day with its last step: unlike an entry, the day does not move any more."""
    enrollment = turn.profile.enrollments[enrollment_id]
    open_ = any(planned.state in ("planned", "holding") for planned in enrollment.plan.values())
    if enrollment.occurrence is not None and enrollment.active and not open_:
        finish(turn, enrollment)


def plan(
    turn: Turn,
    enrollment: Enrollment,
    journey: Journey,
    steps: list[TimelineStep] | None = None,
    *,
    fresh: bool,
    known_at: datetime | None = None,
) -> None:
    """Plan the given steps (None: all) that are not done; what was over at `known_at` (None: now) follows `if_past`."""
    plan = dict(enrollment.plan)
    for step in journey.timeline if steps is None else steps:
        known = plan.get(step.id)
        if known is not None and known.state == "done":
            continue
        plan[step.id] = planned = plan_step(turn, step, enrollment, known_at or turn.now, fresh=fresh)
        if planned.state == "skipped":
            turn.say("skipped", enrollment, "its time was over when it became known", step=step.id, due=planned.due)
            if step.if_past == "stop":
                _stop(turn, enrollment, plan)
                return
    turn.keep(replace(turn.profile.enrollments[enrollment.id], plan=plan))


def plan_step(turn: Turn, step: TimelineStep, enrollment: Enrollment, known_at: datetime, *, fresh: bool) -> Planned:
    """Return when a step is due, or what its `if_past` makes of a time that was over at `known_at`."""
    due = _due(turn, step, enrollment)
    if due >= known_at:
        return Planned(due)
    if fresh and step.if_past == "send_now" and not _is_too_late(turn, step, enrollment):
        return Planned(turn.now)
    if fresh and step.if_past == "next_occurrence" and (again := _next_occurrence(turn, step, enrollment)):
        return Planned(again)
    return Planned(due, "skipped")


def _next_occurrence(turn: Turn, step: TimelineStep, enrollment: Enrollment) -> datetime | None:
    """Return when the step's clock time comes next, before the anchor if the step means to come before it.

    Around a day that returns the next occurrence is the next return, which has a passage of its own.
    """
    if enrollment.occurrence is not None:
        return None
    again = next_clock(turn.now, turn.zone, _due(turn, step, enrollment).astimezone(turn.zone).time())
    anchor = enrollment.anchor_at
    return None if anchor is not None and _is_before(turn, step, enrollment) and again >= anchor else again


def _is_too_late(turn: Turn, step: TimelineStep, enrollment: Enrollment) -> bool:
    """Return whether the anchor is past, and the step does not come after it; a whole day is not past at midnight."""
    anchor = enrollment.anchor_at
    if anchor is None or anchor > turn.now:
        return False
    return _is_before(turn, step, enrollment) or (
        enrollment.occurrence is None and _due(turn, step, enrollment) == anchor
    )


def _is_before(turn: Turn, step: TimelineStep, enrollment: Enrollment) -> bool:
    """Return whether the step means to go out before the anchor: then it never goes out after it."""
    return enrollment.anchor_at is not None and _due(turn, step, enrollment) < enrollment.anchor_at


def _due(turn: Turn, step: TimelineStep, enrollment: Enrollment) -> datetime:
    """Return the instant that a step means: around an entry's own, or around a whole day, which the subject names."""
    if enrollment.occurrence is not None:
        return step.offset.resolve_day(date.fromisoformat(enrollment.subject), turn.zone)
    assert enrollment.anchor_at is not None, "a timeline stands around a moment"
    return step.offset.resolve(enrollment.anchor_at, turn.zone)


def _stop(turn: Turn, enrollment: Enrollment, plan: dict[str, Planned]) -> None:
    turn.keep(replace(turn.profile.enrollments[enrollment.id], plan=plan))
    leave(turn, turn.profile.enrollments[enrollment.id], "a step was over and says stop")


def fall_due(turn: Turn, enrollment: Enrollment, step_id: str) -> None:
    """The time of one planned step has come: ask for its message."""
    journey = turn.journey_of(enrollment)
    step = journey.timeline_step(step_id) if journey else None
    planned = enrollment.plan[step_id]
    if journey is None or step is None:
        _settle_step(turn, enrollment.id, step_id, replace(planned, state="dead"))
        return
    overdue = pauses.choice(turn, enrollment.journey, planned.due)
    if overdue == "skip" or (overdue == "replan" and not _is_sent_late(turn, step, enrollment)):
        _skip_paused(turn, enrollment, step, planned, stop=overdue == "replan" and step.if_past == "stop")
        return
    _settle_step(turn, enrollment.id, step_id, replace(planned, state="done"))
    before = enrollment.anchor_at if _is_before(turn, step, enrollment) else None
    enrollment = turn.profile.enrollments[enrollment.id]
    due = turn.now if overdue else planned.due  # counted from when it was due, what a pause held back would expire
    message = messages.ask(turn, enrollment, step.id, step.send, due, step.marketing, before)
    if message is not None and message.state == "held":
        _settle_step(turn, enrollment.id, step_id, replace(planned, state="holding"))
    finish_around(turn, enrollment.id)


def _is_sent_late(turn: Turn, step: TimelineStep, enrollment: Enrollment) -> bool:
    """Return whether the author says that the step is sent where its time is over, and there is still a reason to."""
    return step.if_past == "send_now" and not _is_too_late(turn, step, enrollment)


def _skip_paused(turn: Turn, enrollment: Enrollment, step: TimelineStep, planned: Planned, *, stop: bool) -> None:
    _settle_step(turn, enrollment.id, step.id, replace(planned, state="skipped"))
    turn.say("not_sent", enrollment, pauses.FELL_DUE, step=step.id, template=step.send.template, due=planned.due)
    if stop:
        leave(turn, turn.profile.enrollments[enrollment.id], "a step was over and says stop")
    finish_around(turn, enrollment.id)


def after_held(turn: Turn, enrollment: Enrollment, step_id: str) -> None:
    """A held message of the timeline is settled: its step is done."""
    planned = enrollment.plan.get(step_id)
    if planned is not None and planned.state == "holding":
        _settle_step(turn, enrollment.id, step_id, replace(planned, state="done"))
        finish_around(turn, enrollment.id)


def take_back_held(turn: Turn, enrollment: Enrollment) -> None:
    """A held message speaks of the old date: it goes, and its step is planned anew."""
    handed.forget(turn, enrollment.id)
    for message in [m for m in turn.profile.messages.values() if m.enrollment == enrollment.id and m.state == "held"]:
        messages.withdraw(turn, message, "the entry moved")
        planned = enrollment.plan.get(message.step)
        if planned is not None and not messages.may_be_out(message):  # what may be out is never planned again
            _settle_step(turn, enrollment.id, message.step, replace(planned, state="skipped"))


def _settle_step(turn: Turn, enrollment_id: str, step_id: str, planned: Planned) -> None:
    enrollment = turn.profile.enrollments[enrollment_id]
    turn.keep(replace(enrollment, plan={**enrollment.plan, step_id: planned}))


def is_fresh(turn: Turn, event: Event, journey: Journey) -> bool:
    """Return whether an event is new enough to send something at once."""
    return not event.historical and turn.now - event.occurred_at <= journey.fresh_for
