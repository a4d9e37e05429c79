"""The last days on which something happened to a customer: a bounded set, so late events may come in any order.

Stored are the last day and the steps back from it, [739203, 7, 7, 14 …]: a day costs a number of one or two digits, and
whether today is known already is one comparison. A day that lies before the DAYS_KEPT_MAX kept ones changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from operator import sub

DAYS_KEPT_MAX = 40


def with_day(state: Sequence[int], day: int) -> list[int]:
    """Return the state once it happened on this ordinal, however late that is heard."""
    if not state or day > state[0]:
        return [day, *([day - state[0]] if state else []), *state[1 : DAYS_KEPT_MAX - 1]]
    return list(state) if day == state[0] else of_days({*days_in(state), day})


def days_in(state: Sequence[int]) -> tuple[int, ...]:
    """Return the ordinals that a state holds, sorted."""
    return tuple(reversed(tuple(accumulate(state, sub))))


def of_days(days: Iterable[int]) -> list[int]:
    """Return the state of these ordinals, in any order."""
    kept = sorted(days, reverse=True)[:DAYS_KEPT_MAX]
    return [*kept[:1], *(after - before for after, before in pairwise(kept))]
