"""Google Calendar: read by `events.list`, first whole, then only what changed since the last `nextSyncToken`.

Google expands series itself (`singleEvents`), so an exception, a cancelled occurrence and "this and following" all come
as occurrences with ids of their own: `<series>_<when it was to be>`. What splits off a series is called
`<series>_R<date>`: its occurrences replace those of the same days, and what is planned around them moves. A sync token
stands for the window of the reading it came from; so the calendar is read whole once a day, which moves the window on
and heals whatever was lost, and whole again whenever Google no longer knows the token (410).
https://developers.google.com/workspace/calendar/api/guides/sync
https://developers.google.com/workspace/calendar/api/v3/reference/events/list
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.errors import BadInput
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant, parse_instant
from kairos.domain.localtime import UnknownZone, load_zone, to_instant
from kairos.registry import Request
from kairos.sources import _calendar
from kairos.sources._booking import as_link
from kairos.sources._calendar import PEOPLE_MAX, Person, Sighting
from kairos.sources._google_api import SyncTokenGone, access_token, event_pages
from kairos.sources._google_channel import channel_of, renew, require_channel, says_changed
from kairos.sources._pulling import Page, Pulling
from kairos.sources._shape import Object

WHOLE_AGAIN = timedelta(days=1)

_INSTANCE = re.compile(r"(?P<series>.+?)(?:_R\d{8}(?:T\d{6})?)?_(?P<day>\d{8})(?:T\d{6}Z)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# A birthday or a working location is in a calendar and no appointment.
_NO_APPOINTMENTS = frozenset({"birthday", "workingLocation", "outOfOffice", "focusTime"})


@dataclass
class _Found:
    sightings: dict[str, Sighting] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    token: str = ""


class GoogleCalendar(_calendar.Calendar):
    """See `kairos.registry.Source` and `kairos.sources._pulling.Puller`.

    A connection's settings: `secrets` (the JSON of an authorized user), `calendar` (its id: primary), and those of
    `kairos.sources.ical`.
    """

    name = "gcal"
    every = timedelta(minutes=5)

    def verify(self, request: Request) -> bool:
        """Check the token of the channel. Never trusted: a notification says that something changed, and not what."""
        require_channel(request)
        return False

    def hints(self, request: Request) -> list[str]:
        """Return that the calendar is to be read, where a notification says that it changed."""
        return ["calendar"] if says_changed(request) else []

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read what changed, or everything; the token is kept once all of it was told."""
        since, until = _calendar.window(pulling)
        whole = _is_due_whole(pulling)
        access = access_token(pulling)
        found, whole = _read(pulling, access, whole, since, until)
        if whole and _calendar.is_doubtful(pulling, found.sightings):
            yield Page(
                cursor={**channel_of(pulling), _calendar.EMPTY: True}
            )  # without a token: the next reading is whole again
            return
        yield from _calendar.changes(
            pulling, found.sightings.values(), gone=found.gone, whole=whole, unread=found.unread
        )
        read_at = format_instant(pulling.now) if whole else pulling.cursor["read_at"]
        cursor = {**channel_of(pulling), "token": found.token, "read_at": read_at}
        yield Page(cursor=cursor, left_out=len(found.unread))
        channel = renew(replace(pulling, cursor=cursor), access, _calendar_of(pulling))
        if channel is not None:
            yield channel


def _is_due_whole(pulling: Pulling) -> bool:
    cursor = pulling.cursor
    return not cursor.get("token") or pulling.now - parse_instant(cursor["read_at"]) >= WHOLE_AGAIN


def _calendar_of(pulling: Pulling) -> str:
    return str(pulling.settings.get("calendar") or "primary")


def _read(pulling: Pulling, access: str, whole: bool, since: datetime, until: datetime) -> tuple[_Found, bool]:
    if not whole:
        try:
            return _collected(pulling, access, {"syncToken": str(pulling.cursor["token"])}, since, until), False
        except SyncTokenGone:
            pass  # what changed since is no longer told: everything is read, and compared
    query = {"timeMin": format_instant(since), "timeMax": format_instant(until), "showDeleted": "true"}
    return _collected(pulling, access, query, since, until), True


