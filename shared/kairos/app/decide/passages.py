"""Passages: how customers enter a journey, what they hear in it, and how they walk its steps.

A passage has a clock of its own (`reached_at`): a wait counts from when its step was due, not from when a late
wake-up came, so lateness does not add up. Only a passage that is badly late goes on from now, to keep its messages
apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from kairos import registry
from kairos.app.decide import campaigns, messages, pauses, reports, trials
from kairos.app.decide.admission import hold_out, in_holdout, new_passage, note_entry, obstacle_to, passages_of
from kairos.app.decide.facts import set_traits
from kairos.app.decide.leaving import close, complete, convert, end, leave
from kairos.app.decide.scenes import scene_of
from kairos.app.decide.turn import Passed, Turn, concerns, subject_of
from kairos.domain.decision import Ask, Assign, Call, Decision, Enter, Go, Park, Stop, Update
from kairos.domain.effects import Send
from kairos.domain.event import CALL, Event
from kairos.domain.ids import call_id, digest
from kairos.domain.journey import Journey, Matcher, Node
from kairos.domain.membership import SOURCE as SEGMENT
from kairos.domain.profile import Enrollment

CATCH_UP_FROM_NOW = timedelta(minutes=15)
TICK = timedelta(microseconds=1)


# ---- entering --------------------------------------------------------------------------------------------------


def start(turn: Turn, event: Event) -> None:
    """Enter the profile into every live journey that the event triggers."""
    for journey in turn.release.index.triggered_by(event.name, event.properties):
        subject = _subject_started(turn, journey, event)
        if subject is not None:
            enter(turn, journey, event, subject)


def _subject_started(turn: Turn, journey: Journey, event: Event) -> str | None:
    """Return for which subject the event starts the journey: that of the first trigger that holds and finds its own."""
    for matcher in journey.triggers:
        if matcher.event == event.name and turn.holds(matcher.where, event.properties):
            named = matcher.subject or journey.subject
            subject = subject_of(event, named) if named else ""
            if subject is not None:
                return subject
    return None


def enter(turn: Turn, journey: Journey, event: Event, subject: str) -> None:
    """Enter the profile into a journey for one subject, where nothing stands against it.

    An event of the future, as a campaign makes it, lets the passage stand before its first step until then.
    """
    enrollment = new_passage(turn, journey, subject, event)
    obstacle = obstacle_to(turn, journey, enrollment, event)
    if obstacle:
        turn.say("ignored", enrollment, obstacle)
        return
    afresh = journey.restart and _start_afresh(turn, journey, subject)
    note_entry(turn, journey.id, subject, event.occurred_at)
    if in_holdout(turn, journey):
        hold_out(turn, journey, enrollment)
        return
    if enrollment.entered_at > turn.now:
        turn.keep(replace(enrollment, node=journey.first, due=enrollment.entered_at, entering=True))
    else:
        begin(turn, turn.keep(enrollment), journey, event.occurred_at, afresh=afresh)


def begin(turn: Turn, enrollment: Enrollment, journey: Journey, at: datetime, *, afresh: bool = False) -> None:
    """Say that the profile has entered, and walk from the first step. `at` is the passage's clock."""
    turn.say("entered", enrollment)
    if not afresh:
        turn.passed.append(Passed(enrollment, "entered", enrollment.entered_at))
    walk(turn, enrollment, journey, journey.first, at)


def _start_afresh(turn: Turn, journey: Journey, subject: str) -> bool:
    """End what waits, to begin anew; return whether anything did. It is one entry, and is told and counted once."""
    waiting = [passage for passage in passages_of(turn, journey.id, subject) if passage.active]
    for passage in waiting:
        leave(turn, passage, "started afresh")
    return bool(waiting)


# ---- hearing -------------------------------------------------------------------------------------------


def hear(turn: Turn, event: Event) -> None:
    """Let every passage hear the event: its goal, its exits, and what its step waits for."""
    for enrollment in list(turn.profile.enrollments.values()):
        journey = turn.journey_of(enrollment)
        if journey is None:
            continue
        enrollment = trials.hear(turn, enrollment, journey, event)
        if not _ends(turn, enrollment, journey, event) and enrollment.active:
            _hear_step(turn, enrollment, journey, event)


