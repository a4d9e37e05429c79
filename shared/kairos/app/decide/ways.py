"""By which ways a customer may be written to: the template's channels in order, and what stands against each."""

from __future__ import annotations

from collections.abc import Iterable

from kairos.app.decide import reports
from kairos.app.decide.turn import Turn
from kairos.app.deliver.consent import objection
from kairos.domain.profile import Message

BOUNCED, DELAYED = "bounced", "delayed"
"""What the provider said of a message that it had taken: see `kairos.app.decide.handed`."""
STUCK = "mailbox takes nothing now"
PREFERRED_CHANNEL = "preferred_channel"
"""The trait that says which channel the customer wants first: their own word goes before the template's order."""

LEAD_ON = frozenset({"no address", "no consent", "suppressed", "refused", "not reachable", BOUNCED, DELAYED, STUCK})
"""Not sent for one of these, the next channel of the template is tried."""


def in_order(turn: Turn, template: Iterable[str]) -> tuple[str, ...]:
    """Return the template's channels in its order of preference, the one that the customer prefers first."""
    preferred = turn.profile.traits.get(PREFERRED_CHANNEL)
    return tuple(sorted(template, key=lambda channel: channel != preferred))


def unconsented(turn: Turn) -> list[Message]:
    """Return the unsettled marketing messages whose consent has gone."""
    return [m for m in turn.profile.messages.values() if m.marketing and objected(turn, m.channel)]


def reaches(turn: Turn, channel: str, *, marketing: bool) -> bool:
    """Return whether the customer has an address on a channel, and for marketing has agreed to it."""
    return turn.profile.reaches(channel) and (not marketing or not objected(turn, channel))


def obstacle(turn: Turn, message: Message) -> str | None:
    """Return what stands against a message's own channel, or None."""
    template = turn.release.template(message.template)
    if template is None or message.channel not in template:
        return "the template has no such channel"
    if not turn.profile.reaches(message.channel):
        return "no address"
    if message.marketing and reports.is_stuck(turn, message.channel):
        return objected(turn, message.channel) or STUCK
    return objected(turn, message.channel) if message.marketing else None


def objected(turn: Turn, channel: str) -> str | None:
    """Return why no marketing may go on a channel as far as consent is concerned, or None."""
    return objection(turn.release, turn.profile, channel, turn.now)
