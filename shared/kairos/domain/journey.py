"""A journey as the engine walks it: what starts it, its nodes, or a timeline around a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from kairos.domain.anchor import Anchor
from kairos.domain.condition import Condition
from kairos.domain.ids import digest
from kairos.domain.offset import Offset
from kairos.domain.trigger import Campaign, Follow

PRIORITY, PRIORITY_MAX = 50, 100
"""Where nobody says, and at most."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """An event by name, and what must hold of its own properties, the profile's traits, entries and behaviour.

    `subject` is the property that carries the subject here, where it is another than the journey says. `written` is
    the condition as its author wrote it, as JSON with sorted keys: what goals and exits that ask the same have in
    common.
    """

    event: str
    where: Condition | None = None
    subject: str | None = None
    written: str = field(default="", compare=False)

    def ending_key(self, journey_subject: str | None) -> str:
        """Return under what key an item remembers that this goal or exit of a journey happened."""
        return digest("ending", self.event, self.written, self.subject or journey_subject or "")[:12]


@dataclass(frozen=True, slots=True)
class Goal:
    """What the journey is for: any of these ends the passage, and within `within` of entering is a conversion, once.

    The window is open after the passage has ended, too.
    """

    matchers: tuple[Matcher, ...]
    within: timedelta


@dataclass(frozen=True, slots=True)
class Reenter:
    """`never`: once per subject. `after`: so long after the last entry. `always`: once the last passage has ended."""

    mode: Literal["never", "after", "always"] = "never"
    after: timedelta = timedelta()

    def allows(self, last: datetime, at: datetime) -> bool:
        """Return whether a subject that entered at `last` may enter again at `at` (aware instants)."""
        return self.mode == "always" or (self.mode == "after" and at - last >= self.after)


@dataclass(frozen=True, slots=True)
class EntryCap:
    """At most `most` entries of one profile, whatever their subjects, in any span of `per`."""

    most: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Node:
    """One step. `next` follows it; `exits` are its named ways on (then, else, the index of a branch). None ends."""

    id: str
    kind: str
    args: Any
    next: str | None
    exits: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SendArgs:
    """What a send step asks for. `channel` None: the template's channels in its order of preference.

    `over_cap`: drop (not sent), hold (until the cap has room, within expiry) or switch (next channel). `condition`:
    what must hold whenever the message is about to go, over the trigger's properties and what is known then.
    `priority` None: the journey's. `spread`: the span after its due time, or its opening, within which it goes.
    """

    template: str
    channel: str | None = None
    best_within: timedelta | None = None
    over_cap: Literal["drop", "hold", "switch"] = "drop"
    expires: timedelta | None = None
    condition: Condition | None = None
    priority: int | None = None
    spread: timedelta | None = None


IfPast = Literal["skip", "send_now", "stop", "next_occurrence"]


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One message around the anchor; `marketing` may differ from the journey's class."""

    id: str
    offset: Offset
    send: SendArgs
    if_past: IfPast
    marketing: bool


@dataclass(frozen=True, slots=True)
class Journey:
    """One published version. Either `first` and `nodes`, or `anchor` and `timeline`.

    `broadcast`: it is started by command, for many at once; its subject is then the walk. `campaigns` start it for many
    at a date and time, `follows` where a passage of another journey goes so far. `priority` (0 to 100, the highest
    first) says whose message goes where several want one place under a frequency cap.
    """

    id: str
    version: int
    marketing: bool
    triggers: tuple[Matcher, ...] = ()
    broadcast: bool = False
    campaigns: tuple[Campaign, ...] = ()
    follows: tuple[Follow, ...] = ()
    subject: str | None = None
    reenter: Reenter = Reenter()
    entry_cap: EntryCap | None = None
    restart: bool = False
    goal: Goal | None = None
    exits: tuple[Matcher, ...] = ()
    holdout: float = 0.0
    fresh_for: timedelta = timedelta(days=1)
    first: str | None = None
    nodes: Mapping[str, Node] = field(default_factory=dict)
    anchor: Anchor | None = None
    timeline: tuple[TimelineStep, ...] = ()
    on_move: SendArgs | None = None
    on_cancel: SendArgs | None = None
    priority: int = PRIORITY

    def timeline_step(self, step: str) -> TimelineStep | None:
        """Return the step of the timeline with this id."""
        return next((candidate for candidate in self.timeline if candidate.id == step), None)

    def send_of(self, step: str) -> SendArgs | None:
        """Return what the step of this id sends, be it a node, a step of the timeline, on_move or on_cancel."""
        if step in self.nodes:
            args = self.nodes[step].args
            sends = args if isinstance(args, SendArgs) else getattr(args, "send", None)
            return sends if isinstance(sends, SendArgs) else None
        planned = self.timeline_step(step)
        return planned.send if planned else {"on_move": self.on_move, "on_cancel": self.on_cancel}.get(step)
