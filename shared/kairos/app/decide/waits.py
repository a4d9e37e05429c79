"""Waits that are worked out anew: the customer's zone, the brand's times, the version, or a pause has changed them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kairos import registry
from kairos.app.decide import campaigns, pauses
from kairos.app.decide.leaving import end, finish
from kairos.app.decide.scenes import scene_of
from kairos.app.decide.turn import Turn
from kairos.domain.decision import Decision, Park, Stop
from kairos.domain.journey import Journey, Node
from kairos.domain.profile import Enrollment
from kairos.domain.trigger import Campaign

PLANNED_ANEW = "planned anew: the zone, or the brand's times, changed"
PAUSE_OVER = "the pause is over"


def wait_anew(turn: Turn, enrollment: Enrollment, journey: Journey, node: Node, reason: str) -> None:
    """Let a passage wait at a step that changed, counted from when it was reached, and say so; a step that has asked
    for a message already, and waits for what comes of it, goes on when it meant to."""
    if node.id in enrollment.visits:
        turn.say("moved", enrollment, reason, step=node.id, due=enrollment.due)
        return
    scene = scene_of(turn, enrollment, journey, enrollment.reached_at)
    _wait(turn, enrollment, node, registry.load("steps", node.kind).enter(node.args, scene), reason)


def replan_local(turn: Turn) -> None:
    """The customer's zone changed, or the brand's times: waits for a local clock time are computed anew, elapsed ones
    stay."""
    for enrollment in [each for each in turn.profile.enrollments.values() if each.active and each.entering]:
        journey = turn.journey_of(enrollment)
        campaign = campaigns.awaited(enrollment, journey) if journey else None
        if campaign is not None:
            _await_anew(turn, enrollment, campaign)
    for enrollment, journey, node in list(_parked(turn)):
        step = registry.load("steps", node.kind)
        if not step.local:
            continue
        decision = step.enter(node.args, scene_of(turn, enrollment, journey, enrollment.reached_at))
        if isinstance(decision, Park) and decision.until <= turn.now:
            decision = step.enter(node.args, scene_of(turn, enrollment, journey, turn.now))
        if not isinstance(decision, Park) or decision.until != enrollment.due:
            _wait(turn, enrollment, node, decision, PLANNED_ANEW)


def thaw(turn: Turn) -> None:
    """A pause is over whose author said `replan`: each wait that fell due in it goes on with what was left of it."""
    for enrollment, journey, node in list(_parked(turn)):
        assert enrollment.due is not None, "parked"
        pause = turn.release.pause_over(journey.id, enrollment.due)
        if pause is None or pause.until is None or pause.overdue != "replan" or turn.release.halted(journey.id):
            continue
        step = registry.load("steps", node.kind)
        if step.local:
            thawed = replace(enrollment, reached_at=pause.until)
            decision = step.enter(node.args, scene_of(turn, thawed, journey, pause.until))
            _wait(turn, thawed, node, decision, PAUSE_OVER)
        else:
            moved = turn.keep(pauses.shifted(enrollment, pauses.left_of(enrollment, pause)))
            turn.say("moved", moved, PAUSE_OVER, step=node.id, due=moved.due)


def parks(turn: Turn, enrollment: Enrollment, journey: Journey, node: Node) -> bool:
    """Return whether a passage that reached this step when it reached its own would wait there."""
    scene = scene_of(turn, enrollment, journey, enrollment.reached_at)
    return isinstance(registry.load("steps", node.kind).enter(node.args, scene), Park)


def _wait(turn: Turn, enrollment: Enrollment, node: Node, decision: Decision, reason: str) -> None:
    """Let a passage wait as its step says now: until then, no longer, or not at all, because its time will not come."""
    if isinstance(decision, Stop):
        finish(turn, enrollment, decision.reason)
        return
    turn.keep(replace(enrollment, due=decision.until if isinstance(decision, Park) else turn.now))
    moved = turn.profile.enrollments[enrollment.id]
    turn.say("moved", moved, reason, step=node.id, due=moved.due)


def _parked(turn: Turn) -> Iterator[tuple[Enrollment, Journey, Node]]:
    """Yield every passage that waits at a step, with its version and the step."""
    for enrollment in turn.profile.enrollments.values():
        journey = turn.journey_of(enrollment)
        node = journey.nodes.get(enrollment.node or "") if journey and enrollment.due else None
        if journey is not None and node is not None and enrollment.active and not enrollment.entering:
            yield enrollment, journey, node


def _await_anew(turn: Turn, enrollment: Enrollment, campaign: Campaign) -> None:
    """Whoever was to be written to later is so at their new local time; where that is over, as the author said."""
    due = campaigns.start_of(turn, campaign, turn.now)
    if due is None:
        end(turn, enrollment, campaigns.TIME_WAS_OVER)
    else:
        turn.keep(replace(enrollment, entered_at=due, reached_at=due, due=due))
