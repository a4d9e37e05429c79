"""What is known of a connection that is read: how far, when last, and what was wrong. No secret, and nobody's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from kairos.domain.instant import format_instant, parse_instant
from kairos.sources._pulling import Told

ERROR_CHARS_MAX = 300

_INSTANTS = ("first_at", "tried_at", "synced_at", "event_at", "next_at", "expires_at")


@dataclass(frozen=True, slots=True)
class SyncState:
    """One connection. Instants are aware and UTC.

    `revision` is the stored one (0: none yet), `pages` counts what was told and kept. `first_at` is when it was first
    tried, `tried_at` the last reading that was begun, `synced_at` the last that came to its end, `event_at` the last
    that had something to tell, `next_at` when it is to be read again. `expires_at` is when the sender stops telling us,
    unless we ask anew. `errors` counts failures in a row, `error` is the last one in words, `left_out` how many entries
    of the last reading could not be read. `warning` is what the owner should know though all was read.
    """

    source: str
    connection: str
    revision: int = 0
    pages: int = 0
    cursor: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    first_at: datetime | None = None
    tried_at: datetime | None = None
    synced_at: datetime | None = None
    event_at: datetime | None = None
    next_at: datetime | None = None
    expires_at: datetime | None = None
    errors: int = 0
    error: str = ""
    left_out: int = 0
    warning: str = ""

    @property
    def key(self) -> str:
        """Return "<source>/<connection>"."""
        return f"{self.source}/{self.connection}"


class SyncStates(Protocol):
    """Where states are kept. Every method may raise Unavailable."""

    def read(self, source: str, connection: str) -> SyncState:
        """Return the state, strongly consistent; one of revision 0 where there is none."""

    def save(self, state: SyncState) -> SyncState:
        """Write the state as its next revision and return it. Raises VersionConflict when somebody else wrote first,
        TooLarge where it cannot be stored."""

    def all(self) -> list[SyncState]:
        """Return every state, ordered by source and connection."""


def state_to_json(state: SyncState) -> dict[str, Any]:
    """Return all but the key, the revision and what was told."""
    counts = {"pages": state.pages, "errors": state.errors, "left_out": state.left_out}
    out: dict[str, Any] = {"cursor": dict(state.cursor), **counts}
    out |= {name: format_instant(at) for name in _INSTANTS if (at := getattr(state, name)) is not None}
    said = {"error": state.error, "warning": state.warning}
    return out | {name: text[:ERROR_CHARS_MAX] for name, text in said.items() if text}


def told_to_json(told: Mapping[str, Told]) -> dict[str, Any]:
    """Return what was told, short: {entry: [mark, until, line, *whom]}."""
    return {id: [one.mark, format_instant(one.until), one.line, *one.whom] for id, one in told.items()}


def state_from_json(
    source: str, connection: str, revision: int, raw: Mapping[str, Any], told: Mapping[str, Any]
) -> SyncState:
    """Read what `state_to_json` and `told_to_json` wrote."""
    instants: dict[str, Any] = {name: parse_instant(raw[name]) for name in _INSTANTS if name in raw}
    known = {id: Told(row[0], parse_instant(row[1]), tuple(row[3:]), row[2]) for id, row in told.items()}
    return SyncState(
        source,
        connection,
        revision,
        raw["pages"],
        raw["cursor"],
        known,
        errors=raw["errors"],
        error=raw.get("error", ""),
        left_out=raw["left_out"],
        warning=raw.get("warning", ""),
        **instants,
    )
