"""Passages: who enters a journey, how they walk its steps, and how they leave.

A passage has a clock of its own (`reached_at`): a wait counts from when its step was due, not from when a late
wake-up came, so lateness does not add up. Only a passage that is badly late goes on from now, to keep its messages
apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kairos import registry
from kairos.app.decide import campaigns, endings, foresight, holdouts, messages, pauses, reports, trials
from kairos.app.decide.entry_caps import is_full
from kairos.app.decide.facts import set_traits
from kairos.app.decide.turn import Passed, Turn, concerns, subject_of
from kairos.domain.budget import fits_one_more, properties_room, trimmed
from kairos.domain.decision import Ask, Assign, Call, Decision, Enter, Go, Park, Scene, Stop, Update
from kairos.domain.effects import Send
from kairos.domain.event import CALL, Event
from kairos.domain.ids import call_id, digest, enrollment_id, subject_key
from kairos.domain.journey import Journey, Matcher, Node
from kairos.domain.membership import SOURCE as SEGMENT
from kairos.domain.profile import Enrollment
from kairos.domain.reason import OF_ALL
from kairos.domain.trigger import Campaign

CATCH_UP_FROM_NOW = timedelta(minutes=15)
TICK = timedelta(microseconds=1)
PLANNED_ANEW = "planned anew: the zone, or the brand's times, changed"
PAUSE_OVER = "the pause is over"


# ---- entering --------------------------------------------------------------------------------------------------


def start(turn: Turn, event: Event) -> None:
    """Enter the profile into every live journey that the event triggers."""
    for journey in turn.release.triggered_by(event.name, event.properties):
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
    enrollment = _new(turn, journey, subject, event)
    obstacle = _may_not_enter(turn, journey, enrollment, event)
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


def _new(turn: Turn, journey: Journey, subject: str, event: Event) -> Enrollment:
    birth = turn.profile.birth
    return Enrollment(
        id=enrollment_id(birth, journey.id, subject, event.id),
        journey=journey.id,
        version=journey.version,
        subject=subject,
        entered_at=event.occurred_at,
        reached_at=event.occurred_at,
        properties=trimmed(event.properties, properties_room(turn.profile)),
        correlation=event.correlation,
        goal_until=event.occurred_at + journey.goal.within if journey.goal else None,
    )


def _may_not_enter(turn: Turn, journey: Journey, enrollment: Enrollment, event: Event) -> str | None:
    """Return why the event starts no passage, or None."""
    if event.historical:
        return "historical"
    if turn.now - event.occurred_at > journey.fresh_for:
        return "too old"
    if turn.release.halted(journey.id):
        return "the journey is paused"
    if endings.came_first(turn, journey, enrollment, event):
        return "goal or exit came first"
    if obstacle := _reentry_obstacle(turn, journey, enrollment):
        return obstacle
    return None if fits_one_more(turn.profile) else "no room for another enrollment"


def _reentry_obstacle(turn: Turn, journey: Journey, new: Enrollment) -> str | None:
    waiting = [passage for passage in passages_of(turn, journey.id, new.subject) if passage.active]
    if waiting:  # a trigger that comes late is older than the passage, and starts nothing afresh
        newest = all((new.entered_at, new.id) > (passage.entered_at, passage.id) for passage in waiting)
        return None if journey.restart and newest else "already in it"
    entered = turn.profile.entered.get(journey.id, {})
    last = entered.get(subject_key(new.subject))
    many = journey.broadcast or campaigns.find_campaign(journey, new.subject) is not None
    if many and journey.reenter.mode == "after":  # from one broadcast to the next
        last = max(entered.values(), default=None)
    again = journey.reenter.mode == "always" or (
        journey.reenter.mode == "after" and last is not None and new.entered_at - last >= journey.reenter.after
    )
    if last is not None and not again:
        return "entered before"
    return "the cap on entries" if is_full(turn, journey, new.entered_at) else None


def _start_afresh(turn: Turn, journey: Journey, subject: str) -> bool:
    """End what waits, to begin anew; return whether anything did. It is one entry, and is told and counted once."""
    waiting = [passage for passage in passages_of(turn, journey.id, subject) if passage.active]
    for passage in waiting:
        leave(turn, passage, "started afresh")
    return bool(waiting)


def passages_of(turn: Turn, journey: str, subject: str) -> list[Enrollment]:
    """Return the profile's passages through any version of a journey for one subject."""
    return [e for e in turn.profile.enrollments.values() if e.journey == journey and e.subject == subject]


