"""What the secret key may say besides behaviour: who somebody is, what they agreed to, what is in their calendar."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos.domain.consent import BASES, GIVEN
from kairos.domain.event import ConsentFact, EntryFact, Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._device import device_fields, names_no_device
from kairos.sources._shape import Object
from kairos.sources._signature import keys
from kairos.sources._track_names import TRAITS, event_name
from kairos.sources._track_values import entry_properties, listed_traits, more_properties

CONTACT_FIELDS_MAX = 30
_RANK = ("external", "email", "phone", "anonymous")
_ENTRIES = ("entry_updated", "entry_cancelled")
_WORD = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*", re.ASCII)
_OF_A_MAIL = frozenset({"email_id", "email_subject", "list_id", "list_name"})
_CONSENTS = ("consent_given", "consent_withdrawn")


def with_person(
    event: Event,
    key: str,
    who: Sequence[Named],
    call: Object,
    kind: str,
    request: Request,
) -> Parsed:
    """Return the call with what it says of the person: traits, addresses, consent and entries."""
    said = _traits_object(call, kind)
    fields = _person.person_fields(_renamed(said)) if said.raw else {}
    if kind == "identify":
        fields |= device_fields(call)
    traits = listed_traits(said, call.object("context"), [*TRAITS, *keys(request, "traits")]) if kind != "group" else {}
    full = Event(
        id="",
        name=event.name,
        profile="",
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        properties=event.properties,
        historical=call.flag("historical") is True,
        traits=traits or ({} if event.name == "profile_updated" else None),
        reach=_reach(said, fields, no_device=kind == "identify" and names_no_device(call)),
        entry=_entry(call, event.name, request) if event.name in _ENTRIES else None,
        consent=_consent(call) if event.name in _CONSENTS else None,
    )
    contacts = _person.profile_contact(fields)
    if full.entry and (about := _entry_contact(call)):
        contacts.append(Contact(f"entry#{full.entry.kind}#{full.entry.id}", about))
    people = [*who, *_person.names(True, email=fields.get("email"), phone=fields.get("phone"))]
    return Parsed(full, key, sorted(people, key=lambda named: _RANK.index(named.kind)), contacts)


def withdrawals(parsed: Parsed, call: Object) -> list[Parsed]:
    """Return the refusal that "Unsubscribed" of Segment's e-mail spec is: somebody left a list that another service
    writes to. A shop's own event of that name is about something else, and names no e-mail.
    https://segment.com/docs/connections/spec/email/#unsubscribed
    """
    if parsed.event.name != "unsubscribed" or _OF_A_MAIL.isdisjoint(call.object("properties").raw):
        return []
    event = replace(
        parsed.event, name="consent_withdrawn", properties={}, consent=ConsentFact("email", "marketing"), traits=None
    )
    return [replace(parsed, event=event, key=f"{parsed.key}:withdrawn", contacts=[])]


def _traits_object(call: Object, kind: str) -> Object:
    if kind == "group":  # those of a group are not the person's
        return Object({}, call.at("traits"))
    return call.object("traits") if call.has("traits") else call.object("context").object("traits")


def _renamed(said: Object) -> Object:
    names = {"firstName": "first_name", "lastName": "last_name"}
    return Object({names.get(key, key): value for key, value in said.raw.items()}, said.path)


def _reach(said: Object, fields: Mapping[str, Any], *, no_device: bool) -> dict[str, bool] | None:
    gone = {
        channel: False
        for channel, key in (("email", "email"), ("sms", "phone"))
        if said.has(key) and said.raw[key] is None
    }
    if no_device:
        gone["push"] = False
    return {**gone, **(_person.reach(fields) or {})} or None


def _fact(call: Object, key: str) -> Object:
    # Segment's own libraries cannot set top-level fields, so facts may stand in `properties` too.
    return call if call.has(key) else call.object("properties")


def _entry(call: Object, name: str, request: Request) -> EntryFact:
    entry = _fact(call, "entry").object("entry")
    kind = event_name(entry.text("kind", 64) or "") or entry.fail("kind", 'the kind of entry, such as "booking"')
    starts_at = entry.instant("starts_at")
    if starts_at is None and name != "entry_cancelled":
        entry.fail("starts_at", 'an instant, such as "2026-03-07T12:00:00Z"')
    return EntryFact(
        kind,
        entry.need("id"),
        starts_at,
        entry.instant("ends_at"),
        entry_properties(entry, more_properties(request, name)),
        replaces=entry.ident("replaces"),
        moved_to=None if entry.raw.get("moved_to") is None else entry.ident("moved_to") or "",
    )


def _entry_contact(call: Object) -> dict[str, Any]:
    contact = _fact(call, "entry").object("entry").object("contact")
    names = [name for name in list(contact.raw)[:CONTACT_FIELDS_MAX] if name.isidentifier() and len(name) <= 64]
    return {name: text for name in names if (text := contact.text(name))}


def _consent(call: Object) -> ConsentFact:
    said = _fact(call, "channel")
    channel = said.text("channel", 32) or said.fail("channel", 'a channel, such as "email"')
    purpose = said.text("purpose", 32) or said.fail("purpose", 'a purpose, such as "marketing"')
    # Consents are kept for ever and beside the pseudonym: nothing but a plain word may become one.
    if not _WORD.fullmatch(channel):
        said.fail("channel", 'a channel, such as "email"')
    if not _WORD.fullmatch(purpose):
        said.fail("purpose", 'a purpose, such as "marketing"')
    return ConsentFact(channel, purpose, *_grounds(said))


def _grounds(said: Object) -> tuple[str, str, str, datetime | None]:
    basis = said.text("basis", 32) or GIVEN
    if basis not in BASES:
        said.fail("basis", f"one of {', '.join(BASES)}")
    wording, proof = (said.text(key, 64) or "" for key in ("wording", "proof"))
    for key, reference in (("wording", wording), ("proof", proof)):
        if reference and not _REFERENCE.fullmatch(reference):
            said.fail(key, "a plain reference, such as 2026-11_v2")
    return basis, wording, proof, said.instant("expires_at")
