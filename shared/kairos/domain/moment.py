"""Which moments come for a customer, in order: what plans timelines, what `wait_until: {moment: …}` and a map ask.

A moment of an entry is its instant. All others are whole days of the customer's calendar. Each day has a *key* that it
keeps when it moves: the year (or month) of an anniversary, the date on which a shared day was first planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count, takewhile
from zoneinfo import ZoneInfo

from kairos.domain.anchor import Anchor, Anniversary, EntryAnchor, Prediction, SharedAnchor
from kairos.domain.instant import YEAR_MAX, parse_instant
from kairos.domain.localtime import to_instant
from kairos.domain.lunar import LAST_YEAR, lunar_to_solar
from kairos.domain.offset import Offset
from kairos.domain.profile import Profile
from kairos.domain.recurrence import (
    LunarDate,
    next_anniversary,
    next_lunar_anniversary,
    next_month_day,
    nth_anniversary,
    nth_lunar_anniversary,
    nth_lunar_month_day,
    nth_month_day,
)

_ONE_DAY = timedelta(days=1)
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Moment:
    """One whole day. `n` counts the returns of an anniversary: 1 is a year (or a month) after the date; of a prediction
    it is the days of purchase so far."""

    key: str
    day: date
    n: int | None = None

    def starts(self, zone: ZoneInfo) -> datetime:
        """Return the UTC instant at which the day begins on the zone's clock."""
        return to_instant(self.day, _MIDNIGHT, zone)


DaysOf = Callable[[SharedAnchor | Prediction], Sequence[Moment]]
"""The days of a shared anchor, in order, as the release has them, or the one that is predicted of this customer."""


def next_moment(anchor: Anchor, profile: Profile, after: datetime, zone: ZoneInfo, days_of: DaysOf) -> datetime | None:
    """Return the next instant of the anchor for this customer, strictly after `after` (UTC), or None.

    A whole day is the midnight at which it begins in `zone`. None: no such entry, no such trait or no date in it, or
    the release's calendar ends before the next day.
    """
    if isinstance(anchor, EntryAnchor):
        return min((at for at in entry_instants(anchor, profile) if at > after), default=None)
    since = after.astimezone(zone).date()
    instants = (moment.starts(zone) for moment in moments(anchor, profile.traits, since, zone, days_of))
    return next((at for at in instants if at > after), None)


def entry_instants(anchor: EntryAnchor, profile: Profile) -> Iterator[datetime]:
    """Yield the instant of every live entry of the anchor's kind, in no order."""
    for entry in profile.entries.values():
        at = entry.starts_at if anchor.at == "starts_at" else entry.ends_at
        if entry.kind == anchor.kind and not entry.cancelled and at is not None:
            yield at


def moments(
    anchor: Anniversary | Prediction | SharedAnchor,
    traits: Mapping[str, object],
    since: date,
    zone: ZoneInfo,
    days_of: DaysOf,
) -> Iterator[Moment]:
    """Yield the anchor's days from `since` on, in order; nothing for a trait that is missing or holds no date.

    Anniversaries go on to the end of the calendar (the lunar table's, for lunar ones), so take only what is needed.
    """
    if not isinstance(anchor, Anniversary):
        yield from (moment for moment in days_of(anchor) if moment.day >= since)
        return
    try:
        yield from _anniversaries(anchor, traits.get(anchor.trait), since, zone)
    except ValueError:  # a trait is what somebody typed: without a date in it there is nothing to return
        return


def _anniversaries(anchor: Anniversary, value: object, since: date, zone: ZoneInfo) -> Iterator[Moment]:
    if anchor.calendar == "lunar":
        lunar = LunarDate.parse(value[:10] if isinstance(value, str) else "")
        return (_lunar_months if anchor.every == "month" else _lunar)(lunar, since)
    return takewhile(lambda moment: moment.day.year <= YEAR_MAX, _solar(anchor, read_date(value, zone), since))


def _solar(anchor: Anniversary, born: date, since: date) -> Iterator[Moment]:
    before = since - _ONE_DAY
    if anchor.every == "month":
        for n in count(next_month_day(born, before).n):
            day = nth_month_day(born, n)
            yield Moment(f"{day:%Y-%m}", day, n)
    for n in count(next_anniversary(born, before, anchor.feb29).n):
        yield Moment(str(born.year + n), nth_anniversary(born, n, anchor.feb29), n)


def _lunar(born: LunarDate, since: date) -> Iterator[Moment]:
    first = next_lunar_anniversary(born, since - _ONE_DAY, lunar_to_solar)
    for n in count(first.n) if first is not None else ():
        day = nth_lunar_anniversary(born, n, lunar_to_solar)
        if day is None:
            return
        yield Moment(str(born.year + n), day, n)


def _lunar_months(born: LunarDate, since: date) -> Iterator[Moment]:
    # Two solar years back there are at least 24 ordinary months: enough to begin before `since` and end behind it.
    for n in count(max(1, (since.year - 2 - born.year) * 12)):
        day = nth_lunar_month_day(born, n, lunar_to_solar)
        if day is None and born.year * 12 + born.month + n > LAST_YEAR * 12:
            return
        if day is not None and day >= since:
            years, month = divmod(born.year * 12 + born.month - 1 + n, 12)
            yield Moment(f"{years}-{month + 1:02d}", day, n)


def read_date(value: object, zone: ZoneInfo) -> date:
    """Return the date in a trait: `1990-06-01`, or the local date of an instant. Raises ValueError for others.

    A midnight is how many systems write a date that has no time, so it means the date as written, in any zone.
    """
    if not isinstance(value, str):
        raise ValueError("a date trait is text such as 1990-06-01")
    written = datetime.fromisoformat(value)
    return written.date() if written.time() == _MIDNIGHT else parse_instant(value, zone).astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Span:
    """From the first step around a moment to the last; `closes` is not before the moment's own day ends."""

    opens: datetime
    closes: datetime


def span_of(moment: Moment, offsets: Iterable[Offset], zone: ZoneInfo) -> Span:
    """Return when the steps around a whole day begin and end for a customer in `zone`."""
    dues = [offset.resolve_day(moment.day, zone) for offset in offsets]
    return Span(min(dues), max(*dues, to_instant(moment.day + _ONE_DAY, _MIDNIGHT, zone)))


def days_after(offsets: Iterable[Offset]) -> int:
    """Return how many days behind a moment its last step may lie, in any zone: where a search for it begins."""
    farthest = (offset.days if offset.days is not None else (offset.elapsed or _ONE_DAY).days + 1 for offset in offsets)
    return max(0, *farthest) + 2
