"""The dated things in an iCalendar file (RFC 5545) between two instants, each series by itself.

What a stranger writes into a recurrence rule decides how long it takes to follow it: every second, from the year 1,
a 30th of February, for which `dateutil` looks until the year 9999. So a rule that would take too many steps is left
out, as is a series that cannot be read; the others are not spoilt by it. What is slow for subtler reasons costs seconds
for each series, and the whole feed its turn. Expanders return occurrences that are cancelled; here they are gone.

`icalendar` and `recurring-ical-events` take half a second to import: only `sync` ever comes here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
import x_wr_timezone

from kairos.domain.errors import BadInput, Unavailable
from kairos.domain.ids import digest
from kairos.domain.instant import YEAR_MAX, YEAR_MIN
from kairos.domain.localtime import UnknownZone, load_zone, to_instant
from kairos.sources._booking import as_link
from kairos.sources._calendar import PEOPLE_MAX, Person, Sighting

COMPONENTS_MAX = 20_000
STEPS_MAX = 60_000
"""How many steps a rule may take from its start to the end of the window: a daily one since 1862, an hourly one for
almost seven years."""
OCCURRENCES_MAX = 4_000

_PER_DAY = {"SECONDLY": 86_400, "MINUTELY": 1_440, "HOURLY": 24}
_DAYS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYSETPOS")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_TAIL = re.compile(r"_R\d{8}(T\d{6})?")
"""How Google names the series that "this and following" splits off."""


@dataclass
class Expanded:
    """What a file holds in a window; `unread` are series that cannot be read, or take too long: how their ids begin."""

    sightings: dict[str, Sighting] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)


def expand(
    feed: bytes, since: datetime, until: datetime, zone: str | None = None, late: Callable[[], bool] = lambda: False
) -> Expanded:
    """Return what is on between two instants (aware, UTC). `zone` is whose clock times without one are on.

    Raises BadInput for what is no iCalendar file, Unavailable where the time for it is over.
    """
    done = Expanded()
    for calendar in _calendars(feed):
        local = _zone(zone) or _zone(_text(calendar, "X-WR-TIMEZONE")) or ZoneInfo("UTC")
        withdrawn = (_text(calendar, "METHOD") or "").upper() == "CANCEL"
        for uid, events in _series(calendar).items():
            if late() or len(done.sightings) > OCCURRENCES_MAX:
                raise Unavailable("feed", "it holds more than can be read in time")
            try:
                found = [] if withdrawn else list(_occurrences(uid, events, since, until, local))
            except Exception:  # noqa: BLE001 - whatever the libraries trip over, it is this series that is spoilt
                done.unread.add(digest("ical", uid))
                continue
            done.sightings |= {one.id: one for one in found}
    return done


def _calendars(feed: bytes) -> list[Any]:
    try:
        found: list[Any] = icalendar.Calendar.from_ical(feed.decode("utf-8-sig", "replace"), multiple=True)
    except Exception as error:  # noqa: BLE001 - the parser raises whatever the bytes make it raise
        raise BadInput("feed", f"iCalendar ({type(error).__name__})") from None
    if not found or not all(one.name == "VCALENDAR" for one in found):
        raise BadInput("feed", "iCalendar")
    if sum(len(one.subcomponents) for one in found) > COMPONENTS_MAX:
        raise BadInput("feed", f"at most {COMPONENTS_MAX} components")
    return [_in_standard(one) for one in found]


def _in_standard(calendar: Any) -> Any:
    try:
        return x_wr_timezone.to_standard(calendar)
    except Exception:  # noqa: BLE001 - a zone that is none changes nothing
        return calendar


def _series(calendar: Any) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for index, event in enumerate(one for one in calendar.subcomponents if one.name == "VEVENT"):
        # Without a UID nothing tells that two readings see the same thing, but what it says.
        uid = _text(event, "UID") or f"none:{index}:{_text(event, 'SUMMARY')}"
        out.setdefault(uid, []).append(event)
    return out


def _occurrences(uid: str, events: list[Any], since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Sighting]:
    alone = icalendar.Calendar()
    for event in events:
        _check_rules(event, until)
        alone.add_component(event)
    repeats = any(name in event for event in events for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    for one in recurring_ical_events.of(alone).between(since, until):
        if (_text(one, "STATUS") or "").upper() == "CANCELLED":
            continue
        found = _sighting(uid, one, zone, repeats=repeats)
        if found is not None and found.starts_at < until and found.until >= since:
            yield found


def _check_rules(event: Any, until: datetime) -> None:
    """Raise ValueError for a rule that takes too many steps until the end of the window, or that never comes true."""
    rules = event.get("RRULE") or []
    days = max(1, (until.date() - _day(event.decoded("DTSTART"))).days)
    for rule in rules if isinstance(rules, list) else [rules]:
        frequency = str((rule.get("FREQ") or [""])[0]).upper()
        if frequency in _PER_DAY and any(rule.get(name) for name in _DAYS):
            raise ValueError("an hourly rule that picks its days may search for them without end")
        per_day = _PER_DAY.get(frequency, 1) / max(1, int((rule.get("INTERVAL") or [1])[0]))
        for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            per_day *= max(1, len(rule.get(name) or ()))
        if days * per_day > STEPS_MAX:
            raise ValueError("it recurs too often")
        months, dates = rule.get("BYMONTH") or (), rule.get("BYMONTHDAY") or ()
        if months and dates and not any(abs(int(day)) <= _LONGEST[int(month) - 1] for month in months for day in dates):
            raise ValueError("no such day is in these months")


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _sighting(uid: str, one: Any, zone: ZoneInfo, *, repeats: bool) -> Sighting | None:
    starts = one.decoded("DTSTART")
    ends = one.decoded("DTEND") if "DTEND" in one else None
    starts_at = _instant(starts, zone)
    ends_at = None if ends is None else _instant(ends, zone)
    if starts_at is None:
        return None
    original = one.decoded("RECURRENCE-ID") if "RECURRENCE-ID" in one else starts
    return Sighting(
        id=_id(uid, original, zone, repeats=repeats),
        starts_at=starts_at,
        ends_at=ends_at if ends_at is not None and ends_at > starts_at else None,
        all_day=not isinstance(starts, datetime),
        title=_text(one, "SUMMARY", 500),
        location=_text(one, "LOCATION", 500),
        link=as_link(_text(one, "URL")) or as_link(_text(one, "LOCATION")),
        category=_category(one),
        people=tuple(_people(one)),
        line=digest("ical", _TAIL.sub("", uid), _day(original).isoformat()),
    )


def _id(uid: str, original: date | datetime, zone: ZoneInfo, *, repeats: bool) -> str:
    """Return the same id for the same thing whatever is edited of it: its UID and, in a series, when it was to be."""
    whole = digest("ical", uid)
    if not repeats:
        return whole
    at = _instant(original, zone) if isinstance(original, datetime) else None
    return f"{whole}-{original:%Y%m%d}" if at is None else f"{whole}-{at:%Y%m%dT%H%M%S}"


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime | None:
    if not YEAR_MIN < value.year < YEAR_MAX:
        return None
    if not isinstance(value, datetime):
        return to_instant(value, time(), zone)
    if value.tzinfo is None:
        return to_instant(value.date(), value.time(), zone)
    return value.astimezone(UTC)


def _people(one: Any) -> Iterator[Person]:
    listed = one.get("ATTENDEE") or []
    for attendee in (listed if isinstance(listed, list) else [listed])[:PEOPLE_MAX]:
        scheme, _, email = str(attendee).partition(":")
        if scheme.lower() != "mailto" or "@" not in email:
            continue
        parameters = getattr(attendee, "params", {})
        if str(parameters.get("CUTYPE", "INDIVIDUAL")).upper() not in ("INDIVIDUAL", "UNKNOWN"):
            continue  # a room or a projector
        name = str(parameters.get("CN", "")).strip()
        declined = str(parameters.get("PARTSTAT", "")).upper() == "DECLINED"
        yield Person(email.strip(), name if name and "@" not in name else None, declined)


def _category(one: Any) -> str | None:
    found = one.get("CATEGORIES")
    first = found[0] if isinstance(found, list) and found else found
    values = getattr(first, "cats", None)
    return str(values[0]).strip()[:128] or None if values else None


def _text(component: Any, name: str, most: int = 2_000) -> str | None:
    value = component.get(name)
    first = value[0] if isinstance(value, list) and value else value
    text = "" if first is None or isinstance(first, list) else str(first)
    return text.replace("\x00", "").encode("utf-8", "replace").decode().strip()[:most] or None


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return load_zone(name) if name else None
    except UnknownZone:
        return None
