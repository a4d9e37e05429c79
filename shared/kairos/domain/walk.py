"""A walk: a paced, restartable pass over many profiles, because a definition changed or a broadcast was asked for.

The walk is a record that outlives whoever works on it: how far each segment of `customers` was read, and when the next
round may begin. What it brings to a profile is an event like any other, with an id derived from walk and profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant, parse_instant

About = Literal[
    "enroll", "moment", "resume", "replan", "migrate", "recount", "broadcast", "campaign", "signal", "enter"
]
"""enroll: a timeline was published whose moments are known already; moment: a day that all share comes near; resume:
journeys go on; replan: the brand's zone, hours or calendar changed; migrate: who is in an earlier version is taken
along into the one now live; recount: tracked segments changed; broadcast: a journey is started for many; campaign: the
same at a date and time; signal: one event for many; enter: a journey is started for customers who are named."""

Gone = Literal["stay", "stop"]
"""What becomes of who waits at a step that the version now live has not: they finish in theirs, or they stop."""

OF_NOW = frozenset({"broadcast", "campaign", "signal", "enter"})
"""Walks that speak of something happening now; all others follow a change of definitions, and are historical."""

State = Literal["waiting", "going", "done", "stopped"]
"""waiting: until somebody confirms it. Nothing of it is worked on before."""

SOURCE = "walk"
WALKED = "walked"
SEGMENTS = 8
"""How many ways `customers` is read side by side: reading one part at a time would press on one partition."""

EVERYBODY = "*"
"""In the place of a profile's id: whoever is known when the event comes. No profile is called so."""

REMEMBERED_FOR = timedelta(days=14)
"""How long a queue may bring a wake-up again."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk. `journeys` are those it is about (none: all), `segment` bounds a broadcast.

    `cursors` has one place per segment: the last profile read, "" where it was not begun, None where it is done.
    `what` is plain JSON that every wake-up carries beside: see `campaigns`, `signals` and `versions` of
    `kairos.app.decide`; its "profiles" are the only ones looked at. A campaign waits to be confirmed until
    `confirm_by`. Nobody works on it before `next_at`, which paces it and is the lease of whoever does.
    `revision` is what the next write must find. `profiles` is how many there are thought to be; `looked_at` and `woken`
    how many were read, and found to be concerned.
    """

    id: str
    about: About
    asked_at: datetime
    next_at: datetime
    journeys: tuple[str, ...] = ()
    segment: str | None = None
    state: State = "going"
    cursors: tuple[str | None, ...] = ("",) * SEGMENTS
    revision: int = 0
    looked_at: int = 0
    woken: int = 0
    read_units: float = 0.0
    profiles: int | None = None
    per_second: float | None = None
    failures: int = 0
    error: str = ""
    ended_at: datetime | None = None
    what: Mapping[str, Any] = field(default_factory=dict)
    confirm_by: datetime | None = None

    @property
    def open_segments(self) -> tuple[int, ...]:
        """Return the segments that were not read to their end."""
        return tuple(number for number, cursor in enumerate(self.cursors) if cursor is not None)


def is_missed(walk: Walk, now: datetime) -> bool:
    """Return whether nobody confirmed the walk while that was possible."""
    return walk.state == "waiting" and walk.confirm_by is not None and walk.confirm_by <= now


def walk_id(about: About, journeys: tuple[str, ...], segment: str | None, now: datetime) -> str:
    """Return an id that sorts by time; asking for the same twice in one second is asking once."""
    second = f"{now:%Y%m%dT%H%M%S}"
    return f"{second.lower()}-{digest('walk', about, segment or '', *journeys, second)[:6]}"


def walked(walk: Walk, profile: str, now: datetime) -> Event:
    """Return the wake-up that a walk has for a profile."""
    about: dict[str, Any] = {"walk": walk.id, "about": walk.about, "journeys": list(walk.journeys)}
    about |= {"what": {key: value for key, value in walk.what.items() if key != "profiles"}} if walk.what else {}
    return Event(
        id=digest("walk", walk.id, profile),
        name=WALKED,
        profile=profile,
        occurred_at=now,
        received_at=now,
        properties={**about, "segment": walk.segment} if walk.segment else about,
        source=SOURCE,
        correlation=walk.id,
        historical=walk.about not in OF_NOW,
        retry_horizon=REMEMBERED_FOR,
    )


def walk_to_json(walk: Walk) -> dict[str, Any]:
    """Return the walk as plain JSON values."""
    plain = {
        key: format_instant(value) if isinstance(value, datetime) else value for key, value in asdict(walk).items()
    }
    return {**plain, "journeys": list(walk.journeys), "cursors": list(walk.cursors)}


def walk_from_json(raw: Mapping[str, Any]) -> Walk:
    """Read what `walk_to_json` wrote. Raises KeyError or ValueError on anything else."""
    return Walk(
        id=raw["id"],
        about=cast(About, raw["about"]),
        asked_at=parse_instant(raw["asked_at"]),
        next_at=parse_instant(raw["next_at"]),
        journeys=tuple(raw["journeys"]),
        cursors=tuple(raw["cursors"]),
        ended_at=parse_instant(raw["ended_at"]) if raw["ended_at"] else None,
        what=raw.get("what") or {},
        confirm_by=parse_instant(raw["confirm_by"]) if raw.get("confirm_by") else None,
        **{key: raw[key] for key in _PLAIN},
    )


_PLAIN = (
    *("segment", "state", "revision", "looked_at", "woken", "read_units"),
    *("profiles", "per_second", "failures", "error"),
)
