"""Messages: which channel, and whether now, later or never.

A message is settled again and again from the same few checks, each time on what is true then: expiry, an address,
consent, rest, quiet hours, the author's spread, caps. Each may send it, hold it, or give it up, with a stored reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kairos.app.decide import arbitration, best_hour, caps, holdouts, pauses, reports, spreading, ways
from kairos.app.decide.rest import resting
from kairos.app.decide.turn import Turn
from kairos.app.deliver.condition import UNMET, still_holds
from kairos.app.deliver.consent import base_of
from kairos.app.deliver.quiet import open_at, why_quiet
from kairos.app.publish.rests import Rest
from kairos.domain.budget import ASKED_MAX
from kairos.domain.cap import Cap
from kairos.domain.effects import Send
from kairos.domain.ids import message_id
from kairos.domain.journey import SendArgs
from kairos.domain.profile import Enrollment, Message
from kairos.domain.reason import OF_ALL

EXPIRES_AFTER = timedelta(hours=24)
CHECK_AFTER = timedelta(minutes=15)
REST = "rest after"
FULL = "frequency cap"
OUTRANKED = "frequency cap, another message goes first"


def ask(
    turn: Turn,
    enrollment: Enrollment,
    step: str,
    args: SendArgs,
    due: datetime,
    marketing: bool,
    before: datetime | None,
) -> Message | None:
    """Ask for the message of one step; return it while it is held or asked for, None when it will not go out.

    `due` is the exact instant the step means. A step before an anchor passes the anchor as `before`: it never goes out
    later than that.
    """
    visit = enrollment.visits.get(step, 0) + 1
    enrollment = turn.keep(replace(enrollment, visits={**enrollment.visits, step: visit}))
    template = turn.release.template(args.template) or {}
    channels = (args.channel,) if args.channel else ways.in_order(turn, template)
    expires = due + (args.expires or max(EXPIRES_AFTER, args.best_within or EXPIRES_AFTER))
    message = Message(
        id=message_id(enrollment.id, step, visit, 0),
        enrollment=enrollment.id,
        journey=enrollment.journey,
        version=enrollment.version,
        step=step,
        subject=enrollment.subject,
        template=args.template,
        channel=channels[0] if channels else "",
        marketing=marketing,
        due=due,
        expires_at=min(expires, before) if before is not None else expires,
        state="asked",
        untried=channels[1:],
        over_cap=args.over_cap,
        visit=visit,
        correlation=enrollment.correlation,
        conditional=args.condition is not None,
    )
    if not channels:
        drop(turn, message, "the template has no channel")
        return None
    return settle(turn, message)


def settle(turn: Turn, message: Message) -> Message | None:
    """Decide one message on what is true now: ask for it, hold it, try another channel, or give it up with a reason."""
    if message.expires_at <= turn.now:
        drop(turn, message, "expired")
        return None
    if message.marketing and holdouts.in_global(turn):  # of a passage from before, or of a journey of the other class
        drop(turn, message, OF_ALL)
        return None
    if not still_holds(turn.release, turn.profile, message, turn.now):
        drop(turn, message, UNMET)
        return None
    if obstacle := ways.obstacle(turn, message):
        return fall_back(turn, message, obstacle)
    if found := resting(turn, message):
        return _rest(turn, message, *found)
    message = best_hour.choose(turn, message)
    if message.chosen is not None and message.chosen > turn.now:
        return hold(turn, message, message.chosen, message.reason)
    opens = open_at(turn.release, turn.profile, message.channel, turn.now, message.marketing)
    if opens is None or opens > turn.now:
        why = why_quiet(turn.release, turn.profile, message.channel, turn.now, message.marketing)
        return hold(turn, message, opens and spreading.from_opening(turn, message, opens), why)
    spread = spreading.from_due(turn, message)
    if spread > turn.now:
        return hold(turn, message, spread, "spread")
    return _contend(turn, message)


def _contend(turn: Turn, message: Message) -> Message | None:
    """Take a place under the caps, or do without one as the author chose."""
    concerned = any(cap.concerns(message.channel, message.marketing) for cap in turn.release.rules.caps)
    if concerned and arbitration.must_yield(turn, message):
        return _park(turn, message)
    full = caps.full_for(turn, message) if concerned else []
    if concerned:
        arbitration.note(turn, message, full)
    return _over_cap(turn, message, full) if full else _request(turn, message)


def _park(turn: Turn, message: Message) -> Message:
    """Wait, within this turn, until those who matter more have their place: `until` is None for so long."""
    parked = replace(message, state="held", until=None, check_at=None)
    turn.profile.messages[parked.id] = parked
    return parked


def parked(turn: Turn) -> list[Message]:
    """Return the messages that wait within this turn, the highest rank first."""
    waiting = [m for m in turn.profile.messages.values() if m.state == "held" and m.until is None]
    return sorted(waiting, key=lambda message: arbitration.rank_of(turn, message))


def surplus(turn: Turn) -> Message | None:
    """Return the lowest rank of what is on its way beyond a cap, or None."""
    over = caps.surplus(turn) if turn.release.rules.caps else []
    return max(over, key=lambda message: arbitration.rank_of(turn, message), default=None)


def waiting_for_place(turn: Turn) -> list[Message]:
    """Return the messages held for a place under a cap, the highest rank first."""
    held = [m for m in turn.profile.messages.values() if m.state == "held" and m.reason.startswith(FULL)]
    return sorted(held, key=lambda message: arbitration.rank_of(turn, message))


def _rest(turn: Turn, message: Message, until: datetime, rest: Rest) -> Message | None:
    reason = f"{REST} {rest.event}"
    if rest.holds:
        return hold(turn, message, until, reason)
    drop(turn, message, reason)
    return None


def release_held(turn: Turn, message: Message) -> Message | None:
    """Look at a held message whose time has come."""
    if pauses.skips(turn, message.journey, message.until):
        drop(turn, message, pauses.FELL_DUE)
        return None
    turn.profile.messages.pop(message.id, None)
    return settle(turn, message)


def take_back(turn: Turn, message: Message) -> Message | None:
    """Settle anew what is asked for and may not be out yet: `deliver` finds it no longer asked for."""
    caps.give_back(turn, message)
    return release_held(turn, message)


def may_be_out(message: Message) -> bool:
    """Return whether a held message may have gone out: it was asked for and taken back, and not by `deliver` itself."""
    return message.asks > 0 and message.reason.startswith((REST, FULL))


def withdraw(turn: Turn, message: Message, reason: str) -> None:
    """Take back what is not out yet: `deliver` finds it gone from the item and does not send it.

    What was asked for again and never answered may be out, as lately as now, its report lost: it keeps its place.
    """
    turn.profile.messages.pop(message.id, None)
    if message.state == "asked" and message.asks > 1:
        caps.note_sent(turn, message.channel, message.marketing, turn.now, message.id)
    else:
        caps.give_back(turn, message)
    turn.say("not_sent", message, reason)


def fall_back(turn: Turn, message: Message, reason: str) -> Message | None:
    """It does not go by this channel: try the next where the reason allows, else give it up."""
    if base_of(reason) in ways.LEAD_ON and message.untried:
        return _next_channel(turn, message, reason)
    drop(turn, message, reason)
    return None


def _next_channel(turn: Turn, message: Message, reason: str) -> Message | None:
    """Try the template's next channel: another attempt of the same visit, with an id of its own."""
    turn.say("not_sent", message, f"{reason}; trying {message.untried[0]}")
    attempt = message.attempt + 1
    following = replace(
        message,
        id=message_id(message.enrollment, message.step, message.visit, attempt),
        channel=message.untried[0],
        untried=message.untried[1:],
        attempt=attempt,
        asks=0,
        state="asked",
        until=None,
        reason="",
        chosen=None,
    )
    return settle(turn, following)


