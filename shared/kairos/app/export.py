"""What leaves as a file: rows of profiles, consents and stops, and everything of one person. Pure but for the ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Protocol

from kairos.app.consents import ConsentHistory, word_to_json
from kairos.app.erase import CHANNELS, Traces
from kairos.app.ports import Suppressions
from kairos.domain.hour_counts import HourCounts
from kairos.domain.instant import format_instant
from kairos.domain.profile import Profile

PERSONAL = ("email", "phone", "first_name", "last_name", "name")
"""Contact fields of a person that a row may carry."""

PROFILES = ("profile", "created_at", "former", "timezone", "reachable_email", "reachable_sms")
SAID = ("consent_email", "consent_email_at", "consent_sms", "consent_sms_at")
CONSENTS = ("profile", "channel", "purpose", "given", "at", "source")
STOPS = ("address_hash", "channel", "purpose", "reason", "at")


@dataclass(frozen=True, slots=True)
class StopPage:
    """Some stops, as rows under STOPS, and where to go on (None: that was all)."""

    rows: Sequence[Mapping[str, str]]
    last: str | None


class SuppressionScan(Protocol):
    """All stops, a page at a time; only the operator reads so."""

    def page(self, after: str) -> StopPage:
        """Return the stops behind a place ("": from the beginning)."""


def profile_row(profile: Profile, contact: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile as one row that `kairos import` reads again where it carries an address."""
    row: dict[str, Any] = {
        "profile": profile.id,
        "created_at": format_instant(profile.created_at),
        "former": " ".join(profile.former),
        "timezone": profile.zone or "",
        **{f"reachable_{channel}": profile.reach.get(channel) for channel in CHANNELS.values()},
    }
    for channel in CHANNELS.values():
        consent = profile.consents.get((channel, "marketing"))
        row[f"consent_{channel}"] = consent.given if consent else None
        row[f"consent_{channel}_at"] = format_instant(consent.at) if consent else ""
    named = {name: contact[name] for name in PERSONAL if name in contact}
    return {**row, **named, "traits": dict(profile.traits)}


def consent_rows(profile: Profile) -> Iterator[dict[str, Any]]:
    """Yield the consents of a profile, one a row."""
    for (channel, purpose), consent in sorted(profile.consents.items()):
        said = {"given": consent.given, "at": format_instant(consent.at), "source": consent.source}
        yield {"profile": profile.id, "channel": channel, "purpose": purpose, **said}


def person_document(
    ids: Sequence[str], states: Sequence[Profile], traces: Traces, stops: Suppressions, consents: ConsentHistory
) -> dict[str, Any]:
    """Return everything that is kept of one person, under all their ids, as plain JSON.

    Identities are keyed hashes, so the document tells their kinds; the archive is not in it.
    """
    contacts = {id: traces.contacts(id) for id in ids}
    own = {
        (channel, str(fields_[name]))
        for refs in contacts.values()
        for fields_ in [refs.get("profile", {})]
        for name, channel in CHANNELS.items()
        if name in fields_
    }
    return {
        "profiles": list(ids),
        "known": [plain(state) for state in states],
        "contacts": {id: refs for id, refs in contacts.items() if refs},
        "identities": [{"kind": row.kind, "profile": row.profile} for row in traces.identities(ids)],
        "messages": [dict(row) for row in traces.messages(ids)],
        "consents": [word_to_json(word) for word in consents.of(ids)],
        "on_site": [dict(notice) for id in ids for notice in traces.board(id)],
        "stops": [
            {"channel": channel, "address": address, "purposes": sorted(stops.suppressed(channel, address))}
            for channel, address in sorted(own)
        ],
    }


def plain(value: Any) -> Any:
    """Return a record of the domain as plain JSON: what is empty says nothing, instants are ISO 8601."""
    if isinstance(value, HourCounts):
        return {f"hour {hour} of the week": count for hour, count in value.pairs()}
    if is_dataclass(value):
        parts = {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        return {name: part for name, part in parts.items() if part not in (None, "", [], {}, ())}
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        if any(not isinstance(key, str) for key in value):
            return [{"of": list(key), **plain(part)} for key, part in value.items()]
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [plain(part) for part in (sorted(value) if isinstance(value, frozenset) else value)]
    return value
