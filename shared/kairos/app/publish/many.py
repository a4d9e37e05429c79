"""What an operator asks for many customers at once, besides a broadcast: confirm a campaign, send a signal, enter some.

Each becomes a walk, so it is paced, restartable, and idempotent by its own id: asking twice is asking once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kairos.app.publish.publish import Publish
from kairos.app.publish.published import Published
from kairos.app.publish.release import Release
from kairos.app.publish.tracked import used_segments
from kairos.app.walk.start import Need, StartWalks, is_current
from kairos.domain.canonical import canonical
from kairos.domain.condition import look_up, parse_condition
from kairos.domain.document import NAME_FORM
from kairos.domain.errors import BadDefinition, BadInput
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant

PROPERTIES_BYTES_MAX = 4_000
SIGNAL_ID_MAX = 100
NAMED_MAX = 500
RESERVED = ("message_", "journey_", "entry_", "consent_", "profile_", "segment_")
"""Beginnings of names that say more than that something happened: who, what they agreed to, what we did."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One event for many. `id`: the same again is the same signal; None: the same content in the same minute is."""

    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    segment: str | None = None
    where: Any = None
    fresh_for: timedelta | None = None
    id: str | None = None


def confirm(publish: Publish, prefix: str, now: datetime) -> Published:
    """Let the campaign begin whose walk's id begins so. Raises BadInput, NothingLive."""
    pointer, release = publish.live()
    walks = _walks(publish)
    walk = walks.find(prefix)
    if walk.about != "campaign":
        raise BadInput("id", f"a walk that waits to be confirmed; {walk.id} does not")
    if walk.state == "waiting" and not is_current(walk, release):
        journey = ", ".join(walk.journeys)
        raise BadInput("id", f"a broadcast as it is live; {journey} no longer starts at {walk.what.get('at')}")
    return Published(pointer, walks=(walks.confirm(walk.id, now),))


def send_signal(publish: Publish, signal: Signal, now: datetime) -> Published:
    """Bring one event to everybody whom it concerns. Raises BadInput, NothingLive."""
    pointer, release = publish.live()
    if not NAME_FORM.fullmatch(signal.name) or signal.name.startswith(RESERVED):
        raise BadInput("name", f"an event's name of your own, not beginning with {', '.join(RESERVED)}")
    if signal.id is not None and not 0 < len(signal.id) <= SIGNAL_ID_MAX:
        raise BadInput("signal", f"an id of at most {SIGNAL_ID_MAX} characters")
    _check_audience(release, signal)
    what: dict[str, Any] = {
        "event": signal.name,
        "occurred_at": format_instant(now),
        "properties": _properties(signal.properties),
    }
    what |= {"where": signal.where} if signal.where is not None else {}
    what |= {"fresh_for": signal.fresh_for.total_seconds()} if signal.fresh_for is not None else {}
    what["signal"] = signal.id or digest("signal", canonical([*_content(signal)]), f"{now:%Y%m%dT%H%M}")[:20]
    walks = _walks(publish).begin([Need("signal", (), signal.segment, what)], now)
    return Published(pointer, walks=walks)


def enter(
    publish: Publish, journey: str, profiles: Sequence[str], properties: Mapping[str, Any], now: datetime
) -> Published:
    """Start a live journey for customers who are named by their profile ids. Raises BadInput, NothingLive."""
    pointer, release = publish.live()
    found = release.journey(journey)
    if found is None or found.anchor is not None:
        raise BadInput("id", f"a live journey with steps; found {journey!r}")
    if release.halted(journey):
        raise BadInput("id", f"a journey that goes on; {journey!r} is paused, or everything is stopped")
    named = tuple(dict.fromkeys(profiles))
    if not 0 < len(named) <= NAMED_MAX or not all(isinstance(one, str) and one for one in named):
        raise BadInput("profiles", f"from 1 to {NAMED_MAX} customers; for more, write a segment and broadcast")
    given = _properties(properties)
    if found.subject is not None and look_up(given, found.subject) in (None, ""):
        raise BadInput("properties", f"the property {found.subject!r}, for which one passage is one {found.subject}")
    request = digest(canonical([list(named), given]), f"{now:%Y%m%dT%H%M}")
    what = {"profiles": list(named), "properties": given, "request": request}
    return Published(pointer, walks=_walks(publish).begin([Need("enter", (journey,), None, what)], now))


def _check_audience(release: Release, signal: Signal) -> None:
    named = {signal.segment} if signal.segment is not None else set()
    if signal.where is not None:
        try:
            named |= used_segments(parse_condition(signal.where))
        except BadDefinition as error:
            raise BadInput("where", f"a condition: {error}") from error
    for segment in sorted(named - set(release.segments)):
        known = ", ".join(sorted(release.segments)) or "none"
        raise BadInput("segment", f"a live segment, one of: {known}; found {segment!r}")


def _properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(properties, Mapping) or not all(isinstance(key, str) for key in properties):
        raise BadInput("properties", "names and values")
    if len(json.dumps(properties, ensure_ascii=False).encode("utf-8", "surrogatepass")) > PROPERTIES_BYTES_MAX:
        raise BadInput("properties", f"at most {PROPERTIES_BYTES_MAX} bytes")
    return dict(properties)


def _content(signal: Signal) -> tuple[Any, ...]:
    return (signal.name, dict(signal.properties), signal.segment, signal.where)


def _walks(publish: Publish) -> StartWalks:
    if publish.walks is None:
        raise BadInput("command", "a deployment that has walks")
    return publish.walks
