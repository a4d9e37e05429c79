"""Allowed windows: the hours of the week in which messages may go; at any other time they are held to the next.

A window belongs to the day on which it starts, also over midnight; a public holiday has windows of its own where the
author says so, else those of its weekday. Whether an instant is inside is asked of the clock on the wall and nothing
else, as with quiet hours: what a spring change skips is not there, what an autumn change repeats is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.localtime import WEEKDAYS, first_change, format_clock, parse_clock

SEARCH_MAX = timedelta(days=32)
"""How far `ends_after` looks: four weeks of holidays on the one weekday that is open, and some."""

ALL_DAY = "all day"
CLOSED = "closed"
HOLIDAYS = "holidays"

_ONE_DAY = timedelta(days=1)
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Span:
    """From `start`, inside, to `end`, not inside; where `end` is not after `start`, on the next day."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: Any) -> Span:
        """Read `"09:00-18:00"` or `"all day"`; raise ValueError, saying what would be right, for others."""
        if text == ALL_DAY:
            return cls(_MIDNIGHT, _MIDNIGHT)
        start, dash, end = text.partition("-") if isinstance(text, str) else ("", "", "")
        if not dash:
            shown = repr(text[:40]) if isinstance(text, str) else type(text).__name__
            raise ValueError(f'{shown} is no window: write "HH:MM-HH:MM", such as "09:00-18:00", or "{ALL_DAY}"')
        span = cls(parse_clock(start.strip()), parse_clock(end.strip()))
        if span.start == span.end:
            raise ValueError(f'a window starts and ends at different times; the whole day is "{ALL_DAY}"')
        return span

    def __str__(self) -> str:
        whole = self.start == self.end == _MIDNIGHT
        return ALL_DAY if whole else f"{format_clock(self.start)}-{format_clock(self.end)}"

    def on_its_day(self, clock: time) -> bool:
        """Say whether the clock is inside on the day the window starts."""
        return self.start <= clock and (clock < self.end or self.end <= self.start)

    def on_the_next(self, clock: time) -> bool:
        """Say whether the clock is inside on the day after."""
        return self.end <= self.start and clock < self.end


def no_holidays(day: date) -> bool:
    """Return that no day is a holiday: nobody says which are."""
    return False


@dataclass(frozen=True, slots=True)
class OpenHours:
    """The windows of each weekday (Monday first), and of public holidays where they have their own."""

    week: tuple[tuple[Span, ...], ...]
    holidays: tuple[Span, ...] | None = None
    is_holiday: Callable[[date], bool] = field(default=no_holidays, compare=False)

    @classmethod
    def parse(cls, raw: Any, is_holiday: Callable[[date], bool] = no_holidays) -> OpenHours:
        """Read windows for every day, or `{mon-fri: "09:00-18:00", sat: […], holidays: closed}`; a day that is not
        named is closed. Raises ValueError, saying what would be right."""
        if not isinstance(raw, Mapping):
            return cls((_spans(raw),) * 7, None, is_holiday)
        week: dict[int, tuple[Span, ...]] = {}
        holidays = None
        for name, value in raw.items():
            if name == HOLIDAYS:
                holidays = _spans(value)
                continue
            for day in _days(name):
                if day in week:
                    raise ValueError(f"{WEEKDAYS[day]} is named twice")
                week[day] = _spans(value)
        if not any(week.values()):
            raise ValueError("no weekday has a window: nothing would ever be sent")
        return cls(tuple(week.get(day, ()) for day in range(7)), holidays, is_holiday)

    def contains(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Say whether the zone's clock at `instant` (aware) shows a time inside a window."""
        return self._holds(instant.astimezone(zone))

    def ends_after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the first instant, not before `instant` (UTC), at which the closed time is over; it may be `instant`.

        One beyond `SEARCH_MAX` means that there is none before.
        """
        limit = instant + SEARCH_MAX
        on_the_wall = instant.astimezone(zone)
        while instant <= limit and not self._holds(on_the_wall):
            naive = on_the_wall.replace(tzinfo=None)
            start = next(self._starts_after(naive), None)
            if start is None:
                return limit + _ONE_DAY
            later = instant + min(start - naive, _ONE_DAY)
            if later.astimezone(zone).utcoffset() != on_the_wall.utcoffset():
                # The clocks change first, and what they then show may be inside at once: look again there.
                later = first_change(instant, later, zone)
            instant, on_the_wall = later, later.astimezone(zone)
        return instant

    def _holds(self, on_the_wall: datetime) -> bool:
        day, clock = on_the_wall.date(), on_the_wall.time()
        today = any(span.on_its_day(clock) for span in self._spans_of(day))
        return today or any(span.on_the_next(clock) for span in self._spans_of(day - _ONE_DAY))

    def _starts_after(self, naive: datetime) -> Iterator[datetime]:
        for days in range(SEARCH_MAX.days + 1):
            day = naive.date() + days * _ONE_DAY
            starts = (datetime.combine(day, span.start) for span in self._spans_of(day))
            yield from sorted(start for start in starts if start > naive)

    def _spans_of(self, day: date) -> tuple[Span, ...]:
        if self.holidays is not None and self.is_holiday(day):
            return self.holidays
        return self.week[day.weekday()]


def _spans(raw: Any) -> tuple[Span, ...]:
    if raw == CLOSED:
        return ()
    if isinstance(raw, list | tuple) and raw:
        return tuple(Span.parse(one) for one in raw)
    return (Span.parse(raw),)


def _days(name: str) -> list[int]:
    first, dash, last = name.partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        raise ValueError(f"{name[:20]!r} names no days: write mon, mon-fri or {HOLIDAYS}, with {', '.join(WEEKDAYS)}")
    start = WEEKDAYS.index(first)
    count = (WEEKDAYS.index(last) - start) % 7 if dash else 0
    return [(start + step) % 7 for step in range(count + 1)]
