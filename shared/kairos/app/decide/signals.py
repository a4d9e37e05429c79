"""Signals: one event for everybody in a region or segment, brought to each of them by a walk.

The walk's wake-up carries it: {"signal": id, "event": name, "occurred_at": …, "properties": {…}} and, where they were
given, "where" (a condition on the profile) and "fresh_for" (seconds). Who is reached later than that hears nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from kairos.app.decide.turn import Turn
from kairos.domain.condition import parse_condition
from kairos.domain.errors import BadDefinition, BadInput
from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.domain.instant import parse_instant

SOURCE = "signal"


def signal_of(turn: Turn, event: Event) -> Event | None:
    """Return the event that a wake-up brings; None where it is not for this customer, or too late. Raises BadInput."""
    what = carried(event)
    if what is None or is_stale(what, turn.now) or not _is_for(turn, event, what):
        return None
    return Event(
        id=signal_id(what),
        name=what["event"],
        profile=turn.profile.id,
        occurred_at=parse_instant(what["occurred_at"]),
        received_at=event.received_at,
        properties=what.get("properties") or {},
        source=SOURCE,
        correlation=event.correlation,
        retry_horizon=event.retry_horizon,
    )


def carried(event: Event) -> Mapping[str, Any] | None:
    """Return what a walk's wake-up says of a signal, None where it is about something else. Raises BadInput."""
    if event.properties.get("about") != "signal":
        return None
    what: Any = event.properties.get("what")
    if not isinstance(what, Mapping) or not all(isinstance(what.get(key), str) for key in ("signal", "event")):
        raise BadInput("what", "a signal")
    return what


def signal_id(what: Mapping[str, Any]) -> str:
    """Return the id of the event that the signal is to each customer: however often it is brought, it is one."""
    return digest("signal", str(what["signal"]))


def is_stale(what: Mapping[str, Any], now: datetime) -> bool:
    """Return whether the signal is no longer worth hearing."""
    seconds = what.get("fresh_for")
    return seconds is not None and now - parse_instant(what["occurred_at"]) > timedelta(seconds=seconds)


def _is_for(turn: Turn, event: Event, what: Mapping[str, Any]) -> bool:
    segment = event.properties.get("segment")
    if segment is not None:
        condition = turn.release.segments.get(segment)
        if condition is None or not turn.holds(condition, {}):
            return False
    try:
        return what.get("where") is None or turn.holds(parse_condition(what["where"]), {})
    except BadDefinition as error:
        raise BadInput("where", f"a condition ({error})") from error
