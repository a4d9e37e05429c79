"""From a stranger's bytes to events in the inbox: verify, parse, resolve, contacts, inbox, and only then an answer.

Nothing is remembered between the steps, so a request that fails anywhere is simply sent again: identities and contacts
are idempotent, and events have ids derived from what the source says.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kairos.app.archive import unaddressed_records
from kairos.app.ingest.browsers import Browsers
from kairos.app.ingest.identifiers import identifiers, normalise_email, normalise_phone
from kairos.app.ingest.listed import cut, listed
from kairos.app.ports import (
    Archive,
    Connections,
    Contacts,
    Hints,
    Identifier,
    Identities,
    Inbox,
    InboxMessage,
    Resolved,
    Suppressions,
)
from kairos.domain import erasure
from kairos.domain.errors import BadInput
from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.domain.merge import merge_request
from kairos.registry import Contact, Parsed, Request, Source, load

if TYPE_CHECKING:
    from kairos.app.deliver.breaker import Complaints

CORRELATION_HEADER = "x-kairos-correlation"
PROFILES_LOGGED = 20

_CORRELATION = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_PROFILE = re.compile(r"[a-z2-7]{26}", re.ASCII)
_REACHED_BY = {"email": "email", "sms": "phone", "push": "push_token"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one request: how many events are in the inbox, and what was left aside.

    `unaddressed` events name nobody, `refused` are the wrong calls of a batch whose other calls were taken. `owners`
    are the profiles that each entry was told of, by its id.
    """

    accepted: int = 0
    unaddressed: int = 0
    stopped: int = 0
    refused: Sequence[BadInput] = ()
    profiles: Sequence[str] = ()
    events: Mapping[str, int] = field(default_factory=dict)
    correlation: str = ""
    source: str = ""
    connection: str = ""
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """Return what a log and metrics may know: counts, names and pseudonyms."""
        return {
            "source": self.source,
            "connection": self.connection,
            "accepted": self.accepted,
            "unaddressed": self.unaddressed,
            "stopped": self.stopped,
            "refused": len(self.refused),
            "events": dict(self.events),
            "profiles": list(self.profiles[:PROFILES_LOGGED]),
            "correlation": self.correlation,
        }


@dataclass(frozen=True, slots=True)
class _Fact:
    """One parsed fact on its way: who it is about (or the profile itself, where the source knows it)."""

    event: Event
    who: tuple[Identifier, ...]
    profile: str
    contacts: Sequence[Contact]