def _ends(turn: Turn, enrollment: Enrollment, journey: Journey, event: Event) -> bool:
    """Return whether the event is the passage's goal or exit, and do what follows from it."""
    if event.occurred_at < enrollment.entered_at:
        return False
    counts = event.source != SEGMENT or not event.historical  # a definition that changed is nobody's success
    if journey.goal is not None and counts and _matches_any(turn, journey, journey.goal.matchers, event, enrollment):
        until = enrollment.goal_until
        if until is not None and event.occurred_at <= until and not enrollment.converted:
            convert(turn, enrollment, event.occurred_at)
            return True
        # too late to count, and still reason enough to say no more
        return close(turn, enrollment, "goal reached, after its window")
    if _matches_any(turn, journey, journey.exits, event, enrollment):
        return close(turn, enrollment, f"exit: {event.name}")
    return False


def _hear_step(turn: Turn, enrollment: Enrollment, journey: Journey, event: Event) -> None:
    node = journey.nodes.get(enrollment.node or "")
    if node is None or enrollment.entering:
        return
    if not concerns(event, enrollment, journey.subject):
        return
    scene = scene_of(turn, enrollment, journey, enrollment.reached_at)
    decision = registry.load("steps", node.kind).hear(node.args, scene, event)
    if decision is not None:
        at = max(enrollment.reached_at, min(event.occurred_at, turn.now))
        _carry_on(turn, enrollment, journey, node, decision, at)


def _matches_any(
    turn: Turn, journey: Journey, matchers: Iterable[Matcher], event: Event, enrollment: Enrollment
) -> bool:
    return any(
        matcher.event == event.name
        and concerns(event, enrollment, matcher.subject or journey.subject)
        and turn.holds(matcher.where, event.properties, enrollment.entry)
        for matcher in matchers
    )


# ---- walking ---------------------------------------------------------------------------------------------------


def wake(turn: Turn, enrollment: Enrollment) -> None:
    """The wait at this passage's step is over."""
    journey = turn.journey_of(enrollment)
    due = enrollment.due
    node = journey.nodes.get(enrollment.node or "") if journey else None
    if journey is None or due is None or node is None:
        end(turn, enrollment, "its step is no longer there")
        return
    at = due if pauses.skips(turn, journey.id, due) else _caught_up(turn, due)
    if enrollment.entering and (campaign := campaigns.awaited(enrollment, journey)) is not None:
        if turn.holds(campaign.audience, {}):
            begin(turn, enrollment, journey, at)
        else:
            end(turn, enrollment, "no longer among those it is for")
        return
    if enrollment.entering:
        walk(turn, enrollment, journey, node.id, at)
        return
    decision = registry.load("steps", node.kind).wake(node.args, scene_of(turn, enrollment, journey, at))
    _carry_on(turn, enrollment, journey, node, decision, at)


def walk(turn: Turn, enrollment: Enrollment, journey: Journey, node_id: str | None, at: datetime) -> None:
    """Walk from a node until the passage parks, waits for a held message, or ends. `at` is the passage's clock."""
    if node_id is None:
        complete(turn, enrollment, "finished", at)
        return
    node = journey.nodes[node_id]
    halted = turn.release.halted(journey.id)  # then it stops before the step, and enters it when the journey goes on
    due = at if halted else None
    enrollment = turn.keep(replace(enrollment, node=node.id, reached_at=at, due=due, holding=None, entering=halted))
    if halted:
        return
    decision = registry.load("steps", node.kind).enter(node.args, scene_of(turn, enrollment, journey, at))
    _carry_on(turn, enrollment, journey, node, decision, at)


def after_held(turn: Turn, enrollment: Enrollment) -> None:
    """The held message that this passage waited for is settled: go on."""
    journey = turn.journey_of(enrollment)
    node = journey.nodes.get(enrollment.node or "") if journey else None
    if journey is None or node is None:
        end(turn, enrollment, "its step is no longer there")
        return
    _asked(turn, turn.keep(replace(enrollment, holding=None)), journey, node, turn.now)


def _carry_on(
    turn: Turn, enrollment: Enrollment, journey: Journey, node: Node, decision: Decision, at: datetime
) -> None:
    if isinstance(decision, Park):
        turn.keep(replace(enrollment, due=decision.until))
    elif isinstance(decision, Stop):
        complete(turn, enrollment, decision.reason, at)
    elif isinstance(decision, Go):
        if decision.withdraw:
            _take_back(turn, enrollment, node, decision.withdraw)
        walk(turn, enrollment, journey, node.exits.get(decision.exit, node.next), at)
    elif isinstance(decision, Update):
        _update(turn, decision)
        walk(turn, enrollment, journey, node.exits.get(decision.exit, node.next), at)
    elif isinstance(decision, Assign):
        enrollment = trials.begin(turn, enrollment, node, decision, at)
        arm = enrollment.trials[node.id].arm  # the one that was given before, where there is such a one
        walk(turn, enrollment, journey, node.exits.get(arm, node.next), at)
    elif isinstance(decision, Call):
        _call(turn, enrollment, journey, node, decision)
    elif isinstance(decision, Enter):
        _enter_another(turn, enrollment, journey, node, decision, at)
    else:
        _ask(turn, enrollment, journey, node, decision, at)


