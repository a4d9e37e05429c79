"""EVENTS.jsonl, the canonical form: one event a line, read in order of arrival without holding them all.

`{"event": "cart_updated", "profile": "u1", "at": "2026-03-07T12:00:00Z", "id": "…", "properties": {…}}`; `at` is when
it occurred and arrived, unless `received_at` says that it arrived later. `profile_updated` carries `traits` (`email`
and `phone` give the profile those addresses), `entry_updated` and `entry_cancelled` carry `entry`, `consent_given` and
`consent_withdrawn` carry `channel` and `purpose`. A line `{"signal": …}` is an event for everybody. A raw line is
`{"source", "topic", "at", "body"}`.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from kairos.cli.raw_events import RawEvents
from kairos.domain.canonical import canonical
from kairos.domain.condition import parse_condition
from kairos.domain.consent import BASES, GIVEN
from kairos.domain.duration import parse_duration
from kairos.domain.errors import BadInput, Rejected
from kairos.domain.event import ConsentFact, EntryFact, Event
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant, from_micros, parse_instant, to_micros
from kairos.domain.walk import EVERYBODY, Walk, walked

LINE_BYTES_MAX = 2_000_000
ADDRESSES = {"email": "email", "phone": "sms"}


class BadLine(Rejected):
    """A line cannot be read; says which, and what would be right."""

    def __init__(self, file: str, number: int, reason: str) -> None:
        self.file, self.number, self.reason = file, number, reason
        super().__init__(f"{file}:{number}: {reason}")


@dataclass
class EventFile:
    """A file of events, sorted by arrival as it is read: memory holds sixteen bytes a line, and never the lines."""

    path: Path
    raw: RawEvents

    def __post_init__(self) -> None:
        self._arrivals = array("q")
        self._offsets = array("q")
        self._numbers = array("q")
        self.has_raw = False
        with self.path.open("rb") as file:
            for number, offset, line in _lines(file, self.path.name):
                row = _row(line, self.path.name, number)
                self.has_raw = self.has_raw or _is_raw(row)
                self._arrivals.append(to_micros(self._arrival(row, number)))
                self._offsets.append(offset)
                self._numbers.append(number)
        order = range(len(self._arrivals))
        self._is_sorted = all(self._arrivals[i] <= self._arrivals[i + 1] for i in order[:-1])
        self._order = order if self._is_sorted else sorted(order, key=self._arrivals.__getitem__)

    def __len__(self) -> int:
        return len(self._arrivals)

    def span(self) -> tuple[datetime, datetime] | None:
        """Return the first and the last arrival, or None for an empty file."""
        return (from_micros(min(self._arrivals)), from_micros(max(self._arrivals))) if self._arrivals else None

    def __iter__(self) -> Iterator[Event]:
        return self.of(lambda profile: True)

    def of(self, concerns: Callable[[str], bool]) -> Iterator[Event]:
        """Yield the events of the profiles that are asked for, and those for everybody."""
        with self.path.open("rb") as file:
            for index in self._order:
                file.seek(self._offsets[index])
                yield from self._events(file.readline(), self._numbers[index], concerns)

    def _arrival(self, row: Mapping[str, Any], number: int) -> datetime:
        try:
            return parse_instant(row.get("received_at") or row.get("at") or row.get("occurred_at") or "")
        except (ValueError, TypeError) as error:
            raise BadLine(self.path.name, number, f"at: {error}") from error

    def _events(self, line: bytes, number: int, concerns: Callable[[str], bool]) -> list[Event]:
        row = _row(line, self.path.name, number)
        if (profile := _whose(row)) is not None and not concerns(profile):
            return []
        try:
            if _is_raw(row):
                return self.raw.translate(row, self._arrival(row, number))
            if "signal" in row:
                return [read_signal(row)]
            event = read_event(row)
            if event.traits is not None:
                self.raw.know(event.profile, row["traits"])
            return [event]
        except (Rejected, ValueError, TypeError) as error:
            raise BadLine(self.path.name, number, str(error)) from error


def _is_raw(row: Mapping[str, Any]) -> bool:
    return "source" in row and "body" in row


def _whose(row: Mapping[str, Any]) -> str | None:
    """Return whose event a line is, before it is read; None where it is not for one customer, or nobody can say yet."""
    profile = row.get("profile")
    plain = isinstance(profile, str | int) and "signal" not in row and not _is_raw(row)
    return str(profile) if plain else None


def read_event(row: Mapping[str, Any]) -> Event:
    """Return the event of one canonical line. Raises BadInput or ValueError, saying what would be right."""
    at = row.get("at") or row.get("occurred_at")
    if not isinstance(at, str):
        raise BadInput("at", "when it occurred, such as 2026-03-07T12:00:00Z")
    occurred_at = parse_instant(at)
    traits, reach = _traits(row)
    name = _text(row, "event")
    if row.get("profile") == EVERYBODY:
        raise BadInput("profile", 'one customer; for everybody write {"signal": …}')
    return Event(
        id=str(row["id"]) if row.get("id") else digest("line", canonical(row)),
        name=name,
        profile=_text(row, "profile"),
        occurred_at=occurred_at,
        received_at=parse_instant(row["received_at"]) if row.get("received_at") else occurred_at,
        properties=_mapping(row, "properties"),
        historical=row.get("historical") is True,
        traits=traits,
        reach=reach,
        entry=_entry(row) if name in ("entry_updated", "entry_cancelled") else None,
        consent=_consent(row) if name in ("consent_given", "consent_withdrawn") else None,
    )


def read_signal(row: Mapping[str, Any]) -> Event:
    """Return what a walk brings to everybody, of one line. Raises BadInput, BadDefinition or ValueError.

    `{"signal": "rain_started", "at": …, "segment": …, "where": CONDITION, "properties": {…}, "fresh_for": "2h"}`
    """
    at = parse_instant(_text(row, "at"))
    what: dict[str, Any] = {
        "signal": str(row["id"]) if row.get("id") else digest("line", canonical(row)),
        "event": _text(row, "signal"),
        "occurred_at": format_instant(at),
        "properties": _mapping(row, "properties"),
    }
    if row.get("where") is not None:
        parse_condition(row["where"], ("where",))
        what["where"] = row["where"]
    if row.get("fresh_for") is not None:
        what["fresh_for"] = parse_duration(_text(row, "fresh_for")).total_seconds()
    segment = _text(row, "segment") if row.get("segment") is not None else None
    received = parse_instant(row["received_at"]) if row.get("received_at") else at
    return walked(Walk(what["signal"], "signal", at, at, segment=segment, what=what), EVERYBODY, received)


def _traits(row: Mapping[str, Any]) -> tuple[dict[str, Any] | None, dict[str, bool] | None]:
    """Split addresses from traits: the engine knows only which channels can reach the person."""
    if row.get("traits") is None:
        return None, None
    traits = dict(_mapping(row, "traits"))
    reach = {channel: bool(traits.pop(field)) for field, channel in ADDRESSES.items() if field in traits}
    return traits, reach


def _entry(row: Mapping[str, Any]) -> EntryFact:
    entry = _mapping(row, "entry")
    if not entry:
        raise BadInput("entry", 'an object with "kind" and "id"')
    starts, ends = entry.get("starts_at"), entry.get("ends_at")
    if row["event"] == "entry_updated" and not starts:
        raise BadInput("entry.starts_at", "when it starts, such as 2026-03-07T12:00:00Z")
    return EntryFact(
        kind=_text(entry, "kind"),
        id=_text(entry, "id"),
        starts_at=parse_instant(starts) if starts else None,
        ends_at=parse_instant(ends) if ends else None,
        properties=_mapping(entry, "properties"),
        replaces=entry.get("replaces"),
        moved_to=entry.get("moved_to"),
    )


def _consent(row: Mapping[str, Any]) -> ConsentFact:
    channel, purpose, basis = _text(row, "channel"), _text(row, "purpose"), row.get("basis", GIVEN)
    if basis not in BASES:
        raise BadInput("basis", f"one of {', '.join(BASES)}")
    wording, proof = (_text(row, key) if key in row else "" for key in ("wording", "proof"))
    expires_at = parse_instant(_text(row, "expires_at")) if row.get("expires_at") else None
    return ConsentFact(channel, purpose, basis, wording, proof, expires_at, row.get("confirmed") is True)


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise BadInput(key, "a non-empty text")
    return str(value)


def _mapping(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = row.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadInput(key, "an object")
    return value


def _lines(file: BinaryIO, name: str) -> Iterator[tuple[int, int, bytes]]:
    offset, number = 0, 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        if len(line) > LINE_BYTES_MAX:
            raise BadLine(name, number, f"longer than {LINE_BYTES_MAX} bytes")
        if line.strip():
            yield number, offset, line
        offset += len(line)


def _row(line: bytes, name: str, number: int) -> Mapping[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadLine(name, number, f"not JSON: {error}") from error
    if not isinstance(row, Mapping):
        raise BadLine(name, number, "expected an object")
    return row
