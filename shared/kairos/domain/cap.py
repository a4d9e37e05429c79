"""A frequency cap: at most so many messages in a span that rolls, or in a day, week or month of the local calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from kairos.domain.duration import parse_duration
from kairos.domain.localtime import to_instant

Calendar = Literal["day", "week", "month"]
CALENDARS: tuple[Calendar, ...] = ("day", "week", "month")
PER_MAX = timedelta(days=366)
"""For how long what was sent is remembered."""

ANY = "any"
CLASSES = ("marketing", "transactional", ANY)

_MIDNIGHT = time(0)

# Which day begins the week: Unicode CLDR 39, supplemental/weekData.json, `firstDay`; elsewhere it is Monday.
_SATURDAY = "AE AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY"
_SUNDAY = (
    "AG AS AU BD BR BS BT BW BZ CA CN CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE "
    "PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW"
)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` messages of `kind` (marketing, transactional, any) on `channel` ("any": all together) in any span
    of `per`, or in each calendar `per` of the customer's zone."""

    channel: str
    most: int
    per: timedelta | Calendar
    kind: str = "marketing"

    def concerns(self, channel: str, marketing: bool) -> bool:
        """Return whether a message of this channel and class counts."""
        kinds = (ANY, "marketing" if marketing else "transactional")
        return self.channel in (ANY, channel) and self.kind in kinds

    def leaves_at(self, at: datetime, zone: ZoneInfo, week_starts: int) -> datetime:
        """Return when a message of `at` (UTC) stops counting: exactly `per` later, or when its day, week or month in
        the zone is over."""
        if isinstance(self.per, timedelta):
            return at + self.per
        return to_instant(_next(self.per, at.astimezone(zone).date(), week_starts), _MIDNIGHT, zone)


def parse_per(value: Any) -> timedelta | Calendar:
    """Read `7d`, or `day`, `week`, `month`. Raises ValueError."""
    for calendar in CALENDARS:
        if value == calendar:
            return calendar
    try:
        per = parse_duration(value)
    except ValueError:
        per = timedelta()
    if not timedelta() < per <= PER_MAX:
        raise ValueError(f"expected a span such as 7d, at most {PER_MAX.days}d, or one of {', '.join(CALENDARS)}")
    return per


def first_weekday(country: str | None) -> int:
    """Return the day (Monday 0) on which the week begins in a country (ISO 3166)."""
    return 5 if country in _SATURDAY.split() else 6 if country in _SUNDAY.split() else 0


def _next(calendar: Calendar, day: date, week_starts: int) -> date:
    """Return the first day of the day, week or month after that of `day`."""
    if calendar == "day":
        return day + timedelta(days=1)
    if calendar == "week":
        return day + timedelta(days=7 - (day.weekday() - week_starts) % 7)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