def _update(turn: Turn, decision: Update) -> None:
    """Set what a step says. Of two steps within one decision the later has the last word, not the larger value."""
    zone = turn.profile.zone
    for name, value in decision.traits.items():
        known = turn.profile.trait_times.get(name)
        again = known is not None and turn.now <= known < turn.now + TICK * 1000
        set_traits(turn, {name: value}, known + TICK if known is not None and again else turn.now)
    turn.zone_moved = turn.zone_moved or turn.profile.zone != zone


def _call(turn: Turn, enrollment: Enrollment, journey: Journey, node: Node, decision: Call) -> None:
    """Ask for the step's call, afresh each time; its id stays, so that the receiver knows it again."""
    asks = enrollment.visits.get(node.id, 0) + 1
    turn.keep(replace(enrollment, due=decision.until, visits={**enrollment.visits, node.id: asks}))
    id = call_id(enrollment.id, node.id)
    turn.effects.append(Send(turn.profile.id, id, CALL, journey.marketing, asks, enrollment.correlation))
    turn.say("called", enrollment, f"{decision.to}{f', for the {asks}. time' if asks > 1 else ''}", step=node.id)


def _caught_up(turn: Turn, at: datetime) -> datetime:
    return at if turn.now - at <= CATCH_UP_FROM_NOW else turn.now


def _ask(turn: Turn, enrollment: Enrollment, journey: Journey, node: Node, decision: Ask, at: datetime) -> None:
    if node.id in enrollment.done:
        turn.say("skipped", enrollment, "asked for in an earlier version", step=node.id)
        walk(turn, enrollment, journey, node.next, at)
        return
    if pauses.skips(turn, journey.id, at):
        turn.say("not_sent", enrollment, pauses.FELL_DUE, step=node.id, template=decision.send.template, due=at)
        walk(turn, enrollment, journey, node.next, at)
        return
    at = _caught_up(turn, at)  # what was heard late is due now: counted from when it happened it might expire unsent
    if decision.chosen:
        turn.say("chosen", enrollment, decision.chosen, step=node.id, channel=decision.send.channel or "", due=at)
    message = messages.ask(turn, enrollment, node.id, decision.send, at, journey.marketing, None)
    enrollment = turn.profile.enrollments[enrollment.id]
    if message is not None and message.state == "held":
        turn.keep(replace(enrollment, holding=message.id, due=None))
    else:
        _asked(turn, enrollment, journey, node, at)


def _asked(turn: Turn, enrollment: Enrollment, journey: Journey, node: Node, at: datetime) -> None:
    """A message of this step is asked for, or will not go out: the step says how it goes on."""
    decision = registry.load("steps", node.kind).asked(node.args, scene_of(turn, enrollment, journey, at))
    _carry_on(turn, enrollment, journey, node, decision, at)


def _take_back(turn: Turn, enrollment: Enrollment, node: Node, reason: str) -> None:
    """Take back what a step asked for, but for what is known to be out already."""
    for message in list(turn.profile.messages.values()):
        if (message.enrollment, message.step) == (enrollment.id, node.id) and not reports.is_out(turn, message.id):
            messages.withdraw(turn, message, reason)


def _enter_another(
    turn: Turn, enrollment: Enrollment, journey: Journey, node: Node, decision: Enter, at: datetime
) -> None:
    other = turn.release.journey(decision.journey)
    if other is None or other.anchor is not None or other.broadcast:
        turn.say("ignored", enrollment, f"no journey {decision.journey} to enter is live", step=node.id)
    else:
        _start_another(turn, enrollment, node, other, at)
    still = turn.profile.enrollments.get(enrollment.id)
    if still is not None and still.active:  # entering the other may have ended this one
        walk(turn, still, journey, node.next, at)


def _start_another(turn: Turn, enrollment: Enrollment, node: Node, other: Journey, at: datetime) -> None:
    event = Event(
        id=digest("enter", enrollment.id, node.id),
        name="journey_entered",
        profile=turn.profile.id,
        occurred_at=at if turn.now - at <= other.fresh_for else turn.now,
        received_at=turn.now,
        properties=enrollment.properties,
        correlation=enrollment.correlation,
    )
    subject = subject_of(event, other.subject) if other.subject else ""
    if subject is None:
        reason = f"the journey {other.id} asks for a {other.subject}, which this passage has not"
        turn.say("ignored", enrollment, reason, step=node.id)
    else:
        enter(turn, other, event, subject)
