"""Timelines: messages around a moment, planned when it is known, planned anew when it moves, dead when it is off.

A step that was asked for is done and never repeats, whatever moves. A step that was skipped, because its time was
over when it became known, is planned again when the anchor moves.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, time

from kairos.app.decide import handed, messages, pauses
from kairos.app.decide.admission import ENTERED_BEFORE, hold_out, in_holdout, last_entry, note_entry
from kairos.app.decide.entries import EntryChange
from kairos.app.decide.leaving import finish, leave
from kairos.app.decide.turn import Passed, Turn
from kairos.app.decide.waits import PLANNED_ANEW
from kairos.domain.anchor import EntryAnchor
from kairos.domain.budget import fits_one_more, properties_room, trimmed
from kairos.domain.event import Event
from kairos.domain.ids import enrollment_id
from kairos.domain.journey import Journey, SendArgs, TimelineStep
from kairos.domain.localtime import next_clock, to_instant
from kairos.domain.moment import Moment
from kairos.domain.profile import Enrollment, Entry, Planned


def follow_entry(turn: Turn, event: Event, change: EntryChange) -> None:
    """Let every timeline around this kind of entry follow what became of it."""
    enrolled = _enrolled(turn, change.entry)
    if change.what in ("cancelled", "superseded"):
        for enrollment in enrolled.values():
            _cancelled(turn, event, change, enrollment)
        return
    for enrollment in enrolled.values():
        _moved(turn, event, change, enrollment)
    for journey in turn.release.anchored_to(change.entry.kind):
        if journey.id not in enrolled:
            _enroll(turn, event, change.entry, journey)


def enroll_missing(turn: Turn, event: Event, journeys: Collection[str] = ()) -> None:
    """Stand around every live entry that was known before a timeline was published, or before it was this customer's.

    Of the given journeys, or of all. Only steps to come are planned: what is past is nothing that became known now.
    """
    for entry in list(turn.profile.entries.values()):
        around = [j for j in turn.release.anchored_to(entry.kind) if not journeys or j.id in journeys]
        if not around or entry.cancelled:
            continue
        enrolled = _enrolled(turn, entry)
        for journey in around:
            if journey.id not in enrolled and _has_more(turn, entry, journey):
                _enroll(turn, replace(event, properties=entry.properties, historical=True), entry, journey)


def _has_more(turn: Turn, entry: Entry, journey: Journey) -> bool:
    anchor = _anchor_of(entry, journey)
    return anchor is not None and any(s.offset.resolve(anchor, turn.zone) >= turn.now for s in journey.timeline)


def _enrolled(turn: Turn, entry: Entry) -> dict[str, Enrollment]:
    """Return the passages around an entry by journey: one of each."""
    enrolled: dict[str, Enrollment] = {}
    for enrollment in list(turn.profile.enrollments.values()):
        if enrollment.entry == entry.key:
            twin = enrolled.get(enrollment.journey)
            enrolled[enrollment.journey] = enrollment if twin is None else _unite(turn, twin, enrollment)
    return enrolled


def _unite(turn: Turn, one: Enrollment, other: Enrollment) -> Enrollment:
    """Two passages turn out to stand around one entry, told out of order: the elder stays, with what both have done."""
    elder, younger = sorted((one, other), key=lambda enrollment: (enrollment.entered_at, enrollment.id))
    leave(turn, younger, "the entry is being moved")
    turn.keep(replace(turn.profile.enrollments[younger.id], entry=None))
    done = {step: planned for step, planned in younger.plan.items() if planned.state == "done"}
    return turn.keep(replace(elder, plan={**elder.plan, **done}))


def replan_local(turn: Turn, event: Event | None) -> None:
    """The customer's zone changed, or the brand's: steps at a local clock time are computed anew, elapsed ones stay."""
    for enrollment in list(turn.profile.enrollments.values()):
        journey = turn.journey_of(enrollment)
        if journey is not None and enrollment.anchor_at is not None and enrollment.active:
            if enrollment.occurrence is not None:
                midnight = to_instant(date.fromisoformat(enrollment.subject), time(0), turn.zone)
                enrollment = turn.keep(replace(enrollment, anchor_at=midnight))
            fresh = event is None or is_fresh(turn, event, journey)
            _plan(turn, enrollment, journey, _local_steps(enrollment, journey), fresh=fresh)
            say_moved(turn, enrollment, PLANNED_ANEW)
            finish_around(turn, enrollment.id)


def say_moved(turn: Turn, before: Enrollment, reason: str) -> bool:
    """Tell each step that is planned for another time than before; return whether there was any."""
    after = turn.profile.enrollments[before.id]
    moved = {s: p for s, p in after.plan.items() if p.state == "planned" and p != before.plan.get(s)}
    for step, planned in moved.items():
        turn.say("moved", after, reason, step=step, due=planned.due)
    return bool(moved)


def anchor_in(turn: Turn, enrollment: Enrollment, former: Journey | None, journey: Journey) -> datetime | None:
    """Return where the passage's moment lies under another version; None where that stands around something else."""
    if not journey.timeline:
        return None
    if former is not None and former.anchor == journey.anchor:
        return enrollment.anchor_at
    entry = turn.profile.entries.get(enrollment.entry) if enrollment.entry else None
    if entry is None or not isinstance(journey.anchor, EntryAnchor) or journey.anchor.kind != entry.kind:
        return None
    return _anchor_of(entry, journey)


