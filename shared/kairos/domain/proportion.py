"""Shares of a count, with the interval that says how much is known of them, and the difference of two.

Wilson's score interval (E. B. Wilson, 1927) keeps its promise for small counts and shares near 0 or 1, where the
familiar plus-minus does not. The interval of a difference is Newcombe's hybrid score interval, method 10 (R. G.
Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17, 1998).
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95

Interval = tuple[float, float]


def wilson(successes: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of the share behind `successes` of `trials`, both in [0, 1].

    Raises ValueError for counts that cannot be: no trials, or more successes than trials.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} successes of {trials}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    middle = share + z * z / (2 * trials)
    reach = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    whole = 1 + z * z / trials
    low = 0.0 if successes == 0 else (middle - reach) / whole
    high = 1.0 if successes == trials else (middle + reach) / whole
    return low, high


def newcombe(first: tuple[int, int], second: tuple[int, int], confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of the second share minus the first, each given as (successes, trials)."""
    share_1, share_2 = first[0] / first[1], second[0] / second[1]
    low_1, high_1 = wilson(*first, confidence)
    low_2, high_2 = wilson(*second, confidence)
    difference = share_2 - share_1
    below = sqrt((share_2 - low_2) ** 2 + (high_1 - share_1) ** 2)
    above = sqrt((high_2 - share_2) ** 2 + (share_1 - low_1) ** 2)
    return difference - below, difference + above
