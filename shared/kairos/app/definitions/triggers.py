"""What starts a journey, as written: one trigger or a list of them, each a mapping that its first word tells apart.

`{event: …}` an event; `{at: "2026-12-24 10:00"}` a date and time; `{journey: welcome, on: completed}` another journey;
`{segment: vip, on: entered}` a change of a segment; `{api: true}` a request that your own server signs. A journey says
`trigger: broadcast` where a command starts it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from kairos.domain.condition import AllOf, Condition, parse_condition
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.instant import YEAR_MAX, YEAR_MIN
from kairos.domain.journey import Matcher
from kairos.domain.membership import only_event, read_event
from kairos.domain.trigger import Campaign, Follow

BROADCAST = "broadcast"
"""The trigger of a journey that is started by command."""

REQUESTED = "journey_requested"
"""The event by which a server asks for a journey: `properties.journey` names it."""

TRIGGERS_MAX = 20
FOLLOW_ON = ("entered", "completed", "exited", "goal")
AT_FORM = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}"


@dataclass
class Triggers:
    """What was found, each kind by itself."""

    events: list[Matcher] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    follows: list[Follow] = field(default_factory=list)


def read_triggers(document: Document, journey: str) -> Triggers:
    """Return the triggers under `trigger`; `journey` is the id of the journey itself. Raises BadDefinition."""
    found = Triggers()
    value = document.raw.get("trigger")
    if value in (None, []):
        raise BadDefinition((*document.path, "trigger"), "is missing: {event: …} starts the journey")
    here = (*document.path, "trigger")
    inners = listed(document, "trigger")
    if len(inners) > TRIGGERS_MAX:
        raise BadDefinition(here, f"has at most {TRIGGERS_MAX} triggers")
    for inner in inners:
        form = next((word for word in FORMS if word in inner.raw), "event")
        FORMS[form](inner, journey, found)
    if len({campaign.at for campaign in found.campaigns}) < len(found.campaigns):
        raise BadDefinition(here, "expected different dates and times: each `at` is one broadcast")
    return found


def read_matchers(document: Document, key: str) -> tuple[Matcher, ...]:
    """Return one event under `key` or a list of them, as `exit` has them. Raises BadDefinition."""
    inners = listed(document, key) if document.has(key) else []
    for inner in inners:
        only_event(inner, "where", "subject")
    return tuple(read_matcher(inner) for inner in inners)


def listed(document: Document, key: str) -> list[Document]:
    """Return the mapping under `key`, or those of the list there. Raises BadDefinition."""
    value = document.raw.get(key)
    parts = [(value, (*document.path, key))] if isinstance(value, Mapping) else document.items(key)
    return [Document(raw, path) for raw, path in parts]


def read_matcher(inner: Document) -> Matcher:
    """Return the event that a mapping names, with its condition and its own subject. Raises BadDefinition."""
    subject = inner.name("subject") if inner.has("subject") else None
    where = _where(inner)
    written = json.dumps(inner.raw.get("where"), sort_keys=True, ensure_ascii=False, default=str)
    return Matcher(read_event(inner), where, subject, written)


def _event(inner: Document, journey: str, found: Triggers) -> None:
    only_event(inner, "where", "subject")
    found.events.append(read_matcher(inner))


def _campaign(inner: Document, journey: str, found: Triggers) -> None:
    inner.only("at", "zone", "segment", "where", "if_past")
    if inner.has("segment") and inner.has("where"):
        raise BadDefinition((*inner.path, "where"), "a segment stands alone: write {all: [{segment: …}, …]} here")
    audience = parse_condition({"segment": inner.raw["segment"]}, inner.path) if inner.has("segment") else _where(inner)
    found.campaigns.append(
        Campaign(
            inner.read("at", _local_time, 'a date and time such as "2026-12-24 10:00"'),
            cast(Any, inner.choice("zone", ("brand", "customer"), "brand")),
            audience,
            cast(Any, inner.choice("if_past", ("skip", "send_now"), "skip")),
        )
    )


def _follow(inner: Document, journey: str, found: Triggers) -> None:
    inner.only("journey", "on")
    other, on = inner.identifier("journey"), inner.choice("on", FOLLOW_ON)
    if other == journey and on == "entered":
        raise BadDefinition((*inner.path, "on"), "expected its end: a journey begins anew once it is completed or left")
    found.follows.append(Follow(other, cast(Any, on)))


def _request(inner: Document, journey: str, found: Triggers) -> None:
    inner.only("api", "where", "subject")
    if inner.raw["api"] is not True:
        raise BadDefinition((*inner.path, "api"), "expected true")
    asked = parse_condition({"field": "journey", "eq": journey})
    where = _where(inner)
    both = AllOf((asked, where)) if where is not None else asked
    found.events.append(Matcher(REQUESTED, both, inner.name("subject") if inner.has("subject") else None))


FORMS: Mapping[str, Callable[[Document, str, Triggers], None]] = {
    "event": _event,
    "at": _campaign,
    "journey": _follow,
    "api": _request,
    "segment": _event,
}
"""Which reader a trigger's first word found here calls for, asked in this order."""


def _where(inner: Document) -> Condition | None:
    return parse_condition(inner.raw["where"], (*inner.path, "where")) if inner.has("where") else None


def _local_time(value: Any) -> datetime:
    if not isinstance(value, str) or not re.fullmatch(AT_FORM, value, re.ASCII):
        raise ValueError
    at = datetime.strptime(value, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - whose clock is meant is said beside it
    if not YEAR_MIN < at.year < YEAR_MAX - 1:
        raise ValueError
    return at
