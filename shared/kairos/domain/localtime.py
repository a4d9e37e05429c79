"""Between instants and the clock on a customer's wall.

Two edges decide everything here. Where a spring change skips a local time, the first valid instant after the gap stands
for it (the gap's end, not clock plus gap). Where an autumn change repeats one, the first of the two counts (DESIGN, 5).
"""

import re
import zoneinfo
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# The pinned `tzdata` package must win over whatever the machine carries, or the Lambda and a laptop disagree about
# next spring. `PYTHONTZPATH=""` says so for a deployment; this says so where nobody set it (a CLI, a notebook, a test).
# It is done at import because `ZoneInfo` caches: a zone loaded before would keep the system's rules.
if zoneinfo.TZPATH:
    zoneinfo.reset_tzpath(to=())
    ZoneInfo.clear_cache()

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEARCH_DAYS_MAX = 400
"""How far `next_clock` looks: a year and the longest run of closed days around it."""

_ONE_DAY = timedelta(days=1)
_MIDNIGHT = time(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)


class UnknownZone(ValueError):
    """The name is no IANA time zone of the pinned data."""

    def __init__(self, name: object) -> None:
        shown = repr(name[:40] if isinstance(name, str) else type(name).__name__)
        super().__init__(f'{shown} is no IANA time zone; write one such as "Asia/Seoul" or "America/New_York"')


def load_zone(name: str) -> ZoneInfo:
    """Return the zone of that IANA name from the pinned data; raise `UnknownZone` for whatever else is given."""
    if not isinstance(name, str):
        raise UnknownZone(name)
    return _load_known_zone(name)


@lru_cache(maxsize=1024)
def _load_known_zone(name: str) -> ZoneInfo:
    # Looked up in the list of names first: a stranger's text never becomes a file path, and case counts on every disk.
    if name not in _zone_names():
        raise UnknownZone(name)
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    # "Factory" is tz's way to say that nobody has set a zone.
    return frozenset(zoneinfo.available_timezones() - {"Factory"})


def parse_clock(text: str) -> time:
    """Return the local clock time of `"09:00"` or `"09:00:30"`; raise ValueError for others, `"24:00"` among them."""
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        # YAML 1.1 reads an unquoted 21:00 as the number 1260, so the hint matters.
        shown = repr(text[:40] if isinstance(text, str) else text)
        raise ValueError(f'{shown} is no clock time: write "HH:MM" in quotes, from "00:00" to "23:59"')
    hour, minute, second = found.groups()
    return time(int(hour), int(minute), int(second or 0))


def format_clock(clock: time) -> str:
    """Return `HH:MM`, or `HH:MM:SS` where there are seconds."""
    return clock.isoformat("seconds" if clock.second else "minutes")


def parse_weekdays(names: Iterable[str]) -> frozenset[int]:
    """Return the days (Monday 0) of names such as `["mon", "thu"]`; raise ValueError for none and for others."""
    listed = list(names) if isinstance(names, Iterable) and not isinstance(names, str) else []
    if not listed or any(name not in WEEKDAYS for name in listed):
        shown = repr(names)
        raise ValueError(f"{shown[:60]} lists no weekdays: write some of {', '.join(WEEKDAYS)}, such as [mon, thu]")
    return frozenset(WEEKDAYS.index(name) for name in listed)


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the same instant on the zone's clock; `instant` is aware."""
    return instant.astimezone(zone)


def to_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the zone's clock shows `clock` on `day`.

    A time that a change skips gives the first valid instant after the gap (for a day skipped whole, as 2011-12-30 was
    in Pacific/Apia: the start of the next); one that happens twice gives the first.
    """
    if clock.fold:
        clock = clock.replace(fold=0)
    # PEP 495: with fold=0 the offset is the one before the change, in a gap as in an overlap. In an overlap that is the
    # first pass; in a gap it points beyond the gap's end, where the offset is already the other one.
    before = _offset(datetime.combine(day, clock, zone))
    as_if_utc = datetime.combine(day, clock, UTC)
    instant = as_if_utc - before
    after = _offset(instant.astimezone(zone))
    return instant if after == before else first_change(as_if_utc - after, instant, zone)


def first_change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant after `low` whose UTC offset is not that at `low`; at `high` it must be another.

    Changes happen on whole seconds and, in all zones since 1970, at least six days apart: `low` and `high` are closer.
    """
    unchanged = _offset(low.astimezone(zone))
    below = (low - _EPOCH) // timedelta(seconds=1)
    above = -((_EPOCH - high) // timedelta(seconds=1))
    while above - below > 1:
        middle = (below + above) // 2
        if _offset((_EPOCH + timedelta(seconds=middle)).astimezone(zone)) == unchanged:
            below = middle
        else:
            above = middle
    return _EPOCH + timedelta(seconds=above)


def next_clock(
    after: datetime,
    zone: ZoneInfo,
    clock: time,
    weekdays: frozenset[int] | None = None,
    is_business_day: Callable[[date], bool] | None = None,
) -> datetime:
    """Return the next UTC instant, strictly after `after`, at which the zone's clock shows `clock` on a wanted day.

    `weekdays` (Monday 0) and `is_business_day` speak of the zone's local days; a day that the zone skipped whole is
    never wanted. Where the clock time falls into a gap, the gap's end stands for it: for a gap that ends the day
    (America/Nuuk, 23:00 to 24:00) that is the midnight after it. Raises ValueError where no such day comes within
    400 days.
    """
    day = after.astimezone(zone).date()
    for _ in range(SEARCH_DAYS_MAX):
        if (weekdays is None or day.weekday() in weekdays) and (is_business_day is None or is_business_day(day)):
            instant = to_instant(day, clock, zone)
            if instant > after and _happens(day, instant, zone):
                return instant
        day += _ONE_DAY
    raise ValueError(
        f"no day within {SEARCH_DAYS_MAX} days of {after.date()} is among the weekdays and business days asked"
    )


def _happens(day: date, instant: datetime, zone: ZoneInfo) -> bool:
    if instant.astimezone(zone).date() == day:
        return True
    return to_instant(day, _MIDNIGHT, zone).astimezone(zone).date() == day


def _offset(moment: datetime) -> timedelta:
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{moment!r} is naive: give an aware datetime")
    return offset
