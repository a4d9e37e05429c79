"""Experiments: which arm a passage was given, and whether what counts as success followed in time.

A success counts once for each passage and experiment, while the window is open, whether or not the passage has ended by
then; an event of before the assignment never does, however late it comes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kairos.app.decide.turn import Turn, concerns
from kairos.domain.decision import Assign
from kairos.domain.event import Event
from kairos.domain.journey import Journey, Matcher, Node
from kairos.domain.profile import Enrollment, Trial


def begin(turn: Turn, enrollment: Enrollment, node: Node, assigned: Assign, at: datetime) -> Enrollment:
    """Note the arm; an experiment that was begun already stays as it was given."""
    if node.id in enrollment.trials:
        return enrollment
    trial = Trial(assigned.arm, at, at + assigned.within)
    turn.say("assigned", enrollment, assigned.arm, step=node.id)
    return turn.keep(replace(enrollment, trials={**enrollment.trials, node.id: trial}))


def hear(turn: Turn, enrollment: Enrollment, journey: Journey, event: Event) -> Enrollment:
    """Count the event where it is the success of an experiment of this passage; return the passage as it is then."""
    for step, trial in enrollment.trials.items():
        node = journey.nodes.get(step)
        if trial.succeeded or node is None or not trial.since <= event.occurred_at <= trial.until:
            continue
        success: Matcher = node.args.success
        if _is(turn, success, event, enrollment, journey):
            enrollment = replace(enrollment, trials={**enrollment.trials, step: replace(trial, succeeded=True)})
            turn.keep(enrollment)
            turn.say("succeeded", enrollment, trial.arm, step=step)
    return enrollment


def _is(turn: Turn, success: Matcher, event: Event, enrollment: Enrollment, journey: Journey) -> bool:
    if success.event != event.name or not concerns(event, enrollment, success.subject or journey.subject):
        return False
    return turn.holds(success.where, event.properties, enrollment.entry)
