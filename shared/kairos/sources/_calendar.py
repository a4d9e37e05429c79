"""What calendars that are read share: a sighting of a dated thing, what of it is told, and how that is read again.

A reading of a calendar is compared with what was told of it before. What is new or has changed is told as
`entry_updated`, what has vanished as `entry_cancelled`, each as of the moment of the reading: it is the newest word
there is. Titles, places and people stay with the contact; an event carries when, how long, and the category.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kairos.domain.canonical import canonical
from kairos.domain.errors import BadInput
from kairos.domain.event import EntryFact, Event
from kairos.domain.instant import format_instant
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._booking import as_link
from kairos.sources._pulling import PAGE, Page, Pulling, Told
from kairos.sources._shape import Object, load_body, present

KIND = "booking"
ENTRIES_PER_PAGE = 40
ENTRIES_MAX = 2_000
"""How many entries of one calendar are kept in mind: as many as fit beside its state, with room."""

ENTRIES_OF_ONE_PERSON_MAX = 150
"""A profile holds 200 entries, of all sources together; the nearest count."""

PEOPLE_MAX = 50
BEHIND = timedelta(days=1)
DAYS, DAYS_MAX = 92, 366
EMPTY = "empty"
LISTED = ("all_day", "length_minutes", "category")
PROPERTIES: Mapping[str, Sequence[str]] = dict.fromkeys(("entry_updated", "entry_cancelled"), LISTED)


@dataclass(frozen=True, slots=True)
class Person:
    """Whose an entry is, by e-mail; `declined` they are not coming."""

    email: str
    name: str | None = None
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """One dated thing as a calendar shows it. `line` is what its successor shares with it, should an edit rename it."""

    id: str
    starts_at: datetime
    ends_at: datetime | None = None
    all_day: bool = False
    title: str | None = None
    location: str | None = None
    link: str | None = None
    category: str | None = None
    people: tuple[Person, ...] = ()
    line: str = ""

    @property
    def until(self) -> datetime:
        """Return the instant after which it is over."""
        return self.ends_at or self.starts_at


class Calendar:
    """What sources that are calendars share: what they tell, and how it is read again. See `kairos.registry.Source`."""

    retry_horizon = timedelta(days=1)
    topic_at = ("body", "topic")
    properties: Mapping[str, Sequence[str]] = PROPERTIES
    entry_properties = LISTED
    listens = False

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        """Translate what a reading found."""
        return read(request, refused) if trusted else ()

    def leave(self, entry: str, whom: tuple[str, ...], pulling: Pulling) -> bytes:
        """Return the body that takes an entry from some profiles."""
        return leave(entry, whom, pulling)


def window(pulling: Pulling) -> tuple[datetime, datetime]:
    """Return from when until when a calendar is read: from a day ago, for as many days as the settings say."""
    given = str(pulling.settings.get("days") or DAYS)
    days = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else DAYS
    return pulling.now - BEHIND, pulling.now + timedelta(days=max(1, min(days, DAYS_MAX)))


def is_doubtful(pulling: Pulling, sightings: Mapping[str, Sighting]) -> bool:
    """Return whether a whole reading shows nothing at all of a calendar that showed something to come.

    More often than not it is a server's mistake, and would take every booking away: it is believed when the next
    reading says so too. `EMPTY` in the cursor says that this is the next one.
    """
    shown = any(one.until >= pulling.now for one in pulling.told.values())
    return shown and not sightings and EMPTY not in pulling.cursor


def changes(
    pulling: Pulling,
    sightings: Iterable[Sighting],
    *,
    gone: Iterable[str] = (),
    whole: bool = True,
    unread: Container[str] = (),
) -> Iterator[Page]:
    """Yield what is to be told, in pages.

    `gone` are ids that the calendar calls cancelled. Where the reading is `whole`, what was told before and is not
    among the sightings is gone too, unless it is over anyway, lies beyond the window, or belongs to a series (the first
    part of its id) that is `unread`.
    """
    present_now = {one.id: one for one in sightings}
    absent = set(pulling.told) - set(present_now) if whole else set(gone) & set(pulling.told) - set(present_now)
    over = {id for id, one in pulling.told.items() if one.until < pulling.now - BEHIND}
    if whole:  # what lies beyond the window was not looked for
        until = window(pulling)[1]
        absent = {id for id in absent if pulling.told[id].until <= until and id.partition("-")[0] not in unread}
    left = {pulling.told[id].line: id for id in sorted(absent - over) if pulling.told[id].line}
    rows: list[tuple[dict[str, Any], str, Told | None]] = []
    nearest = _nearest(pulling, present_now.values())
    for one in nearest:
        mark = _mark(one, pulling)
        known = pulling.told.get(one.id)
        if known is not None and known.mark == mark:
            continue
        former = left.pop(one.line, None) if known is None and one.line else None
        row = _row(one, pulling, former) | {"mark": mark}
        rows.append((row, one.id, Told(mark, one.until, known.whom if known else (), one.line)))
        if former is not None:
            absent.discard(former)
            rows.append(({}, former, None))
    rows += [(_gone(id, pulling.told[id].whom, pulling, pulling.now), id, None) for id in sorted(absent - over)]
    rows += [({}, id, None) for id in sorted(over - set(present_now))]
    if len(nearest) < len(present_now):
        yield Page(left_out=len(present_now) - len(nearest))
    for start in range(0, len(rows), ENTRIES_PER_PAGE):
        part = rows[start : start + ENTRIES_PER_PAGE]
        told = [row for row, _, _ in part if row]
        body = _body(pulling, told) if told else None
        yield Page(body, told={id: after for _, id, after in part})


def leave(entry: str, whom: tuple[str, ...], pulling: Pulling) -> bytes:
    """Return the body that takes an entry from some profiles and leaves it to others.

    It is dated a second before the reading, so that where one of them has become one of the others the entry stays.
    """
    return _body(pulling, [_gone(entry, whom, pulling, pulling.now - timedelta(seconds=1)) | {"left": True}])


def read(request: Request, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
    """Translate a body that `changes` or `leave` wrote. One entry that is wrong spoils no other where `refused` is."""
    body = load_body(request.body)
    page = request.headers.get(PAGE, "0")
    out: list[Parsed] = []
    for row in body.objects("entries"):
        try:
            out += _facts(row, request, page, historical=body.flag("historical") is True)
        except BadInput as error:
            if refused is None:
                raise
            refused.append(error)
    return out


def _facts(row: Object, request: Request, page: str, *, historical: bool) -> Iterator[Parsed]:
    cancelled = row.flag("cancelled") is True
    id, at = row.need("id"), row.instant("at") or request.received_at
    fact = EntryFact(
        row.text("kind", 64) or KIND,
        id,
        None if cancelled else row.instant("starts_at") or row.fail("starts_at", "an instant"),
        None if cancelled else row.instant("ends_at"),
        {} if cancelled else _properties(row),
        replaces=row.ident("replaces"),
    )
    about = present(title=row.text("title", 500), location=row.text("location"), meeting_url=as_link(row.text("link")))
    for index, (who, contact, coming) in enumerate(_people(row, request, cancelled=cancelled)):
        name = "entry_updated" if coming and not cancelled else "entry_cancelled"
        entry = fact if name == "entry_updated" else EntryFact(fact.kind, id)
        event = Event("", name, "", at, request.received_at, entry.properties, historical=historical, entry=entry)
        event = replace(event, reach=_person.reach(contact))
        contacts = _person.profile_contact(contact)
        if name == "entry_updated" and about:
            contacts = [*contacts, Contact(f"entry#{fact.kind}#{id}", about)]
        said = row.text("mark", 64) or ("left" if row.flag("left") else "gone")
        yield Parsed(event, f"{id}:{page}:{said}#{index}:{name}", who, contacts)


def _people(row: Object, request: Request, *, cancelled: bool) -> Iterator[tuple[list[Named], dict[str, Any], bool]]:
    """Yield who has it: those who were told of it, the person the connection names, or whoever is invited."""
    profiles = [one for one in row.items("profiles", PEOPLE_MAX) if isinstance(one, str)]
    if profiles or cancelled:
        for profile in profiles:
            yield [Named("profile", profile, True)], {}, False
        return
    owner = _person.names(True, **{kind: _text(request.settings, kind) for kind in ("customer", "external", "email")})
    if owner:
        email = _text(request.settings, "email")
        yield owner, present(email=email), True
        return
    seen: set[str] = set()
    for person in row.objects("people", PEOPLE_MAX):
        email = person.text("email", 320)
        if email and email.lower() not in seen:
            seen.add(email.lower())
            contact = present(email=email, name=person.text("name", _person.NAME_CHARS_MAX))
            yield _person.names(False, email=email), contact, person.flag("declined") is not True
    if not seen:
        yield [], {}, True  # of nobody: archived, and queued for nobody


def _properties(row: Object) -> dict[str, Any]:
    return present(
        all_day=row.flag("all_day"),
        length_minutes=row.amount("length_minutes"),
        category=row.text("category", 128),
    )


def _text(settings: Mapping[str, Any], name: str) -> str | None:
    value = settings.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _nearest(pulling: Pulling, sightings: Iterable[Sighting]) -> list[Sighting]:
    one_person = any(_text(pulling.settings, kind) for kind in ("customer", "external", "email"))
    most = ENTRIES_OF_ONE_PERSON_MAX if one_person else ENTRIES_MAX
    return sorted(sightings, key=lambda one: (one.starts_at, one.id))[:most]


def _row(one: Sighting, pulling: Pulling, former: str | None) -> dict[str, Any]:
    minutes = None if one.ends_at is None else int((one.ends_at - one.starts_at).total_seconds()) // 60
    people = [present(email=who.email, name=who.name, declined=who.declined or None) for who in one.people[:PEOPLE_MAX]]
    return present(
        id=one.id,
        kind=_text(pulling.settings, "kind"),
        at=format_instant(pulling.now),
        starts_at=format_instant(one.starts_at),
        ends_at=None if one.ends_at is None else format_instant(one.ends_at),
        all_day=one.all_day or None,
        length_minutes=minutes,
        title=one.title,
        location=one.location,
        link=one.link,
        category=one.category if one.category and _person.is_impersonal(one.category) else None,
        people=people,
        replaces=former,
    )


def _gone(id: str, whom: Sequence[str], pulling: Pulling, at: datetime) -> dict[str, Any]:
    kind = _text(pulling.settings, "kind")
    return present(id=id, kind=kind, at=format_instant(at), cancelled=True, profiles=list(whom))


def _body(pulling: Pulling, rows: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps({"historical": pulling.historical, "entries": list(rows)}, ensure_ascii=True).encode()


def _mark(one: Sighting, pulling: Pulling) -> str:
    """Return a keyed hash of what is told: without the key, nobody could guess who is invited."""
    secrets = pulling.settings.get("secrets")
    key = str(secrets[0]) if isinstance(secrets, list) and secrets else ""
    content = canonical(_row(replace(one, id=""), replace(pulling, now=_ANY), None))
    return hmac.new(key.encode("utf-8", "replace"), content.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:20]


_ANY = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