def _collected(pulling: Pulling, access: str, query: Mapping[str, str], since: datetime, until: datetime) -> _Found:
    found = _Found()
    for page in event_pages(pulling, access, _calendar_of(pulling), query):
        zone = _zone(pulling.settings.get("timezone")) or _zone(page.raw.get("timeZone")) or ZoneInfo("UTC")
        for item in page.objects("items", 5_000):
            _take(found, item, zone, pulling, since, until)
        found.token = page.text("nextSyncToken", 4_000) or found.token
    return found


def _take(found: _Found, item: Object, zone: ZoneInfo, pulling: Pulling, since: datetime, until: datetime) -> None:
    try:
        one_id, id = item.need("id"), entry_id(item.need("id"))
    except BadInput:
        found.unread.add("")
        return
    found.sightings.pop(id, None)  # of two words about one thing in a reading, the later is the newer
    if item.raw.get("status") == "cancelled" or str(item.raw.get("eventType")) in _NO_APPOINTMENTS:
        found.gone |= {id, *(told for told in pulling.told if told.partition("-")[0] == digest("gcal", one_id))}
        return
    found.gone.discard(id)
    try:
        seen = _sighting(item, id, zone)
    except BadInput:
        found.unread.add(id.partition("-")[0])
        return
    if id in pulling.told or (seen.starts_at < until and seen.until >= since):
        found.sightings[id] = seen


def entry_id(google: str) -> str:
    """Return our id of an event or occurrence: the series, hashed, and when the occurrence was to be."""
    series, _, original = google.rpartition("_")
    if series and re.fullmatch(r"\d{8}(T\d{6}Z)?", original):
        return f"{digest('gcal', series)}-{original}"
    return digest("gcal", google)


def _sighting(item: Object, id: str, zone: ZoneInfo) -> Sighting:
    starts, all_day = _when(item, "start", zone)
    ends, _ = _when(item, "end", zone) if item.has("end") else (None, False)
    if starts is None:
        item.fail("start", "a date, or an instant")
    google = item.need("id")
    return Sighting(
        id=id,
        starts_at=starts,
        ends_at=ends if ends is not None and ends > starts else None,
        all_day=all_day,
        title=item.text("summary", 500),
        location=item.text("location", 500),
        link=as_link(item.text("hangoutLink")) or as_link(item.text("location")),
        people=tuple(_people(item)),
        line=_line(google),
    )


def _line(google: str) -> str:
    instance = _INSTANCE.fullmatch(google)
    return digest("gcal", instance["series"], instance["day"]) if instance else ""


def _when(item: Object, key: str, zone: ZoneInfo) -> tuple[datetime | None, bool]:
    given = item.object(key)
    day = given.text("date", 10)
    if day is None:
        return given.instant("dateTime", _zone(given.raw.get("timeZone")) or zone), False
    if not _DAY.fullmatch(day):
        given.fail("date", 'a date, such as "2026-03-07"')
    try:
        return to_instant(datetime.fromisoformat(day).date(), time(), zone), True
    except ValueError:
        given.fail("date", 'a date, such as "2026-03-07"')


def _people(item: Object) -> Iterator[Person]:
    for one in list(item.objects("attendees", 1_000))[:PEOPLE_MAX]:
        email = one.text("email", 320)
        # The organizer's own calendar lists them among those who come; a room is nobody.
        if email and one.flag("resource") is not True and one.flag("organizer") is not True:
            name = one.text("displayName", 200)
            yield Person(email, name if name and "@" not in name else None, one.raw.get("responseStatus") == "declined")


def _zone(name: Any) -> ZoneInfo | None:
    try:
        return load_zone(name) if isinstance(name, str) and name else None
    except UnknownZone:
        return None


SOURCE = GoogleCalendar()
