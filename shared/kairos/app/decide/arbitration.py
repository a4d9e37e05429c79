"""Arbitration: several messages want one place under a cap, and the one that matters most goes.

Messages compete that one decision looks at: all that is due by then (alarms ring at whole minutes), all that its events
start, and all that waited for a place that becomes free. Their rank is a total order: the higher priority first, then
the earlier due, then the id. So what goes does not depend on the order in which they were looked at: in one decision no
message is refused a place that one of a lower rank got. Earlier decisions stand: what was asked for then is not taken
back for something that matters more.

A decision is pure, so this is found by deciding: where a refused message outranks one that got its place, that one is
told to yield and the same inputs are decided again. Who yields waits until everything else of the turn has had its
place, and then takes what is left or does what its author chose: not sent, held or another channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kairos.app.decide.turn import Turn
from kairos.domain.cap import Cap
from kairos.domain.ids import message_id
from kairos.domain.profile import Message

ROUNDS_MAX = 50
"""How often one decision is made anew; after that it stands as it is, within every cap all the same."""

Rank = tuple[int, float, str]


@dataclass(frozen=True, slots=True)
class Contender:
    """One message that was looked at in this turn: it got a place, or `full` are the caps that had none for it."""

    rank: Rank
    message: Message
    full: tuple[Cap, ...] = ()

    @property
    def key(self) -> str:
        """Return what names it in another round."""
        return self.rank[2]


def rank_of(turn: Turn, message: Message) -> Rank:
    """Return the rank, the smallest first: priority, due time, and the id of its first attempt, whatever channel."""
    return (-priority_of(turn, message), message.due.timestamp(), key_of(message))


def key_of(message: Message) -> str:
    """Return the id of the message's first attempt, which its later ones on other channels share."""
    return message_id(message.enrollment, message.step, message.visit, 0)


def priority_of(turn: Turn, message: Message) -> int:
    """Return the step's own priority, else its journey's."""
    journey = turn.release.journey(message.journey, message.version)
    if journey is None:
        return 0
    send = journey.send_of(message.step)
    return journey.priority if send is None or send.priority is None else send.priority


def must_yield(turn: Turn, message: Message) -> bool:
    """Return whether something that matters more wants this message's place in this turn."""
    return bool(turn.yielding) and key_of(message) in turn.yielding


def note(turn: Turn, message: Message, full: Sequence[Cap] = ()) -> None:
    """Note that a message got its place, or which caps refused it."""
    turn.contest.append(Contender(rank_of(turn, message), message, tuple(full)))


def is_outranked(turn: Turn, message: Message, full: Sequence[Cap]) -> bool:
    """Return whether a place that this message was refused went to another passage's message in this turn."""
    others = [one for one in turn.contest if not one.full and one.message.enrollment != message.enrollment]
    return any(_holds(other, cap) for other in others for cap in full)


def overtaken(turn: Turn) -> frozenset[str]:
    """Return the keys of those who got a place that a higher rank was refused after them."""
    refused = sorted(((one, at) for at, one in enumerate(turn.contest) if one.full), key=lambda found: found[0].rank)
    gone: set[str] = set()
    for one, at in refused:
        before = [other for other in turn.contest[:at] if not other.full and other.key not in gone]
        lower = [other for other in before if _gives_way(one, other)]
        places = [[other for other in lower if _holds(other, cap)] for cap in one.full]
        if all(places):
            gone |= {max(held, key=lambda other: other.rank).key for held in places}
    return frozenset(gone)


def _gives_way(one: Contender, other: Contender) -> bool:
    """A passage's own next message exists only because of the one before it: they do not compete."""
    return other.rank > one.rank and other.message.enrollment != one.message.enrollment


def _holds(other: Contender, cap: Cap) -> bool:
    return cap.concerns(other.message.channel, other.message.marketing)