def drop(turn: Turn, message: Message, reason: str) -> None:
    """Give the message up, and say why."""
    turn.profile.messages.pop(message.id, None)
    turn.say("not_sent", message, reason)


def hold(turn: Turn, message: Message, until: datetime | None, reason: str) -> Message | None:
    """Keep the message until it is looked at again, or give it up where that would be too late."""
    if until is None or until >= message.expires_at:
        drop(turn, message, f"{reason} until after it expires")
        return None
    held = replace(message, state="held", until=until, check_at=None, reason=reason)
    turn.profile.messages[held.id] = held
    if (message.state, message.until, message.reason) != ("held", until, reason):
        turn.say("held", held, reason, due=until)  # looked at in between and held on is nothing new
    return held


def _over_cap(turn: Turn, message: Message, full: list[Cap]) -> Message | None:
    reason = OUTRANKED if arbitration.is_outranked(turn, message, full) else FULL
    if message.over_cap == "hold":
        return hold(turn, message, caps.room_at(turn, full), reason)
    if message.over_cap == "switch" and message.untried:
        return _next_channel(turn, message, reason)
    drop(turn, message, reason)
    return None


def _request(turn: Turn, message: Message) -> Message:
    asked = replace(message, state="asked", until=None, check_at=turn.now + CHECK_AFTER, asks=message.asks + 1)
    turn.profile.messages[asked.id] = asked
    caps.reserve(turn, asked)
    if enrollment := turn.profile.enrollments.get(asked.enrollment):
        others = tuple(id for id in enrollment.asked if id != asked.id)
        turn.keep(replace(enrollment, asked=(*others, asked.id)[-ASKED_MAX:]))
    reports.remember(turn, asked)
    turn.effects.append(effect_of(turn, asked))
    turn.say("message", asked, asked.reason if asked.reason.startswith(best_hour.BEST) else "")
    return asked


def effect_of(turn: Turn, message: Message) -> Send:
    """Return the request to `deliver`."""
    return Send(turn.profile.id, message.id, message.channel, message.marketing, message.asks, message.correlation)
