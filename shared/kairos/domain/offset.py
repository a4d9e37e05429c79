"""How far a step of a timeline lies from its anchor.

Two kinds of distance that coincide until the clocks change: *local days* (`-14d 10:00`, `-1d`), counted on the
customer's calendar, and *elapsed* time (`-2h`, `+90m`), counted on a stopwatch.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from kairos.domain.duration import format_duration, parse_duration
from kairos.domain.localtime import format_clock, parse_clock, to_instant

_FORM = re.compile(r"([+-]?)((?:\d{1,9}[wdhms])+)(?: (\S+))?", re.ASCII)
_RIGHT = (
    'write "-14d 10:00" or "+1d" for local days, "-2h" or "+90m" for elapsed time, "0d" or "0m" for the anchor itself'
)
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Offset:
    """A signed distance: `days` of the local calendar with an optional `clock`, or `elapsed` time; never both."""

    days: int | None = None
    clock: time | None = None
    elapsed: timedelta | None = None

    def __post_init__(self) -> None:
        if (self.days is None) == (self.elapsed is None) or (self.clock is not None and self.days is None):
            raise ValueError("an offset is local days (with or without a clock) or elapsed time, one of the two")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the forms of DESIGN section 5; raise ValueError, saying what would be right, for others.

        The sign may be missing from a zero only: whoever writes `2h` may have meant before as well as after.
        """
        found = _FORM.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f"{_shown(text)} is no offset: {_RIGHT}")
        sign, distance, clock_text = found.groups()
        length = parse_duration(distance)
        if length and not sign:
            raise ValueError(f'{_shown(text)} has no sign: write "-{distance}" for before, "+{distance}" for after')
        if sign == "-":
            length = -length
        units = set(re.findall("[a-z]", distance))
        if units <= {"w", "d"}:
            return cls(
                days=length.days,
                clock=parse_clock(clock_text) if clock_text is not None else None,
            )
        if units & {"w", "d"}:
            raise ValueError(f"{_shown(text)} mixes local days with elapsed time: {_RIGHT}")
        if clock_text is not None:
            raise ValueError(f"{_shown(text)} gives a clock time to elapsed time: {_RIGHT}")
        return cls(elapsed=length)

    @property
    def is_local(self) -> bool:
        """Whether the zone matters, so that a profile's new zone moves the step.

        From an anchor that is a whole day (`resolve_day`) every offset depends on the zone, elapsed ones too.
        """
        return self.days is not None

    @property
    def is_before(self) -> bool:
        """Whether it lies before the anchor by its sign; `0d 09:00` may be either, so compare its instant instead."""
        return (self.days or 0) < 0 or (self.elapsed is not None and self.elapsed < timedelta(0))

    def resolve(self, anchor: datetime, zone: ZoneInfo) -> datetime:
        """Return the UTC instant this far from `anchor` (UTC).

        Local days count from the anchor's local date, at `clock` or else at the anchor's own local clock time; skipped
        and repeated local times follow `localtime.to_instant`. `0d` without a clock is the anchor itself, also where
        its local time happens twice and it is the second.
        """
        if self.elapsed is not None:
            return anchor + self.elapsed
        if not self.days and self.clock is None:
            return anchor
        on_the_wall = anchor.astimezone(zone)
        clock = on_the_wall.time() if self.clock is None else self.clock
        return to_instant(on_the_wall.date() + timedelta(days=self.days or 0), clock, zone)

    def resolve_day(self, day: date, zone: ZoneInfo) -> datetime:
        """Return the UTC instant this far from an anchor that is a whole local day (a birthday, a holiday, a payday).

        Local days without a clock mean 00:00 of the day they reach, elapsed time counts from 00:00 of `day`: a whole
        day begins at midnight, or where a change skips it, at the first instant the day has.
        """
        if self.elapsed is not None:
            return to_instant(day, _MIDNIGHT, zone) + self.elapsed
        return to_instant(day + timedelta(days=self.days or 0), self.clock or _MIDNIGHT, zone)

    def __str__(self) -> str:
        """Return the canonical text, which `parse` reads back to an equal offset; elapsed time never says days."""
        if self.elapsed is not None:
            sign = "-" if self.elapsed < timedelta(0) else "+" if self.elapsed else ""
            return sign + format_duration(abs(self.elapsed), largest="h")
        days = f"{self.days:+d}d" if self.days else "0d"
        return days if self.clock is None else f"{days} {format_clock(self.clock)}"


def _shown(text: object) -> str:
    return repr(text[:40]) if isinstance(text, str) else type(text).__name__
