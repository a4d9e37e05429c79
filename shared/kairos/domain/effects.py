"""What a decision wants done. Effects travel in the item, stamped with its version; `dispatch` performs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kairos.domain.event import Event, event_from_json, event_to_json
from kairos.domain.instant import format_instant, parse_instant


@dataclass(frozen=True, slots=True)
class Arm:
    """Ring at `at` (a whole minute, UTC) so that the profile is looked at; already past means now."""

    profile: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Send:
    """Ask `deliver` for one message, or by the name CALL for one call of a step. `asks` makes a repeated request
    fresh; it never changes the id."""

    profile: str
    message: str
    channel: str
    marketing: bool
    asks: int
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class Tell:
    """Put events into another profile's group of the inbox: how two profiles become one."""

    profile: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the brand's webhook `to` of an engine event: its type, when it happened (UTC), and plain JSON about it."""

    profile: str
    to: str
    type: str
    at: datetime
    data: Mapping[str, Any]


Effect = Arm | Send | Tell | Announce


def effect_to_json(effect: Effect) -> dict[str, Any]:
    """Return the effect as plain JSON values, told apart by `do`."""
    if isinstance(effect, Arm):
        return {"do": "arm", "profile": effect.profile, "at": format_instant(effect.at)}
    if isinstance(effect, Tell):
        return {"do": "tell", "profile": effect.profile, "events": [event_to_json(event) for event in effect.events]}
    if isinstance(effect, Announce):
        return {"do": "announce", "profile": effect.profile, **announced(effect)}
    return {
        "do": "send",
        "profile": effect.profile,
        "message": effect.message,
        "channel": effect.channel,
        "marketing": effect.marketing,
        "asks": effect.asks,
        "correlation": effect.correlation,
    }


def announced(effect: Announce) -> dict[str, Any]:
    """Return what an announcement says and to whom, as plain JSON values."""
    return {"to": effect.to, "type": effect.type, "at": format_instant(effect.at), "data": dict(effect.data)}


def effect_from_json(raw: Mapping[str, Any]) -> Effect:
    """Read what `effect_to_json` wrote. Raises KeyError, ValueError or BadInput on anything else."""
    if raw["do"] == "arm":
        return Arm(profile=raw["profile"], at=parse_instant(raw["at"]))
    if raw["do"] == "send":
        return Send(**{key: raw[key] for key in ("profile", "message", "channel", "marketing", "asks", "correlation")})
    if raw["do"] == "tell":
        return Tell(raw["profile"], tuple(event_from_json(event) for event in raw["events"]))
    if raw["do"] == "announce":
        return Announce(raw["profile"], raw["to"], raw["type"], parse_instant(raw["at"]), raw["data"])
    raise ValueError(f"no effect is called {raw['do']!r}")