class Ingest:
    """The use case. `country` (ISO 3166) reads phone numbers that are written without a calling code.

    `declared` returns the source that the owner declared under a name, or None.
    `complaints` is told what recipients reported as spam; None where nobody counts it.
    `browsers` knows what lies ready for the web tag; None where nothing is shown on pages.
    `hints` takes what unsigned webhooks are about, to be read; None where nobody reads.
    `archive` keeps the events that name nobody: there is no group to queue them in.
    """

    def __init__(
        self,
        identities: Identities,
        contacts: Contacts,
        suppressions: Suppressions,
        inbox: Inbox,
        connections: Connections,
        archive: Archive,
        country: str | None = None,
        declared: Callable[[str], Source | None] = lambda name: None,
        browsers: Browsers | None = None,
        complaints: Complaints | None = None,
        hints: Hints | None = None,
    ) -> None:
        self._identities = identities
        self._contacts = contacts
        self._suppressions = suppressions
        self._inbox = inbox
        self._connections = connections
        self._archive = archive
        self._country = country
        self.declared = declared
        self._hints = hints
        self.browsers = browsers
        self._complaints = complaints

    def settings(self, source: str, connection: str) -> Mapping[str, Any]:
        """Return the settings of a connection. Raises UnknownConnection."""
        return self._connections.settings(source, connection)

    def find(self, identifier: Identifier) -> str | None:
        """Return the profile that an identifier leads to, making none."""
        return self._identities.find([identifier])

    def feedback(self, event: Mapping[str, Any], now: datetime) -> Taken:
        """Take an EventBridge event of SES: who must not be written to again is stopped before anything is queued.

        Raises BadInput for an event that is none of SES's, Unavailable when it must come again.
        """
        detail = event.get("detail")
        if not isinstance(detail, Mapping):
            raise BadInput("detail", "the event that SES wrote")
        request = Request({}, json.dumps(detail).encode(), now, connection="eventbridge")
        return self.take(load("sources", "ses"), request, trusted=True)

    def hint(self, source: Source, request: Request) -> Taken | None:
        """Pass on what an unsigned webhook is about, to be read at once; None where it cannot be read or says nothing.

        Raises Rejected, Unavailable.
        """
        told: Callable[[Request], Sequence[str]] | None = getattr(source, "hints", None)
        reads: Callable[[Mapping[str, Any]], bool] | None = getattr(source, "reads", None)
        if self._hints is None or told is None or (reads is not None and not reads(request.settings)):
            return None
        subjects = told(request)
        if not subjects:
            return None
        self._hints.put(source.name, request.connection, subjects)
        correlation = _correlation(source, request, False)
        events = {"hint": len(subjects)}
        return Taken(events=events, correlation=correlation, source=source.name, connection=request.connection)

    def take(self, source: Source, request: Request, *, trusted: bool) -> Taken:
        """Take a request whose sender is known. Raises Rejected for what can never succeed, Unavailable for later."""
        refused: list[BadInput] = []
        parsed = source.parse(request, trusted=trusted, refused=refused)
        if refused and not parsed:
            raise refused[0]
        stopped = self._stop(parsed, request)
        correlation = _correlation(source, request, trusted)
        facts = [self._fact(one, source, request, correlation, trusted) for one in parsed]
        self._count_complaints(facts, trusted=trusted)
        addressed, joined = self._resolve(facts, request.received_at)
        self._keep_contacts(addressed)
        messages = _messages(addressed, correlation)
        if trusted:
            messages += _erasures(addressed, request.received_at, correlation)
        if messages:
            # A merge is asked for before its rows follow it: who crashes in between finds it in the rows again.
            self._inbox.put([*_merges(joined, request.received_at, correlation), *messages])
        if joined:
            self._identities.settle(joined, request.received_at)
        self._keep_unaddressed([fact for fact in facts if not fact.who and not fact.profile], request, correlation)
        return Taken(
            accepted=len(addressed),
            unaddressed=len(facts) - len(addressed),
            stopped=stopped,
            refused=tuple(refused),
            profiles=tuple(dict.fromkeys(message.profile for message in messages)),
            events=_counts(fact.event.name for fact in facts),
            correlation=correlation,
            source=source.name,
            connection=request.connection,
            owners=_owners(addressed),
        )

    def _stop(self, parsed: Sequence[Parsed], request: Request) -> int:
        now, country = request.received_at, str(request.settings.get("country") or self._country or "")
        stops = dict.fromkeys((stop, min(one.event.occurred_at, now)) for one in parsed for stop in one.stops)
        stopped = 0
        for stop, at in stops:
            if stop.hashed:
                self._suppressions.suppress_hashed(stop.channel, stop.address, stop.purpose, stop.reason, at)
                stopped += 1
                continue
            if stop.channel == "email":
                address = normalise_email(stop.address)
            else:
                address = normalise_phone(stop.address, country) or stop.address
            if address is not None:
                self._suppressions.suppress(stop.channel, address, stop.purpose, stop.reason, at)
                stopped += 1
        return stopped

    def _fact(self, parsed: Parsed, source: Source, request: Request, correlation: str, trusted: bool) -> _Fact:
        event = parsed.event
        country = str((event.traits or {}).get("country") or request.settings.get("country") or self._country or "")
        contacts = [_normalised(contact, country) for contact in parsed.contacts]
        event = replace(
            listed(source, event, request.settings),
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
        return _Fact(event, known, profile, [contact for contact in contacts if contact.fields])

    def _count_complaints(self, facts: Sequence[_Fact], *, trusted: bool) -> None:
        """Count what was reported as spam, of marketing or not: it is one domain that is judged."""
        for fact in facts if trusted and self._complaints is not None else ():
            if fact.event.name == "message_complained" and fact.event.source == "ses":
                assert self._complaints is not None
                self._complaints.note_complaint("email", fact.event.id, fact.event.received_at)

    def _resolve(self, facts: Sequence[_Fact], now: datetime) -> tuple[list[_Fact], list[Resolved]]:
        groups = list(dict.fromkeys(fact.who for fact in facts if fact.who and not fact.profile))
        resolved = self._identities.resolve(groups, now) if groups else []
        found = {who: one.profile for who, one in zip(groups, resolved, strict=True)}
        out: list[_Fact] = []
        for fact in facts:
            if profile := fact.profile or found.get(fact.who, ""):
                out.append(replace(fact, profile=profile, event=cut(replace(fact.event, profile=profile))))
        return out, [one for one in resolved if one.merges]

    def _keep_unaddressed(self, facts: Sequence[_Fact], request: Request, correlation: str) -> None:
        events = {fact.event.id: cut(fact.event) for fact in facts}
        if events:
            self._archive.put(list(unaddressed_records(list(events.values()), request.received_at, correlation)))

    def _keep_contacts(self, facts: Sequence[_Fact]) -> None:
        kept: dict[tuple[str, str, datetime], dict[str, Any]] = {}
        for fact in facts:
            for contact in fact.contacts:
                kept.setdefault((fact.profile, contact.ref, fact.event.occurred_at), {}).update(contact.fields)
        for (profile, ref, occurred_at), fields in kept.items():
            self._contacts.put(profile, ref, fields, occurred_at)


def _messages(facts: Sequence[_Fact], correlation: str) -> list[InboxMessage]:
    groups: dict[str, dict[str, Event]] = {}
    for fact in facts:
        # One fact said twice in one request is one event.
        groups.setdefault(fact.profile, {}).setdefault(fact.event.id, fact.event)
    return [
        InboxMessage(profile, tuple(events.values()), correlation=correlation) for profile, events in groups.items()
    ]


def _merges(joined: Sequence[Resolved], now: datetime, correlation: str) -> list[InboxMessage]:
    merges = dict.fromkeys(merge for one in joined for merge in one.merges)
    return [
        InboxMessage(merge.loser, (merge_request(merge, now, correlation),), correlation=correlation)
        for merge in merges
    ]


def _erasures(facts: Sequence[_Fact], now: datetime, correlation: str) -> list[InboxMessage]:
    """Return the requests to forget whom a signed source says is to be forgotten. Nobody else can make one: what this
    asks for is told by its source, which no connection has."""
    asked = dict.fromkeys(fact.profile for fact in facts if fact.event.name == erasure.ASKED_FOR)
    return [
        InboxMessage(profile, (erasure.erase_request(profile, now, correlation),), correlation=correlation)
        for profile in asked
    ]


def _correlation(source: Source, request: Request, trusted: bool) -> str:
    given = request.headers.get(CORRELATION_HEADER, "")
    if trusted and _CORRELATION.fullmatch(given):
        return given
    # The same delivery, sent again, tells the same story.
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


def _owners(facts: Sequence[_Fact]) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for fact in facts:
        if fact.event.entry is not None and fact.event.name == "entry_updated":
            out[fact.event.entry.id] = (*out.get(fact.event.entry.id, ()), fact.profile)
    return out


def _counts(names: Iterable[str]) -> dict[str, int]:
    out: dict[str, int] = {}
    for name in names:
        out[name] = out.get(name, 0) + 1
    return out
