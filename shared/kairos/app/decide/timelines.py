"""Timelines around an entry: planned when it is known, planned anew when it moves, dead when it is off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from kairos.app.decide import due_steps, messages
from kairos.app.decide.admission import ENTERED_BEFORE, hold_out, in_holdout, last_entry, note_entry
from kairos.app.decide.entries import EntryChange
from kairos.app.decide.leaving import leave
from kairos.app.decide.turn import Passed, Turn
from kairos.domain.anchor import EntryAnchor
from kairos.domain.budget import fits_one_more, properties_room, trimmed
from kairos.domain.event import Event
from kairos.domain.ids import enrollment_id
from kairos.domain.journey import Journey, SendArgs
from kairos.domain.profile import Enrollment, Entry


def follow_entry(turn: Turn, event: Event, change: EntryChange) -> None:
    """Let every timeline around this kind of entry follow what became of it."""
    enrolled = _enrolled(turn, change.entry)
    if change.what in ("cancelled", "superseded"):
        for enrollment in enrolled.values():
            _cancelled(turn, event, change, enrollment)
        return
    for enrollment in enrolled.values():
        _moved(turn, event, change, enrollment)
    for journey in turn.release.index.anchored_to(change.entry.kind):
        if journey.id not in enrolled:
            _enroll(turn, event, change.entry, journey)


def enroll_missing(turn: Turn, event: Event, journeys: Collection[str] = ()) -> None:
    """Stand around every live entry that was known before a timeline was published, or before it was this customer's.

    Of the given journeys, or of all. Only steps to come are planned: what is past is nothing that became known now.
    """
    for entry in list(turn.profile.entries.values()):
        around = [j for j in turn.release.index.anchored_to(entry.kind) if not journeys or j.id in journeys]
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
    due_steps.plan(turn, enrollment, journey, fresh=due_steps.is_fresh(turn, event, journey))


def _moved(turn: Turn, event: Event, change: EntryChange, enrollment: Enrollment) -> None:
    journey = turn.journey_of(enrollment)
    anchor = _anchor_of(change.entry, journey) if journey else None
    if journey is None or anchor is None:
        return
    if change.what != "same" and _comes_round(turn, event, enrollment, journey, anchor):
        leave(turn, enrollment, "the entry comes round")
        turn.keep(replace(turn.profile.enrollments[enrollment.id], entry=None))
        _enroll(turn, event, change.entry, journey)
        return
    if enrollment.holdout or enrollment.converted:
        return
    if change.what == "same" or enrollment.closed or (anchor == enrollment.anchor_at and enrollment.active):
        return
    due_steps.take_back_held(turn, enrollment)
    enrollment = turn.profile.enrollments[enrollment.id]
    enrollment = turn.keep(replace(enrollment, anchor_at=anchor, ended_at=None, correlation=event.correlation))
    turn.say("moved", enrollment, "the entry moved", due=anchor)
    if anchor > turn.now:
        _react(turn, event, enrollment, journey, "on_move", journey.on_move, before=anchor)
    due_steps.plan(
        turn, turn.profile.enrollments[enrollment.id], journey, fresh=due_steps.is_fresh(turn, event, journey)
    )


def _comes_round(turn: Turn, event: Event, before: Enrollment, journey: Journey, anchor: datetime) -> bool:
    """Return whether the entry's next date is told after its last one, and the author lets it enter again: a
    membership that keeps its id over the years."""
    last = last_entry(turn, journey, before.subject)
    over = before.anchor_at is not None and before.anchor_at <= event.occurred_at < anchor
    return over and last is not None and journey.reenter.allows(last, event.occurred_at)


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
    if halted or not due_steps.is_fresh(turn, event, journey):
        reason = "the journey is paused" if halted else "too old"
        turn.say("ignored", enrollment, reason, step=step, template=send.template)
        return
    messages.ask(turn, enrollment, step, send, turn.now, journey.marketing, before)


def _anchor_of(entry: Entry, journey: Journey) -> datetime | None:
    if not isinstance(journey.anchor, EntryAnchor):
        return None
    return entry.starts_at if journey.anchor.at == "starts_at" else entry.ends_at
