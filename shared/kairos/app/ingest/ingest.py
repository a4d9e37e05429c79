"""From a stranger's bytes to events in the inbox: verify, parse, resolve, contacts, inbox, and only then an answer.

Nothing that a request says is remembered between the steps, so one that fails anywhere is simply sent again: identities
and contacts are idempotent, and events have ids derived from what the source says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kairos.app.archive import unaddressed_records
from kairos.app.ingest import messages as outgoing
from kairos.app.ingest.acquaintances import Acquaintances
from kairos.app.ingest.browsers import Browsers
from kairos.app.ingest.facts import Fact, correlation_of, read_fact
from kairos.app.ingest.listed import cut
from kairos.app.ingest.listening import Listening
from kairos.app.ingest.stopping import stop_addresses
from kairos.app.ingest.taken import Taken
from kairos.app.ports import (
    Archive,
    Connections,
    Contacts,
    Hints,
    Identifier,
    Identities,
    Inbox,
    Resolved,
    Suppressions,
)
from kairos.domain.erasure import ASKED_FOR
from kairos.domain.errors import BadInput, Rejected
from kairos.registry import Request, Source, load

if TYPE_CHECKING:
    from kairos.app.deliver.breaker import Complaints
    from kairos.app.ingest.evidence import Evidence

FEEDBACK = frozenset({"ses", "sns"})
"""Who tells what mailbox providers report."""


Group = tuple[Identifier, ...]


class Ingest:
    """The use case. `country` (ISO 3166) reads phone numbers that are written without a calling code.

    `declared` returns the source that the owner declared under a name, or None.
    `complaints` is told what recipients reported as spam; None where nobody counts it.
    `browsers` knows what lies ready for the web tag; None where nothing is shown on pages.
    `hints` takes what unsigned webhooks are about, to be read; None where nobody reads.
    `archive` keeps the events that name nobody: there is no group to queue them in.
    `listening` is told what came and what was refused, for whoever asks whether a connection is silent.
    `evidence` reads the certificates that some sources are proven by; None where nothing is read.
    `acquaintances` are whom this container met a moment ago; without them identities are read for every request.
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
        acquaintances: Acquaintances | None = None,
        listening: Listening | None = None,
        evidence: Evidence | None = None,
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
        self.acquaintances = acquaintances
        self.evidence = evidence
        self.listening = listening

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
        self._listen(source, request, len(subjects), ())
        correlation = correlation_of(source, request, trusted=False)
        events = {"hint": len(subjects)}
        return Taken(events=events, correlation=correlation, source=source.name, connection=request.connection)

    def take(self, source: Source, request: Request, *, trusted: bool) -> Taken:
        """Take a request whose sender is known. Raises Rejected for what can never succeed, Unavailable for later."""
        refused: list[BadInput] = []
        parsed = source.parse(request, trusted=trusted, refused=refused)
        if refused and not parsed:
            raise refused[0]
        country = str(request.settings.get("country") or self._country or "")
        stopped = stop_addresses(self._suppressions, parsed, request.received_at, country)
        correlation = correlation_of(source, request, trusted=trusted)
        facts = [read_fact(one, source, request, correlation, trusted=trusted, country=country) for one in parsed]
        self._count_complaints(facts, trusted=trusted)
        addressed, joined = self._address(facts, request.received_at)
        self._keep_contacts(addressed)
        messages = outgoing.events_by_profile(addressed, correlation)
        if trusted:
            messages += outgoing.erasures(addressed, request.received_at, correlation)
        if messages:
            # A merge is asked for before its rows follow it: who crashes in between finds it in the rows again.
            self._inbox.put([*outgoing.merges(joined, request.received_at, correlation), *messages])
        if joined:
            self._identities.settle(joined, request.received_at)
        self._keep_unaddressed([fact for fact in facts if not fact.who and not fact.profile], request, correlation)
        self._listen(source, request, len(facts), refused)
        return Taken(
            accepted=len(addressed),
            unaddressed=len(facts) - len(addressed),
            stopped=stopped,
            refused=tuple(refused),
            profiles=tuple(dict.fromkeys(message.profile for message in messages)),
            events=outgoing.counts(fact.event.name for fact in facts),
            correlation=correlation,
            source=source.name,
            connection=request.connection,
            owners=outgoing.owners(addressed),
        )

    def refuse(self, source: str, connection: str, error: Rejected, now: datetime) -> None:
        """Note why a request of a connection was refused: in our words, nothing that it says is in them."""
        if self.listening is not None:
            self.listening.refuse(source, connection, str(error), now)

    def _listen(self, source: Source, request: Request, events: int, refused: Sequence[BadInput]) -> None:
        if self.listening is None:
            return
        if events:
            self.listening.hear(source.name, request.connection, events, request.settings, request.received_at)
        if refused:
            self.refuse(source.name, request.connection, refused[0], request.received_at)

    def _count_complaints(self, facts: Sequence[Fact], *, trusted: bool) -> None:
        """Count what was reported as spam, of marketing or not: it is one domain that is judged."""
        for fact in facts if trusted and self._complaints is not None else ():
            if fact.event.name == "message_complained" and fact.event.source in FEEDBACK:
                assert self._complaints is not None
                self._complaints.note_complaint("email", fact.event.id, fact.event.received_at)

    def _address(self, facts: Sequence[Fact], now: datetime) -> tuple[list[Fact], list[Resolved]]:
        """Return the facts that are about somebody, with their profile, and what was found to be one person."""
        groups = list(dict.fromkeys(fact.who for fact in facts if fact.who and not fact.profile))
        found = self._recalled(groups, facts, now)
        joined: list[Resolved] = []
        if found is None:
            resolved = self._identities.resolve(groups, now)
            found = {who: one.profile for who, one in zip(groups, resolved, strict=True)}
            joined = [one for one in resolved if one.merges]
            if self.acquaintances is not None and not joined:
                for who, profile in found.items():
                    self.acquaintances.meet(who, profile, now)
        out: list[Fact] = []
        for fact in facts:
            if profile := fact.profile or found.get(fact.who, ""):
                out.append(Fact(cut(replace(fact.event, profile=profile)), fact.who, profile, fact.contacts))
        return out, joined

    def _recalled(self, groups: Sequence[Group], facts: Sequence[Fact], now: datetime) -> dict[Group, str] | None:
        """Return whose the groups are as far as that needs no look; None where one of them is to be looked up."""
        if not groups:
            return {}
        if self.acquaintances is None or any(fact.contacts or fact.event.name == ASKED_FOR for fact in facts):
            return None  # contacts are not to be written of somebody who was erased a moment ago
        found: dict[Group, str] = {}
        for who in groups:
            profile = self.acquaintances.recall(who, now)
            if profile is None:
                return None
            found[who] = profile
        return found

    def _keep_unaddressed(self, facts: Sequence[Fact], request: Request, correlation: str) -> None:
        events = {fact.event.id: cut(fact.event) for fact in facts}
        if events:
            self._archive.put(list(unaddressed_records(list(events.values()), request.received_at, correlation)))

    def _keep_contacts(self, facts: Sequence[Fact]) -> None:
        kept: dict[tuple[str, str, datetime], dict[str, Any]] = {}
        for fact in facts:
            for contact in fact.contacts:
                kept.setdefault((fact.profile, contact.ref, fact.event.occurred_at), {}).update(contact.fields)
        for (profile, ref, occurred_at), fields in kept.items():
            self._contacts.put(profile, ref, fields, occurred_at)
