"""Versions: a passage that its author takes along into the version that is live now.

A step is the same where its id is. Who waits at a step that is still there waits for what it says now, counted from
when they came to it; who waits at one that is gone finishes in the version they are in, or stops: the author says
which. Ids of enrollments and messages stay, and what was asked for in any version never goes out again: a step moved
ahead of somebody who has its message already lets them pass.

A passage is taken along only into the version that the walk was begun for, and only while that is live: whatever was
published or rolled back meanwhile, two walks never pull at one passage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast, get_args

from kairos.app.decide import due_steps, leaving, messages, passages, timelines, waits
from kairos.app.decide.turn import Turn
from kairos.domain.errors import BadInput
from kairos.domain.event import Event
from kairos.domain.journey import Journey, Node, TimelineStep
from kairos.domain.profile import Enrollment, Planned
from kairos.domain.walk import Gone

STEP_GONE = "its step is no longer there"


def migrate(turn: Turn, targets: Mapping[str, int], gone: Gone) -> None:
    """Take every passage of these journeys along into the version named, where that is the live one.

    `gone` says what becomes of who waits at a step that the version has not: "stay" in theirs, or "stop".
    """
    for enrollment in list(turn.profile.enrollments.values()):
        target = targets.get(enrollment.journey)
        journey = turn.release.journey(enrollment.journey)
        if journey is None or journey.version != target or enrollment.version == target:
            continue
        if not enrollment.active:
            turn.keep(_in(enrollment, journey))  # its goal may still be reached, its entry revived
        elif enrollment.anchor_at is None:
            _take_passage(turn, enrollment, journey, gone)
        else:
            _take_timeline(turn, enrollment, journey, gone)


def asked_of(event: Event) -> tuple[dict[str, int], Gone]:
    """Return what a walk's wake-up asks `migrate` for. Raises BadInput for what nobody asks."""
    what = event.properties.get("what")
    found, gone = (what.get("versions"), what.get("gone")) if isinstance(what, Mapping) else (None, None)
    if not isinstance(found, Mapping) or not all(type(version) is int for version in found.values()):
        raise BadInput("what.versions", "the version of each journey")
    if gone not in get_args(Gone):
        raise BadInput("what.gone", f"one of {', '.join(get_args(Gone))}")
    return dict(found), cast(Gone, gone)


def _in(enrollment: Enrollment, journey: Journey) -> Enrollment:
    """Return the passage under the version: what it was asked for so far is remembered as done."""
    until = enrollment.entered_at + journey.goal.within if journey.goal else None
    asked = enrollment.visits if enrollment.anchor_at is None else ()  # a timeline's plan knows what is done
    done = tuple(sorted({*enrollment.done, *asked} - {enrollment.node}))
    return replace(enrollment, version=journey.version, goal_until=until, done=done)


# ---- steps -----------------------------------------------------------------------------------------------------


def _take_passage(turn: Turn, enrollment: Enrollment, journey: Journey, gone: Gone) -> None:
    node = journey.nodes.get(enrollment.node or "")
    former = turn.journey_of(enrollment)
    old = former.nodes.get(enrollment.node or "") if former else None
    if node is None or (old is not None and not _is_alike(turn, enrollment, journey, old, node)):
        _lose(turn, enrollment, gone)
        return
    taken = turn.keep(_in(enrollment, journey))
    if old is not None and (old.kind, old.args) == (node.kind, node.args):
        turn.say("moved", taken, _reason(journey), step=node.id, due=taken.due)
    elif taken.holding is not None:
        _ask_anew(turn, taken, journey, node)
    elif not taken.entering:
        waits.wait_anew(turn, taken, journey, node, _reason(journey))


def _is_alike(turn: Turn, enrollment: Enrollment, journey: Journey, old: Node, node: Node) -> bool:
    """Return whether one can stand at the new step as one stood at the old: a wait may become another kind of wait."""
    return enrollment.entering or old.kind == node.kind or waits.parks(turn, enrollment, journey, node)


def _ask_anew(turn: Turn, taken: Enrollment, journey: Journey, node: Node) -> None:
    """The held message says what its step no longer says: it was never out, and the step asks for what it says now."""
    message = turn.profile.messages.get(taken.holding or "")
    if message is not None:
        messages.withdraw(turn, message, _reason(journey))
    passages.walk(turn, turn.profile.enrollments[taken.id], journey, node.id, turn.now)


def _lose(turn: Turn, enrollment: Enrollment, gone: Gone) -> None:
    if gone == "stop":
        leaving.leave(turn, enrollment, STEP_GONE)


# ---- timelines -------------------------------------------------------------------------------------------------


def _take_timeline(turn: Turn, enrollment: Enrollment, journey: Journey, gone: Gone) -> None:
    former = turn.journey_of(enrollment)
    anchor = timelines.anchor_in(turn, enrollment, former, journey)
    waiting = {step for step, planned in enrollment.plan.items() if planned.state in ("planned", "holding")}
    lost = waiting - {step.id for step in journey.timeline}
    if anchor is None or (lost and gone == "stay"):
        _lose(turn, enrollment, gone)
        return
    changed = {step.id for step in journey.timeline if former is None or former.timeline_step(step.id) != step}
    if anchor != enrollment.anchor_at:
        changed |= {step.id for step in journey.timeline}
    for step in sorted(waiting & (lost | changed)):
        _take_back(turn, enrollment, step, _reason(journey) if step in changed else STEP_GONE)
    taken = turn.keep(replace(_in(turn.profile.enrollments[enrollment.id], journey), anchor_at=anchor))
    plan = {**taken.plan, **{step: replace(taken.plan[step], state="dead") for step in lost}}
    plan |= _planned(turn, taken, (step for step in journey.timeline if step.id in changed))
    _settle(turn, enrollment, replace(taken, plan=plan), journey)


def _planned(turn: Turn, enrollment: Enrollment, steps: Iterable[TimelineStep]) -> dict[str, Planned]:
    """Return what becomes of changed steps. One that was planned and is now past follows its `if_past`; one that was
    not is nothing that anybody waits for, so it is skipped."""
    plan = {}
    for step in steps:
        known = enrollment.plan.get(step.id)
        if known is None or known.state != "done":
            waited = known is not None and known.state in ("planned", "holding")
            plan[step.id] = due_steps.plan_step(turn, step, enrollment, turn.now, fresh=waited)
    return plan


def _settle(turn: Turn, before: Enrollment, after: Enrollment, journey: Journey) -> None:
    turn.keep(after)
    if not due_steps.say_moved(turn, before, _reason(journey)):
        turn.say("moved", after, _reason(journey))
    for step in journey.timeline:
        was, planned = before.plan.get(step.id), after.plan.get(step.id)
        if planned is None or planned.state != "skipped" or was is None or was.state not in ("planned", "holding"):
            continue
        turn.say("skipped", after, "its time was over when it changed", step=step.id, due=planned.due)
        if step.if_past == "stop":
            leaving.leave(turn, turn.profile.enrollments[after.id], "a step was over and says stop")
            return
    due_steps.finish_around(turn, after.id)


def _take_back(turn: Turn, enrollment: Enrollment, step: str, reason: str) -> None:
    for message in list(turn.profile.messages.values()):
        if (message.enrollment, message.step, message.state) == (enrollment.id, step, "held"):
            messages.withdraw(turn, message, reason)


def _reason(journey: Journey) -> str:
    return f"re-planned on version {journey.version}"
