"""Days that come again: anniversaries (solar, monthly, Korean lunar) and paydays. Dates alone: no clocks, no zones."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Literal, Self

Feb29 = Literal["feb28", "mar1"]
Shift = Literal["previous", "next", "none"]
LunarToSolar = Callable[[int, int, int], date | None]
"""(lunar year, ordinary month, day) → the solar date, or None where there is no such day or the table ends."""

PAYDAY_SHIFT_DAYS_MAX = 31
_LUNAR = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The `n`-th return of a day: 1 is a year (or a month) after the first."""

    n: int
    day: date


@dataclass(frozen=True, slots=True)
class LunarDate:
    """A day of the lunar calendar as people write it. No `date`: lunar February may have 30 days.

    A leap month is written as the ordinary month of its number, which is where its anniversaries are kept.
    """

    year: int
    month: int
    day: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1 <= self.day <= 30):
            raise ValueError(f"{self} is no lunar date: months are 01 to 12, days 01 to 30")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"1980-08-15"`; raise ValueError for others."""
        found = _LUNAR.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError('a lunar date is written "YYYY-MM-DD", such as "1980-08-15"')
        year, month, day = map(int, found.groups())
        return cls(year, month, day)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"


def nth_anniversary(born: date, n: int, feb29: Feb29 = "feb28") -> date:
    """Return the day `n` years after `born`; `feb29` says where 29 February goes in the years that lack it.

    Raises ValueError beyond the year 9999.
    """
    year = born.year + n
    if (born.month, born.day) == (2, 29) and monthrange(year, 2)[1] == 28:
        return date(year, 2, 28) if feb29 == "feb28" else date(year, 3, 1)
    return born.replace(year=year)


def anniversaries(born: date, feb29: Feb29 = "feb28") -> Iterator[Occurrence]:
    """Yield the yearly returns of `born` in order, from the first, to the end of the calendar."""
    for n in range(1, date.max.year - born.year + 1):
        yield Occurrence(n, nth_anniversary(born, n, feb29))


def next_anniversary(born: date, after_day: date, feb29: Feb29 = "feb28") -> Occurrence:
    """Return the first yearly return of `born` strictly after `after_day`; its `n` is at least 1."""
    first = max(1, after_day.year - born.year)
    return next(
        found for n in count(first) if (found := Occurrence(n, nth_anniversary(born, n, feb29))).day > after_day
    )


def nth_month_day(born: date, n: int) -> date:
    """Return the day `n` months after `born`; in a month that lacks the day, its last."""
    year, month = _shift_month(born.year, born.month, n)
    return date(year, month, min(born.day, monthrange(year, month)[1]))


def next_month_day(born: date, after_day: date) -> Occurrence:
    """Return the first monthly return of `born` strictly after `after_day`; its `n` is at least 1."""
    first = max(1, (after_day.year - born.year) * 12 + after_day.month - born.month)
    return next(found for n in count(first) if (found := Occurrence(n, nth_month_day(born, n))).day > after_day)


def nth_lunar_anniversary(born: LunarDate, n: int, lunar_to_solar: LunarToSolar) -> date | None:
    """Return the solar day of `born`'s return in its `n`-th lunar year, or None where the table does not reach.

    A 30th that the month lacks in that year is kept on the 29th.
    """
    found = lunar_to_solar(born.year + n, born.month, born.day)
    return lunar_to_solar(born.year + n, born.month, 29) if found is None and born.day == 30 else found


def next_lunar_anniversary(born: LunarDate, after_day: date, lunar_to_solar: LunarToSolar) -> Occurrence | None:
    """Return the first lunar return of `born` strictly after `after_day`, or None where the table does not reach."""
    # The last months of a lunar year fall into January and February of the next solar one.
    first = max(1, after_day.year - 1 - born.year)
    for n in range(first, first + 4):
        day = nth_lunar_anniversary(born, n, lunar_to_solar)
        if day is not None and day > after_day:
            return Occurrence(n, day)
    return None


def nth_lunar_month_day(born: LunarDate, n: int, lunar_to_solar: LunarToSolar) -> date | None:
    """Return the solar day of `born`'s return in the `n`-th ordinary lunar month after it; a missing 30th is the 29th.

    Leap months are no months of their own here, as for years.
    """
    year, month = _shift_month(born.year, born.month, n)
    return nth_lunar_anniversary(LunarDate(year, month, born.day), 0, lunar_to_solar)


def payday(
    year: int,
    month: int,
    day: int | Literal["last"],
    shift: Shift,
    is_business_day: Callable[[date], bool],
) -> date:
    """Return the month's payday; a `day` that the month lacks is its last, as is `"last"`.

    On a day that is no business day, pay comes the business day before (`previous`) or after (`next`), which may lie in
    another month, or all the same (`none`). Raises ValueError for a day that is no day of a month, and where a month
    passes without a business day.
    """
    if day != "last" and not 1 <= day <= 31:
        raise ValueError(f'{day} is no payday: write a day from 1 to 31, or "last"')
    length = monthrange(year, month)[1]
    paid = date(year, month, length if day == "last" else min(day, length))
    return paid if shift == "none" else move_to_business_day(paid, shift, is_business_day)


def move_to_business_day(day: date, shift: Shift, is_business_day: Callable[[date], bool]) -> date:
    """Return the day, or where it is closed the business day before it (`previous`) or after it (any other shift).

    Raises ValueError where a month passes without one.
    """
    step = timedelta(days=-1 if shift == "previous" else 1)
    for away in range(PAYDAY_SHIFT_DAYS_MAX):
        if is_business_day(day + away * step):
            return day + away * step
    raise ValueError(f"no business day within {PAYDAY_SHIFT_DAYS_MAX} days of {day}")


def next_payday(
    after_day: date,
    day: int | Literal["last"],
    shift: Shift,
    is_business_day: Callable[[date], bool],
) -> date:
    """Return the first payday strictly after `after_day`."""
    # From the month before: its pay may have moved into this one.
    for n in count(-1):
        year, month = _shift_month(after_day.year, after_day.month, n)
        if (paid := payday(year, month, day, shift, is_business_day)) > after_day:
            return paid
    raise AssertionError("the months do not end")


def _shift_month(year: int, month: int, n: int) -> tuple[int, int]:
    years, months = divmod(year * 12 + month - 1 + n, 12)
    return years, months + 1
