"""Quiet hours: windows of the local clock in which class marketing is held, to be sent when they end.

Whether an instant is quiet is asked of the clock on the wall and nothing else. So a window that a spring change cuts
short ends at the gap's end, and one that an autumn change re-enters is quiet again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol, Self
from zoneinfo import ZoneInfo

from kairos.domain.localtime import first_change, format_clock, parse_clock

SEARCH_MAX = timedelta(days=8)
"""How far `next_open` looks: a union of zones that leaves no opening in a week and a day never does."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A daily window of the local clock, `start` inside and `end` not; with `start` after `end` it spans midnight."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValueError(
                "a quiet window starts and ends at different times: a whole day would hold messages for ever"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"21:00-08:00"`; raise ValueError, saying what would be right, for others."""
        start, dash, end = text.partition("-") if isinstance(text, str) else ("", "", "")
        if not dash:
            shown = repr(text[:40]) if isinstance(text, str) else type(text).__name__
            raise ValueError(f'{shown} is no window: write "HH:MM-HH:MM", such as "21:00-08:00"')
        return cls(parse_clock(start.strip()), parse_clock(end.strip()))

    def __str__(self) -> str:
        return f"{format_clock(self.start)}-{format_clock(self.end)}"

    def contains(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Say whether the zone's clock at `instant` (aware) shows a time inside the window."""
        return self._holds(instant.astimezone(zone).time())

    def ends_after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the first instant, not before `instant` (UTC), that is outside the window; it may be `instant`."""
        on_the_wall = instant.astimezone(zone)
        while self._holds(on_the_wall.time()):
            end = instant + self._left(on_the_wall)
            if end.astimezone(zone).utcoffset() != on_the_wall.utcoffset():
                # The clocks change first. The window may be over at once, or go on for another while: look again there.
                end = first_change(instant, end, zone)
            instant, on_the_wall = end, end.astimezone(zone)
        return instant

    def _holds(self, clock: time) -> bool:
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def _left(self, on_the_wall: datetime) -> timedelta:
        naive = on_the_wall.replace(tzinfo=None)
        end = datetime.combine(naive.date(), self.end)
        return (end if end > naive else end + _ONE_DAY) - naive


class Closing(Protocol):
    """What closes and opens by the local clock: a quiet window, or the time outside allowed hours."""

    def ends_after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the first instant, not before `instant` (UTC), at which it is open; it may be `instant`."""


def next_open(
    instant: datetime, quiet: Iterable[tuple[Closing, ZoneInfo]], within: timedelta = SEARCH_MAX
) -> datetime | None:
    """Return the first instant, not before `instant` (UTC), at which all are open, each in its zone.

    What any of them holds is quiet (the union: a profile without a zone may live in each). None where there is no
    opening `within` that time.
    """
    windows = tuple(quiet)
    opening, until = instant, instant + within
    while opening <= until:
        held = opening
        for window, zone in windows:
            opening = window.ends_after(opening, zone)
        if opening == held:
            return opening
    return None