def _local_steps(enrollment: Enrollment, journey: Journey) -> list[TimelineStep]:
    """Around a whole day every step is one, elapsed ones too: the day begins at the customer's own midnight."""
    planned = {step for step, planned in enrollment.plan.items() if planned.state == "planned"}
    whole_day = enrollment.occurrence is not None
    return [step for step in journey.timeline if (whole_day or step.offset.is_local) and step.id in planned]


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


# ---- around a whole day ----------------------------------------------------------------------------------------


def plan_around(turn: Turn, enrollment: Enrollment, journey: Journey, known_at: datetime, *, fresh: bool) -> None:
    """Plan the steps around a whole day; what was due since `known_at` is late, and not past."""
    _plan(turn, enrollment, journey, fresh=fresh, known_at=known_at)
    finish_around(turn, enrollment.id)


def move_around(turn: Turn, enrollment: Enrollment, journey: Journey, moment: Moment) -> None:
    """The whole day is another: what was sent never repeats, all else is planned around the new one."""
    _take_back_held(turn, enrollment)
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


# ---- around an entry -------------------------------------------------------------------------------------------


def _enroll(turn: Turn, event: Event, entry: Entry, journey: Journey) -> None:
    anchor = _anchor_of(entry, journey)
    if anchor is None or entry.cancelled:
        return
    first_id = entry.former[0] if entry.former else entry.id
    last = last_entry(turn, journey, entry.id)  # of a passage that is forgotten: the entry was over long ago
    enrollment = Enrollment(
        id=enrollment_id(turn.profile.birth, journey.id, f"{entry.kind}/{first_id}", event.id if last else ""),
        journey=journey.id,
        version=journey.version,
        subject=entry.id,
        entered_at=event.occurred_at,
        reached_at=event.occurred_at,
        properties=trimmed(event.properties, properties_room(turn.profile)),
        correlation=event.correlation,
        entry=entry.key,
        anchor_at=anchor,
        goal_until=event.occurred_at + journey.goal.within if journey.goal else None,
    )
    if last is not None and not journey.reenter.allows(last, event.occurred_at):
        turn.say("ignored", enrollment, ENTERED_BEFORE)
        return
    if not fits_one_more(turn.profile):
        turn.say("ignored", enrollment, "no room for another enrollment")
        return
    note_entry(turn, journey.id, entry.id, event.occurred_at)
    if in_holdout(turn, journey):
        hold_out(turn, journey, enrollment)
        return
    turn.keep(enrollment)
    turn.say("entered", enrollment)
    turn.passed.append(Passed(enrollment, "entered"))
    _plan(turn, enrollment, journey, fresh=is_fresh(turn, event, journey))


def _moved(turn: Turn, event: Event, change: EntryChange, enrollment: Enrollment) -> None:
    journey = turn.journey_of(enrollment)
    anchor = _anchor_of(change.entry, journey) if journey else None
    if journey is None or anchor is None or enrollment.holdout or enrollment.converted:
        return
    if change.what == "same" or enrollment.closed or (anchor == enrollment.anchor_at and enrollment.active):
        return
    _take_back_held(turn, enrollment)
    enrollment = turn.profile.enrollments[enrollment.id]
    enrollment = turn.keep(replace(enrollment, anchor_at=anchor, ended_at=None, correlation=event.correlation))
    turn.say("moved", enrollment, "the entry moved", due=anchor)
    if anchor > turn.now:
        _react(turn, event, enrollment, journey, "on_move", journey.on_move, before=anchor)
    _plan(turn, turn.profile.enrollments[enrollment.id], journey, fresh=is_fresh(turn, event, journey))


def _cancelled(turn: Turn, event: Event, change: EntryChange, enrollment: Enrollment) -> None:
    journey = turn.journey_of(enrollment)
    if not enrollment.active:
        return
    leave(turn, enrollment, "the entry was cancelled" if change.what == "cancelled" else "the entry is being moved")
    if change.what == "cancelled" and not enrollment.holdout:
        turn.passed.append(Passed(turn.profile.enrollments[enrollment.id], "exited"))
    over = enrollment.anchor_at is None or enrollment.anchor_at <= turn.now
    if journey is not None and change.what == "cancelled" and not over and not enrollment.holdout:
        _react(turn, event, turn.profile.enrollments[enrollment.id], journey, "on_cancel", journey.on_cancel)


def _react(
    turn: Turn,
    event: Event,
    enrollment: Enrollment,
    journey: Journey,
    step: str,
    send: SendArgs | None,
    *,
    before: datetime | None = None,
) -> None:
    """Send what answers a move or cancellation; what speaks of a moment to come never goes out after it."""
    if send is None:
        return
    halted = turn.release.halted(journey.id)
    if halted or not is_fresh(turn, event, journey):
        reason = "the journey is paused" if halted else "too old"
        turn.say("ignored", enrollment, reason, step=step, template=send.template)
        return
    messages.ask(turn, enrollment, step, send, turn.now, journey.marketing, before)


def _plan(
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


def _take_back_held(turn: Turn, enrollment: Enrollment) -> None:
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


def _anchor_of(entry: Entry, journey: Journey) -> datetime | None:
    if not isinstance(journey.anchor, EntryAnchor):
        return None
    return entry.starts_at if journey.anchor.at == "starts_at" else entry.ends_at


def is_fresh(turn: Turn, event: Event, journey: Journey) -> bool:
    """Return whether an event is new enough to send something at once."""
    return not event.historical and turn.now - event.occurred_at <= journey.fresh_for