def note_entry(turn: Turn, journey: str, subject: str, at: datetime) -> None:
    """Remember when this subject last entered, for re-entry rules."""
    entries = turn.profile.entered.setdefault(journey, {})
    key = subject_key(subject)
    entries[key] = max(at, entries.get(key, at))


def in_holdout(turn: Turn, journey: Journey) -> bool:
    """Return whether this profile is held out of the journey: always the same answer for the same customer."""
    return holdouts.which(turn, journey) is not None


def hold_out(turn: Turn, journey: Journey, enrollment: Enrollment) -> None:
    """Keep a held-out customer only to see whether they reach the goal, and not to hold them out of an entry twice."""
    turn.say("holdout", enrollment, OF_ALL if holdouts.which(turn, journey) == OF_ALL else "")
    if journey.goal or enrollment.entry:
        turn.keep(replace(enrollment, holdout=True, ended_at=turn.now))


# ---- goals and exits -------------------------------------------------------------------------------------------


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
            convert(turn, enrollment)
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
    scene = _scene(turn, enrollment, journey, enrollment.reached_at)
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


def convert(turn: Turn, enrollment: Enrollment) -> None:
    """The goal is reached: count it, and leave."""
    turn.say("converted", enrollment, holdouts.reason_of(turn, enrollment))
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
    _end(turn, enrollment, reason)


def _withdraw_all(turn: Turn, enrollment: Enrollment, reason: str) -> None:
    for message in [m for m in turn.profile.messages.values() if m.enrollment == enrollment.id]:
        messages.withdraw(turn, message, reason)


def finish(turn: Turn, enrollment: Enrollment, reason: str = "finished") -> None:
    """End a passage behind its last step, or because its step says stop; what it asked for goes out."""
    _complete(turn, enrollment, reason, turn.now)


def _end(turn: Turn, enrollment: Enrollment, reason: str) -> None:
    plan = {
        step: replace(planned, state="dead") if planned.state in ("planned", "holding") else planned
        for step, planned in enrollment.plan.items()
    }
    turn.keep(replace(enrollment, ended_at=turn.now, due=None, holding=None, plan=plan))
    turn.say("exited", enrollment, reason)


# ---- walking ---------------------------------------------------------------------------------------------------


def wake(turn: Turn, enrollment: Enrollment) -> None:
    """The wait at this passage's step is over."""
    journey = turn.journey_of(enrollment)
    due = enrollment.due
    node = journey.nodes.get(enrollment.node or "") if journey else None
    if journey is None or due is None or node is None:
        _end(turn, enrollment, "its step is no longer there")
        return
    at = due if pauses.skips(turn, journey.id, due) else _caught_up(turn, due)
    if enrollment.entering and (campaign := campaigns.awaited(enrollment, journey)) is not None:
        if turn.holds(campaign.audience, {}):
            begin(turn, enrollment, journey, at)
        else:
            _end(turn, enrollment, "no longer among those it is for")
        return
    if enrollment.entering:
        walk(turn, enrollment, journey, node.id, at)
        return
    decision = registry.load("steps", node.kind).wake(node.args, _scene(turn, enrollment, journey, at))
    _carry_on(turn, enrollment, journey, node, decision, at)


def walk(turn: Turn, enrollment: Enrollment, journey: Journey, node_id: str | None, at: datetime) -> None:
    """Walk from a node until the passage parks, waits for a held message, or ends. `at` is the passage's clock."""
    if node_id is None:
        _complete(turn, enrollment, "finished", at)
        return
    node = journey.nodes[node_id]
    halted = turn.release.halted(journey.id)  # then it stops before the step, and enters it when the journey goes on
    due = at if halted else None
    enrollment = turn.keep(replace(enrollment, node=node.id, reached_at=at, due=due, holding=None, entering=halted))
    if halted:
        return
    decision = registry.load("steps", node.kind).enter(node.args, _scene(turn, enrollment, journey, at))
    _carry_on(turn, enrollment, journey, node, decision, at)


def _complete(turn: Turn, enrollment: Enrollment, reason: str, at: datetime) -> None:
    _end(turn, enrollment, reason)
    turn.passed.append(Passed(turn.profile.enrollments[enrollment.id], "completed", at))


