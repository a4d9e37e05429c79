"""What stands already is looked at anew, when something happened that it depends on: clocks, consents, caps, rests."""

from __future__ import annotations

from dataclasses import replace

from kairos.app.decide import due_steps, messages, moments, passages, rest, waits, ways
from kairos.app.decide.turn import Turn
from kairos.app.deliver.consent import NO_CONSENT
from kairos.domain.event import Event
from kairos.domain.profile import Message


def local_times(turn: Turn, event: Event | None = None) -> None:
    """Plan anew what local clocks decide: an event changed them (or a walk), or a step that was just done."""
    turn.zone_moved = False
    waits.replan_local(turn)
    due_steps.replan_local(turn, event)
    moments.look_all(turn, fresh=event is None or not event.historical)
    for message in list(turn.profile.messages.values()):
        if message.state == "held" and not turn.release.halted(message.journey):
            held(turn, message)


def unconsented(turn: Turn) -> None:
    """Take back what was asked for; what is held is looked at anew, so that the passage waiting for it goes on."""
    for message in ways.unconsented(turn):
        if message.state == "asked":
            messages.withdraw(turn, message, ways.objected(turn, message.channel) or NO_CONSENT)
        elif not turn.release.halted(message.journey):
            held(turn, message)


def surplus(turn: Turn) -> None:
    """More is on its way than a cap allows: the lowest rank that is not out yet gives its place back, and so on."""
    while (over := messages.surplus(turn)) is not None:
        messages.take_back(turn, over)


def resting(turn: Turn) -> None:
    """Something happened after which marketing rests: what is on its way, or held for later, is looked at anew."""
    for message in list(turn.profile.messages.values()):
        if rest.resting(turn, message) is None or turn.release.halted(message.journey):
            continue
        if message.state == "asked":
            messages.take_back(turn, message)
        else:
            held(turn, message)


def places(turn: Turn) -> None:
    """A place under the caps became free: who waits for one need not wait for the time that was foreseen."""
    turn.freed = False
    for message in messages.waiting_for_place(turn):
        if message.id in turn.profile.messages and not turn.release.halted(message.journey):
            held(turn, message)


def held(turn: Turn, message: Message) -> None:
    """Look at a held message anew; when it is no longer held, what waited for it goes on."""
    settled = messages.release_held(turn, message)
    enrollment = turn.profile.enrollments.get(message.enrollment)
    if enrollment is None:
        return
    if settled is not None and settled.state == "held":
        if enrollment.holding == message.id:  # on another channel it has another id
            turn.keep(replace(enrollment, holding=settled.id))
    elif enrollment.holding == message.id and enrollment.active:
        passages.after_held(turn, enrollment)
    elif enrollment.plan:
        due_steps.after_held(turn, enrollment, message.step)
