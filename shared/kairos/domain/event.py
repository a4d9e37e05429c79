"""An event: an immutable fact in the past tense, after the source's words have been translated to ours.

It names nobody: who the person is stays in `contacts`, and the event says only which channels can reach them.
One codec serves the queue, the archive and the tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from kairos.domain.consent import GIVEN
from kairos.domain.errors import BadInput
from kairos.domain.instant import format_instant, parse_instant

EVENT_BYTES_MAX = 32_000
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
CLOCK_SKEW_MAX = timedelta(minutes=5)
WEBHOOK = "webhook"
"""The source of answers to what `webhook` steps call, and of what is called; also a channel for messages."""

CALL = "call"
"""What the calls of `webhook` steps go by in the outboxes, where every other name is a channel's."""

Value = Any  # JSON: str | int | float | bool | None | list | dict; checked at the edge


@dataclass(frozen=True, slots=True)
class EntryFact:
    """What an event says of one entry. `starts_at` is None in a bare cancellation.

    `replaces` is the id this entry had before a reschedule gave it a new one (Cal.com, Calendly). `moved_to` is set in
    a cancellation that is half of a reschedule: the successor's id, or "" while it is not known.
    """

    kind: str
    id: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)
    replaces: str | None = None
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """What an event says of a consent: `channel` ("email", "sms", …), `purpose` ("marketing", "night").

    `basis` is one of `kairos.domain.consent.BASES`, `wording` the version of the text agreed to, `proof` the source's
    own reference to how it was given (a form, a recording), `expires_at` when it ends by itself. `confirmed`: the
    customer said it on our own page, behind a link sent to the address. The event is the ledger's line, archived whole.
    """

    channel: str
    purpose: str
    basis: str = GIVEN
    wording: str = ""
    proof: str = ""
    expires_at: datetime | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One fact about one profile.

    `id` is the de-duplication key, derived from what the source says and unique over all sources; `retry_horizon` is
    how long that source may deliver it again. `reach` maps a channel to whether the person can now be reached there.
    `historical` events (import, back-fill) change state but start nothing.
    """

    id: str
    name: str
    profile: str
    occurred_at: datetime
    received_at: datetime
    properties: Mapping[str, Value] = field(default_factory=dict)
    source: str = ""
    connection: str = ""
    correlation: str = ""
    historical: bool = False
    retry_horizon: timedelta = timedelta(days=3)
    traits: Mapping[str, Value] | None = None
    reach: Mapping[str, bool] | None = None
    entry: EntryFact | None = None
    consent: ConsentFact | None = None
    message: str | None = None  # a message_* event names the message it speaks of

    def clamped(self) -> Event:
        """Return the event with an `occurred_at` from the future replaced by `received_at` (5 min of skew allowed)."""
        if self.occurred_at <= self.received_at + CLOCK_SKEW_MAX:
            return self
        return replace(self, occurred_at=self.received_at)


@dataclass(frozen=True, slots=True)
class Wake:
    """A wake-up: look at the profile and do what is due. `of` says who rang (schedule, sweep, dispatch)."""

    profile: str
    of: str = "schedule"


Input = Event | Wake


def event_to_json(event: Event) -> dict[str, Any]:
    """Return the event as plain JSON values; absent parts are left out."""
    out: dict[str, Any] = {
        "id": event.id,
        "event": event.name,
        "profile": event.profile,
        "occurred_at": format_instant(event.occurred_at),
        "received_at": format_instant(event.received_at),
    }
    for key in ("source", "connection", "correlation", "message"):
        if value := getattr(event, key):
            out[key] = value
    for key in ("properties", "traits", "reach"):
        if (value := getattr(event, key)) or (value is not None and key != "properties"):
            out[key] = dict(value)
    if event.historical:
        out["historical"] = True
    out["retry_horizon"] = int(event.retry_horizon.total_seconds())
    if event.entry:
        out["entry"] = _entry_to_json(event.entry)
    if event.consent:
        out["consent"] = _consent_to_json(event.consent)
    return out


def event_from_json(raw: Mapping[str, Any]) -> Event:
    """Read what `event_to_json` wrote. Raises BadInput naming the field that is missing or wrong."""
    try:
        return Event(
            id=_text(raw, "id"),
            name=_text(raw, "event"),
            profile=_text(raw, "profile"),
            occurred_at=parse_instant(_text(raw, "occurred_at")),
            received_at=parse_instant(_text(raw, "received_at")),
            properties=_object(raw, "properties") or {},
            source=raw.get("source", ""),
            connection=raw.get("connection", ""),
            correlation=raw.get("correlation", ""),
            historical=raw.get("historical", False) is True,
            retry_horizon=timedelta(seconds=raw.get("retry_horizon", 259_200)),
            traits=_object(raw, "traits"),
            reach=_object(raw, "reach"),
            entry=_entry_from_json(_object(raw, "entry")),
            consent=_consent_from_json(_object(raw, "consent")),
            message=raw.get("message"),
        )
    except (ValueError, TypeError) as error:
        raise BadInput("event", f"a normalised event ({error})") from error


def event_size(event: Event) -> int:
    """Return the bytes of the event as it travels in the queue."""
    return len(_JSON(event_to_json(event)).encode("utf-8", "surrogatepass"))


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(key, "a non-empty text")
    return value


def _object(raw: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    value = raw.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise BadInput(key, "an object")
    return value


def _entry_to_json(entry: EntryFact) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": entry.kind, "id": entry.id}
    if entry.starts_at:
        out["starts_at"] = format_instant(entry.starts_at)
    if entry.ends_at:
        out["ends_at"] = format_instant(entry.ends_at)
    if entry.properties:
        out["properties"] = dict(entry.properties)
    if entry.replaces:
        out["replaces"] = entry.replaces
    if entry.moved_to is not None:
        out["moved_to"] = entry.moved_to
    return out


def _entry_from_json(raw: Mapping[str, Any] | None) -> EntryFact | None:
    if raw is None:
        return None
    starts, ends = raw.get("starts_at"), raw.get("ends_at")
    return EntryFact(
        kind=_text(raw, "kind"),
        id=_text(raw, "id"),
        starts_at=parse_instant(starts) if starts else None,
        ends_at=parse_instant(ends) if ends else None,
        properties=_object(raw, "properties") or {},
        replaces=raw.get("replaces"),
        moved_to=raw.get("moved_to"),
    )


def _consent_from_json(raw: Mapping[str, Any] | None) -> ConsentFact | None:
    if raw is None:
        return None
    expires = raw.get("expires_at")
    return ConsentFact(
        channel=_text(raw, "channel"),
        purpose=_text(raw, "purpose"),
        basis=raw.get("basis", GIVEN),
        wording=raw.get("wording", ""),
        proof=raw.get("proof", ""),
        expires_at=parse_instant(expires) if expires else None,
        confirmed=raw.get("confirmed", False) is True,
    )


def _consent_to_json(consent: ConsentFact) -> dict[str, Any]:
    out: dict[str, Any] = {"channel": consent.channel, "purpose": consent.purpose}
    if consent.basis != GIVEN:
        out["basis"] = consent.basis
    for key in ("wording", "proof"):
        if value := getattr(consent, key):
            out[key] = value
    if consent.expires_at:
        out["expires_at"] = format_instant(consent.expires_at)
    if consent.confirmed:
        out["confirmed"] = True
    return out