def after_held(turn: Turn, enrollment: Enrollment) -> None:
    """The held message that this passage waited for is settled: go on."""
    journey = turn.journey_of(enrollment)
    node = journey.nodes.get(enrollment.node or "") if journey else None
    if journey is None or node is None:
        _end(turn, enrollment, "its step is no longer there")
        return
    _asked(turn, turn.keep(replace(enrollment, holding=None)), journey, node, turn.now)


def parks(turn: Turn, enrollment: Enrollment, journey: Journey, node: Node) -> bool:
    """Return whether a passage that reached this step when it reached its own would wait there."""
    scene = _scene(turn, enrollment, journey, enrollment.reached_at)
    return isinstance(registry.load("steps", node.kind).enter(node.args, scene), Park)


def wait_anew(turn: Turn, enrollment: Enrollment, journey: Journey, node: Node, reason: str) -> None:
    """Let a passage wait at a step that changed, counted from when it was reached, and say so; a step that has asked
    for a message already, and waits for what comes of it, goes on when it meant to."""
    if node.id in enrollment.visits:
        turn.say("moved", enrollment, reason, step=node.id, due=enrollment.due)
        return
    scene = _scene(turn, enrollment, journey, enrollment.reached_at)
    _wait(turn, enrollment, node, registry.load("steps", node.kind).enter(node.args, scene), reason)


def _wait(turn: Turn, enrollment: Enrollment, node: Node, decision: Decision, reason: str) -> None:
    """Let a passage wait as its step says now: until then, no longer, or not at all, because its time will not come."""
    if isinstance(decision, Stop):
        finish(turn, enrollment, decision.reason)
        return
    turn.keep(replace(enrollment, due=decision.until if isinstance(decision, Park) else turn.now))
    moved = turn.profile.enrollments[enrollment.id]
    turn.say("moved", moved, reason, step=node.id, due=moved.due)


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
        decision = step.enter(node.args, _scene(turn, enrollment, journey, enrollment.reached_at))
        if isinstance(decision, Park) and decision.until <= turn.now:
            decision = step.enter(node.args, _scene(turn, enrollment, journey, turn.now))
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
            decision = step.enter(node.args, _scene(turn, thawed, journey, pause.until))
            _wait(turn, thawed, node, decision, PAUSE_OVER)
        else:
            moved = turn.keep(pauses.shifted(enrollment, pauses.left_of(enrollment, pause)))
            turn.say("moved", moved, PAUSE_OVER, step=node.id, due=moved.due)


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
        _end(turn, enrollment, campaigns.TIME_WAS_OVER)
    else:
        turn.keep(replace(enrollment, entered_at=due, reached_at=due, due=due))


def _carry_on(
    turn: Turn, enrollment: Enrollment, journey: Journey, node: Node, decision: Decision, at: datetime
) -> None:
    if isinstance(decision, Park):
        turn.keep(replace(enrollment, due=decision.until))
    elif isinstance(decision, Stop):
        _complete(turn, enrollment, decision.reason, at)
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
    message = messages.ask(turn, enrollment, node.id, decision.send, at, journey.marketing, None)
    enrollment = turn.profile.enrollments[enrollment.id]
    if message is not None and message.state == "held":
        turn.keep(replace(enrollment, holding=message.id, due=None))
    else:
        _asked(turn, enrollment, journey, node, at)


def _asked(turn: Turn, enrollment: Enrollment, journey: Journey, node: Node, at: datetime) -> None:
    """A message of this step is asked for, or will not go out: the step says how it goes on."""
    decision = registry.load("steps", node.kind).asked(node.args, _scene(turn, enrollment, journey, at))
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


def _scene(turn: Turn, enrollment: Enrollment, journey: Journey, at: datetime) -> Scene:
    def matches(event: Any) -> bool:
        return concerns(event, enrollment, journey.subject)

    return Scene(
        now=turn.now,
        at=at,
        zone=turn.zone,
        profile=turn.profile,
        enrollment=enrollment,
        segments=turn.release.segments,
        is_business_day=turn.release.is_business_day,
        matches=matches,
        days_of=lambda anchor: foresight.days_of(turn, anchor),
        reaches=lambda channel: messages.reaches(turn, channel, marketing=journey.marketing),
    )
