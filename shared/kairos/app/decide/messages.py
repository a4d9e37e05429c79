"""Messages: which channel, whether now, later or never, and what `deliver` reported.

A message is settled again and again from the same few checks, each time on what is true then: expiry, an address,
consent, quiet hours, caps. Caps are reserved at the decision, so they are exact: one writer per profile.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kairos.app.decide import reports
from kairos.app.decide.turn import Turn
from kairos.app.deliver.quiet import open_at
from kairos.app.publish.release import Cap
from kairos.domain.budget import ASKED_MAX
from kairos.domain.effects import Send
from kairos.domain.event import Event
from kairos.domain.ids import message_id
from kairos.domain.instant import parse_instant
from kairos.domain.journey import SendArgs
from kairos.domain.profile import Enrollment, Message

EXPIRES_AFTER = timedelta(hours=24)
CHECK_AFTER = timedelta(minutes=15)
CHECK_AFTER_MAX = timedelta(hours=6)
UNKNOWN_AFTER = timedelta(hours=72)

# Not sent for one of these, the next channel of the template is tried.
FALL_BACK_ON = frozenset({"no address", "no consent", "suppressed", "refused", "not reachable"})


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
    channels = (args.channel,) if args.channel else tuple(template)
    expires = due + (args.expires or EXPIRES_AFTER)
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
    )
    if not channels:
        _drop(turn, message, "the template has no channel")
        return None
    return settle(turn, message)


def settle(turn: Turn, message: Message) -> Message | None:
    """Decide one message on what is true now: ask for it, hold it, try another channel, or give it up with a reason."""
    if message.expires_at <= turn.now:
        _drop(turn, message, "expired")
        return None
    if obstacle := _obstacle(turn, message):
        return _fall_back(turn, message, obstacle)
    if not message.marketing:
        return _request(turn, message)
    opens = open_at(turn.release, turn.profile, message.channel, turn.now)
    if opens is None or opens > turn.now:
        return _hold(turn, message, opens, "quiet hours")
    full = [cap for cap in turn.release.caps if _counts(turn, cap, message.channel) >= cap.most]
    full = [cap for cap in full if cap.channel in (message.channel, "any")]
    if full:
        return _over_cap(turn, message, full)
    return _request(turn, message)


def release_held(turn: Turn, message: Message) -> Message | None:
    """Look at a held message whose time has come."""
    turn.profile.messages.pop(message.id, None)
    return settle(turn, message)


def ask_again(turn: Turn, message: Message) -> None:
    """A message was asked for and nothing was reported: ask again, and after three days close it as unknown."""
    if turn.now >= message.due + UNKNOWN_AFTER:
        _drop(turn, message, "unknown")  # it may have gone out, so it keeps its place under the caps
        return
    pause = min(CHECK_AFTER * 2**message.asks, CHECK_AFTER_MAX)
    again = replace(message, asks=message.asks + 1, check_at=turn.now + pause)
    turn.profile.messages[message.id] = again
    turn.effects.append(_effect(turn, again))


def withdraw(turn: Turn, message: Message, reason: str) -> None:
    """Take back what is not out yet: `deliver` finds it gone from the item and does not send it."""
    turn.profile.messages.pop(message.id, None)
    _release_cap(turn, message)
    turn.say("not_sent", message, reason)


def take_report(turn: Turn, event: Event) -> None:
    """Take in what `deliver` or the provider says of a message: in any order, and more than once."""
    message = turn.profile.messages.get(event.message or "")
    if event.name in ("message_sent", "message_delivered"):
        _sent(turn, event, message)
    elif message is None or message.state != "asked":
        return
    elif event.name == "message_held":
        _held(turn, event, message)
    elif event.name in ("message_not_sent", "message_rejected", "message_failed"):
        turn.profile.messages.pop(message.id)
        _release_cap(turn, message)
        _fall_back(turn, message, str(event.properties.get("reason") or "refused"))


def unconsented(turn: Turn) -> list[Message]:
    """Return the unsettled marketing messages whose consent has gone."""
    return [m for m in turn.profile.messages.values() if m.marketing and not _consented(turn, m.channel)]


def _obstacle(turn: Turn, message: Message) -> str | None:
    template = turn.release.template(message.template)
    if template is None or message.channel not in template:
        return "the template has no such channel"
    if not turn.profile.reach.get(message.channel):
        return "no address"
    if message.marketing and not _consented(turn, message.channel):
        return "no consent"
    return None


def _consented(turn: Turn, channel: str) -> bool:
    consent = turn.profile.consents.get((channel, "marketing"))
    return consent is not None and consent.given


def _fall_back(turn: Turn, message: Message, reason: str) -> Message | None:
    if reason in FALL_BACK_ON and message.untried:
        return _next_channel(turn, message, reason)
    _drop(turn, message, reason)
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
    )
    return settle(turn, following)


def _drop(turn: Turn, message: Message, reason: str) -> None:
    turn.profile.messages.pop(message.id, None)
    turn.say("not_sent", message, reason)


def _hold(turn: Turn, message: Message, until: datetime | None, reason: str) -> Message | None:
    if until is None or until >= message.expires_at:
        _drop(turn, message, f"{reason} until after it expires")
        return None
    held = replace(message, state="held", until=until, check_at=None, reason=reason)
    turn.profile.messages[held.id] = held
    turn.say("held", held, reason, due=until)
    return held


def _over_cap(turn: Turn, message: Message, full: list[Cap]) -> Message | None:
    if message.over_cap == "hold":
        return _hold(turn, message, max(_room_at(turn, cap) for cap in full), "frequency cap")
    if message.over_cap == "switch" and message.untried:
        return _next_channel(turn, message, "frequency cap")
    _drop(turn, message, "frequency cap")
    return None


def _counts(turn: Turn, cap: Cap, channel: str) -> int:
    """Return how many count against the cap: one sent exactly `per` ago no longer does."""
    if cap.channel not in (channel, "any"):
        return 0
    since = turn.now - cap.per
    return sum(1 for name, at, _ in turn.profile.sent if at > since and cap.channel in (name, "any"))


def _room_at(turn: Turn, cap: Cap) -> datetime:
    """Return when enough of what counts has aged for one more to fit."""
    since = turn.now - cap.per
    counting = sorted(at for name, at, _ in turn.profile.sent if at > since and cap.channel in (name, "any"))
    return counting[len(counting) - cap.most] + cap.per


def _request(turn: Turn, message: Message) -> Message:
    asked = replace(message, state="asked", until=None, check_at=turn.now + CHECK_AFTER, asks=message.asks + 1)
    turn.profile.messages[asked.id] = asked
    if asked.marketing:
        turn.profile.sent = (*turn.profile.sent, (asked.channel, turn.now, asked.id))
    if enrollment := turn.profile.enrollments.get(asked.enrollment):
        others = tuple(id for id in enrollment.asked if id != asked.id)
        turn.keep(replace(enrollment, asked=(*others, asked.id)[-ASKED_MAX:]))
    reports.remember(turn, asked)
    turn.effects.append(_effect(turn, asked))
    turn.say("message", asked)
    return asked


def _effect(turn: Turn, message: Message) -> Send:
    return Send(turn.profile.id, message.id, message.channel, message.marketing, message.asks, message.correlation)


def _release_cap(turn: Turn, message: Message) -> None:
    turn.profile.sent = tuple(row for row in turn.profile.sent if row[2] != message.id)


def _sent(turn: Turn, event: Event, message: Message | None) -> None:
    """A message that was withdrawn or held and went out all the same still counts against the caps."""
    told = event.properties
    marketing, channel = (
        (message.marketing, message.channel) if message else (told.get("marketing"), told.get("channel"))
    )
    if message is not None:
        turn.profile.messages.pop(message.id)
    known = any(id == event.message for _, _, id in turn.profile.sent)
    if event.name == "message_sent" and marketing and isinstance(channel, str) and not known:
        rows = (*turn.profile.sent, (channel, event.occurred_at, event.message or ""))
        turn.profile.sent = tuple(sorted(rows, key=lambda row: row[1]))


def _held(turn: Turn, event: Event, message: Message) -> None:
    """`deliver` found a gate closed that opens later: the message waits here, and is settled anew then."""
    until = event.properties.get("until")
    _release_cap(turn, message)
    turn.profile.messages.pop(message.id)
    later = parse_instant(until) if isinstance(until, str) else turn.now + CHECK_AFTER
    _hold(turn, message, max(later, turn.now), str(event.properties.get("reason") or "held"))
