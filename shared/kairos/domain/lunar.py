"""The Korean lunar calendar as a table: which solar day a lunar one falls on, from 1969 to 2050.

The Korean months are reckoned for Seoul's meridian, so a date may differ by a day from the Chinese calendar's. The
table is that of the Korea Astronomy and Space Science Institute (KASI) as the package `korean-lunar-calendar` carries
it, whose data end with 2050; a test compares every day with the package. Here it costs a cold start nothing.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

FIRST_YEAR, LAST_YEAR = 1969, 2050
LAST_DAY = date(2050, 12, 31)
"""The last solar day that is known; the lunar year goes on into 2051."""

_TABLE = (
    "021756a 02069ad 01274dd50 02154ae 0203a4e 0123d4d40 0211d25 0131d5980 0218b54 0207d6a 012895a61 021695b "
    "020549b 0125a9b40 0213a4b 0202b27a0 02206a5 02096d4 0129b7560 02182b6 020695b 01274b750 0215497 020464b "
    "012374a30 0210ea5 01316d980 02195ad 02082b6 012896e50 021692e 0205c96 0124e9540 0212d4a 0201da5 012275520 "
    "020956c 0129abb70 021825d 020792d 0126cab50 0214a95 0203b4a 0123b4a31 0210b55 013155d90 02194ba 0208a5b "
    "012855750 021652b 0205a95 0125b9540 02126aa 0201ad5 01226b520 02104b6 0129a6e60 0217a57 0207527 01276a650 "
    "0213d93 02035aa 0123b6a30 021196d 01314afb0 02194ae 0208a4d 0128d0d61 0215d25 0204d52 0124dd450 0212b6a "
    "020196d 012255b20 021049b 0130a5770 0217a4b 0206b25 0126b2551 02146d4 0202ada 01238b431"
)
"""One word a lunar year: MMDD of its first day, 12 bits in hex (1: the month has 30 days, else 29; the first month
comes first), and in a leap year the number of the month that comes twice (hex) and whether its second has 30 days."""


def lunar_to_solar(year: int, month: int, day: int) -> date | None:
    """Return the solar date of a day of an ordinary lunar month; None where there is no such day or the table ends."""
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
        return None
    first, lengths, starts = _year(year)
    if not 1 <= day <= lengths[month - 1]:
        return None
    found = first + timedelta(days=starts[month - 1] + day - 1)
    return found if found <= LAST_DAY else None


@cache
def _year(year: int) -> tuple[date, tuple[int, ...], tuple[int, ...]]:
    """Return a lunar year's first day, its ordinary months' lengths, and how many days lie before each."""
    word = _TABLE.split()[year - FIRST_YEAR]
    bits, leap = int(word[4:7], 16), int(word[7:8] or "0", 16)
    lengths = tuple(29 + (bits >> (11 - month) & 1) for month in range(12))
    starts, days = [], 0
    for month, length in enumerate(lengths, 1):
        starts.append(days)
        days += length + (29 + int(word[8]) if month == leap else 0)
    return date(year, int(word[:2]), int(word[2:4])), lengths, tuple(starts)
