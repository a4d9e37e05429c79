"""What the shop's books tell of the year before the demo: when its regular customers bought. Nobody here exists.

Each has a rhythm of their own (lognormal gaps), one in fourteen does not come back after an order, and the shop is
closed on Mondays; all of it decided by a hash, so every run has the same books.
"""

from __future__ import annotations

from datetime import date
from math import exp
from statistics import NormalDist

from kairos.local.demo_people import chance

CUSTOMERS = 64
FIRST, LAST = date(2025, 1, 1).toordinal(), date(2026, 2, 28).toordinal()
_NORMAL = NormalDist()
_MONDAY = 1


def past_orders() -> dict[str, list[int]]:
    """Return each customer's days of purchase, as sorted ordinals."""
    return {f"book-{number:02}": _days(number) for number in range(CUSTOMERS)}


def _days(number: int) -> list[int]:
    pace, spread = 3.1 + 0.45 * _normal("pace", number), 0.2 + 0.35 * chance("spread", number)
    day, days = FIRST + int(150 * chance("first", number)), list[int]()
    while day <= LAST:
        day += day % 7 == _MONDAY  # an ordinal of 1 modulo 7 is a Monday
        days.append(day)
        if chance("leaves", number, len(days)) < 1 / 14:
            break
        day += max(1, round(exp(pace + spread * _normal("gap", number, len(days)))))
    return [each for each in days if each <= LAST]


def _normal(*what: object) -> float:
    return _NORMAL.inv_cdf(min(max(chance(*what), 1e-6), 1 - 1e-6))
