"""One rule of a declared source: which bodies it is about, and what it makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.document import NAME_FORM, Document
from kairos.domain.errors import BadDefinition
from kairos.domain.event import ConsentFact, EntryFact, Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._declared_values import (
    TIMES,
    TYPES,
    Condition,
    Place,
    read_id,
    read_place,
    read_when,
)
from kairos.sources._shape import Object

KINDS = ("customer", "external", "email", "phone", "anonymous", "order", "cart", "checkout", "subscription")
"""Whom a place may name, best first: the order in which they are asked, whatever the order in the definition."""

RULE_KEYS = (
    "when",
    "each",
    "event",
    "entry",
    "occurred_at",
    "identity",
    "properties",
    "traits",
    "contact",
    "consent",
    "subject",
    "details",
)
ENTRY_KEYS = ("kind", "id", "starts_at", "ends_at", "cancelled", "replaces")
EACH_MAX = 500
CONSENTS = ("consent_given", "consent_withdrawn")
_TEXTS = ("text",)
_IDS = ("id",)


@dataclass(frozen=True, slots=True)
class Who:
    """One way in which a body names the person."""

    kind: str
    place: Place
    verified: bool


@dataclass(frozen=True, slots=True)
class EntryRule:
    """How a body writes an entry."""

    kind: str
    id: Place
    starts_at: Place
    ends_at: Place | None
    cancelled: tuple[Condition, ...]
    replaces: Place | None


@dataclass(frozen=True, slots=True)
class Rule:
    """See `docs/sources.md`, "A source of your own"."""

    when: tuple[Condition, ...]
    each: Place | None
    event: str
    occurred_at: Place | None
    identity: tuple[Who, ...]
    properties: Mapping[str, Place]
    traits: Mapping[str, Place]
    contact: Mapping[str, Place]
    consent: ConsentFact | None
    entry: EntryRule | None
    subject: Place | None
    details: Mapping[str, Place]
    zone: ZoneInfo | None

    def listed(self) -> dict[str, tuple[str, ...]]:
        """Return which properties each event of this rule may carry."""
        if self.entry is None:
            return {self.event: tuple(self.properties)}
        return dict.fromkeys(("entry_updated", "entry_cancelled"), (f"{self.entry.kind}_id",))

    def read(self, body: Object, request: Request, key: str) -> Iterator[Parsed]:
        """Yield the facts of a body that this rule is about. Raises BadInput."""
        if not all(one.holds(body, request) for one in self.when):
            return
        if self.each is None:
            yield self._fact(body, request, key)
            return
        holder, name = self.each.find(body, request)
        for index, item in enumerate(holder.items(name, EACH_MAX)):
            yield self._fact(Object({**body.raw, "each": item}, body.path), request, f"{key}#{index}")

    def _fact(self, body: Object, request: Request, key: str) -> Parsed:
        occurred_at = self._instant(self.occurred_at, body, request) or request.received_at
        fields = self._values(self.contact, body, request)
        name, properties, entry = self._said(body, request)
        event = Event(
            id="",
            name=name,
            profile="",
            occurred_at=occurred_at,
            received_at=request.received_at,
            properties=properties,
            traits=self._values(self.traits, body, request) or ({} if name == "profile_updated" else None),
            reach=_person.reach(fields),
            entry=entry,
            consent=self.consent,
        )
        who = [
            Named(one.kind, value, one.verified)
            for one in self.identity
            if (value := read_id(one.place, body, request))
        ]
        contacts = [*_person.profile_contact(fields), *self._about(body, request, entry)]
        return Parsed(event, f"{key}:{name}", who, contacts)

    def _said(self, body: Object, request: Request) -> tuple[str, Mapping[str, Any], EntryFact | None]:
        properties = self._values(self.properties, body, request)
        if self.entry is None:
            return self.event, properties, None
        rule = self.entry
        cancelled = bool(rule.cancelled) and all(one.holds(body, request) for one in rule.cancelled)
        starts_at = self._instant(rule.starts_at, body, request)
        if starts_at is None and not cancelled:
            holder, name = rule.starts_at.find(body, request)
            holder.fail(name, "an instant: when the entry begins")
        id = read_id(rule.id, body, request)
        if id is None:
            holder, name = rule.id.find(body, request)
            holder.fail(name, "the id of the entry")
        entry = EntryFact(
            rule.kind,
            id,
            starts_at,
            self._instant(rule.ends_at, body, request),
            properties,
            replaces=read_id(rule.replaces, body, request) if rule.replaces else None,
        )
        return "entry_cancelled" if cancelled else "entry_updated", {f"{rule.kind}_id": id}, entry

    def _about(self, body: Object, request: Request, entry: EntryFact | None) -> list[Contact]:
        details = self._values(self.details, body, request)
        subject = read_id(self.subject, body, request) if self.subject else None
        ref = f"entry#{entry.kind}#{entry.id}" if entry else f"subject#{subject}" if subject else ""
        return [Contact(ref, details)] if details and ref else []

    def _values(self, places: Mapping[str, Place], body: Object, request: Request) -> dict[str, Any]:
        found = {name: place.value(body, request, self.zone) for name, place in places.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _instant(self, place: Place | None, body: Object, request: Request) -> datetime | None:
        return place.instant(body, request, self.zone) if place else None


def read_rule(document: Document, identity: tuple[Who, ...], zone: ZoneInfo | None) -> Rule:
    """Return the rule that a definition writes. Raises BadDefinition."""
    document.only(*RULE_KEYS)
    entry = _read_entry(document.inner("entry")) if document.has("entry") else None
    if (entry is None) != document.has("event"):
        raise BadDefinition(document.path, "expected event or entry: what the body becomes")
    if "when" not in document.raw:
        raise BadDefinition((*document.path, "when"), "is missing: which bodies the rule is about")
    if document.has("details") and entry is None and not document.has("subject"):
        raise BadDefinition((*document.path, "details"), "expected an entry or a subject that the details belong to")
    return Rule(
        when=read_when(document.raw["when"], (*document.path, "when")),
        each=_place(document, "each", ("list",)),
        event=_event_name(document) if entry is None else "",
        occurred_at=_place(document, "occurred_at", TIMES),
        identity=read_identity(document.inner("identity")) if document.has("identity") else identity,
        properties=_places(document, "properties", TYPES),
        traits=_places(document, "traits", TYPES),
        contact=_places(document, "contact", _TEXTS, personal=True),
        consent=_read_consent(document),
        entry=entry,
        subject=_place(document, "subject", _IDS),
        details=_places(document, "details", _TEXTS, personal=True),
        zone=zone,
    )


def read_identity(document: Document) -> tuple[Who, ...]:
    """Return how bodies name people, best first."""
    document.only(*KINDS)
    found = []
    for kind in (kind for kind in KINDS if document.has(kind)):
        raw, path, verified = document.raw[kind], (*document.path, kind), True
        if isinstance(raw, Mapping) and "verified" in raw:
            verified = Document(raw, path).flag("verified")
            raw = {key: value for key, value in raw.items() if key != "verified"}
        found.append(Who(kind, read_place(raw, path, _IDS), verified))
    return tuple(found)


def _event_name(document: Document) -> str:
    name = document.name("event")
    if name.startswith(("message_", "entry_", "profile_merg")):
        raise BadDefinition(
            (*document.path, "event"), "expected a name of your own: this one says what Kairos itself did"
        )
    return name


def _read_entry(document: Document) -> EntryRule:
    document.only(*ENTRY_KEYS)
    for key in ("id", "starts_at"):
        if not document.has(key):
            raise BadDefinition((*document.path, key), "is missing: a path such as data.id")
    id, starts_at = _place(document, "id", _IDS), _place(document, "starts_at", TIMES)
    assert id is not None
    assert starts_at is not None
    cancelled = read_when(document.raw["cancelled"], (*document.path, "cancelled")) if document.has("cancelled") else ()
    return EntryRule(
        document.identifier("kind"),
        id,
        starts_at,
        _place(document, "ends_at", TIMES),
        cancelled,
        _place(document, "replaces", _IDS),
    )


def _read_consent(document: Document) -> ConsentFact | None:
    wanted = document.raw.get("event") in CONSENTS
    if wanted != document.has("consent"):
        both = " and ".join(CONSENTS)
        raise BadDefinition((*document.path, "consent"), f"expected with the events {both}, and with no other")
    if not wanted:
        return None
    consent = document.inner("consent")
    consent.only("channel", "purpose")
    return ConsentFact(
        consent.identifier("channel"), consent.identifier("purpose") if consent.has("purpose") else "marketing"
    )


def _place(document: Document, key: str, types: tuple[str, ...]) -> Place | None:
    return read_place(document.raw[key], (*document.path, key), types) if document.has(key) else None


def _places(document: Document, key: str, types: tuple[str, ...], *, personal: bool = False) -> dict[str, Place]:
    if not document.has(key):
        return {}
    inner = document.inner(key)
    found = {}
    for name, raw in inner.raw.items():
        if not NAME_FORM.fullmatch(name):
            raise BadDefinition((*inner.path, name), "expected a name (letters, digits, _ . : / -)")
        place = read_place(raw, (*inner.path, name), types)
        found[name] = Place(place.keys, place.header, "personal") if personal else place
    return found
