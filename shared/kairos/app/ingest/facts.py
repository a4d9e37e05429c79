"""One parsed fact as the engine takes it: pseudonymous, with an id of its own, and no more than its sender may say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kairos.app.ingest.identifiers import identifiers, normalise_email, normalise_phone
from kairos.app.ingest.listed import listed
from kairos.app.ports import Identifier
from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.registry import Contact, Parsed, Request, Source

CORRELATION_HEADER = "x-kairos-correlation"

_CORRELATION = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_PROFILE = re.compile(r"[a-z2-7]{26}", re.ASCII)
_REACHED_BY = {"email": "email", "sms": "phone", "push": "push_token"}


@dataclass(frozen=True, slots=True)
class Fact:
    """What is told, who it is about (or the profile itself, where the source knows it), and what stays in contacts."""

    event: Event
    who: tuple[Identifier, ...]
    profile: str
    contacts: Sequence[Contact]


def read_fact(
    parsed: Parsed, source: Source, request: Request, correlation: str, *, trusted: bool, country: str
) -> Fact:
    """Return what a source parsed, in normal form. `country` (ISO 3166) reads phones where nothing nearer does."""
    event = parsed.event
    country = str((event.traits or {}).get("country") or request.settings.get("country") or country)
    contacts = [_normalised(contact, country) for contact in parsed.contacts]
    event = listed(
        source,
        event,
        request.settings,
        id=digest(source.name, request.connection, parsed.key),
        source=source.name,
        connection=request.connection,
        correlation=correlation,
        retry_horizon=source.retry_horizon,
        reach=_reach(event, contacts),
    ).clamped()
    who = identifiers(parsed.who, f"{source.name}/{request.connection}", country)
    if not trusted:
        # Said once more than the source says it: whoever holds a public key names only what is anonymous.
        who = [one for one in who if one.kind == "anonymous"]
        event = replace(event, traits=None, reach=None, entry=None, consent=None, message=None, historical=False)
        if parsed.proven:
            event = replace(event, reach=parsed.event.reach, message=parsed.event.message)
        contacts = []
    profile = next((one.value for one in who if one.kind == "profile" and _PROFILE.fullmatch(one.value)), "")
    known = tuple(one for one in who if one.kind != "profile")
    return Fact(event, known, profile, [contact for contact in contacts if contact.fields])


def correlation_of(source: Source, request: Request, *, trusted: bool) -> str:
    """Return what the story of a delivery is told under: the same delivery, sent again, tells the same story."""
    given = request.headers.get(CORRELATION_HEADER, "")
    if trusted and _CORRELATION.fullmatch(given):
        return given
    return digest("correlation", source.name, request.connection, hashlib.sha256(request.body).hexdigest())


def _normalised(contact: Contact, country: str) -> Contact:
    fields = dict(contact.fields)
    for name, normalise in (("email", normalise_email), ("phone", lambda text: normalise_phone(text, country))):
        if name in fields and (value := normalise(str(fields.pop(name)))) is not None:
            fields[name] = value
    return Contact(contact.ref, fields)


def _reach(event: Event, contacts: Sequence[Contact]) -> Mapping[str, bool] | None:
    fields = {name for contact in contacts if contact.ref == "profile" for name in contact.fields}
    reach = {
        channel: open_
        for channel, open_ in (event.reach or {}).items()
        if not open_ or _REACHED_BY.get(channel) in fields
    }
    return reach or None
