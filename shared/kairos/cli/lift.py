"""Lift: what a journey, or all marketing, changed, shown only against customers who were held out, with its interval.

A journey's conversions per passage are compared with those of its holdout: the difference has Newcombe's interval (see
`kairos.domain.proportion`). All marketing is compared by customers who bought, each counted once a month. Who is held
out is a hash, whatever they do; so if marketing changed nothing, of n buyers the holdout's count is binomial with its
share h, and the ratio of the two rates has the interval that the share of held-out buyers gives it (the conditional
test of J. Przyborowski and H. Wilenski, Biometrika 31, 1940, with Wilson's interval for the share).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kairos.domain.proportion import Interval, newcombe, wilson

PASSAGES_MIN, EVENTS_MIN = 100, 10
"""Of each side: passages, and conversions as well as passages without one, before anything is said."""

NOT_ENOUGH = "not enough data yet"


@dataclass(frozen=True, slots=True)
class Lift:
    """A journey's passages and conversions, and those of its holdout."""

    converted: int
    entered: int
    held_converted: int
    held: int

    @property
    def interval(self) -> Interval | None:
        """Return the interval of conversions per passage minus the holdout's, or None while there is not enough."""
        sides = (self.held_converted, self.held), (self.converted, self.entered)
        if not all(_is_enough(*side) for side in sides):
            return None
        return newcombe(*sides)

    @property
    def points(self) -> float | None:
        """Return the difference itself, where it may be told."""
        if self.interval is None:
            return None
        return self.converted / self.entered - self.held_converted / self.held


@dataclass(frozen=True, slots=True)
class BrandLift:
    """Customers who bought, once a month each, of those whom marketing reaches and of the `share` held out of it."""

    share: float
    bought: int
    held_bought: int

    @property
    def interval(self) -> Interval | None:
        """Return the interval of how many times as many buy, or None while there is not enough."""
        if min(self.bought, self.held_bought) < EVENTS_MIN or not 0 < self.share < 1:
            return None
        low, high = wilson(self.held_bought, self.bought + self.held_bought)
        return self._ratio(high), self._ratio(low)

    @property
    def times(self) -> float | None:
        """Return how many times as many buy, where it may be told."""
        if self.interval is None:
            return None
        return self._ratio(self.held_bought / (self.bought + self.held_bought))

    def _ratio(self, held: float) -> float:
        return (1 - held) / held * self.share / (1 - self.share)


def in_words(lift: Lift) -> str:
    """Return what can be said of a journey, with the sample it rests on."""
    rests = f"{lift.entered:,} passages against {lift.held:,} held out"
    if not lift.held:
        return "lift: nobody is held out of this journey, so nothing says what it changed (`holdout:`)"
    if lift.interval is None or lift.points is None:
        return f"lift: {NOT_ENOUGH} ({rests})"
    low, high = lift.interval
    word = "more conversions" if low > 0 else "fewer conversions" if high < 0 else "no difference shown"
    more = f", {low * lift.entered:+,.0f} to {high * lift.entered:+,.0f} of them"
    return (
        f"lift: {word}: {lift.points * 100:+.1f} points a passage, 95 % {low * 100:+.1f} to {high * 100:+.1f}{more} "
        f"({rests})"
    )


def brand_in_words(lift: BrandLift) -> str:
    """Return what can be said of all marketing, with the sample it rests on."""
    rests = f"{lift.bought:,} customers who bought against {lift.held_bought:,} of the {lift.share:.4g} held out"
    if lift.interval is None or lift.times is None:
        return f"all marketing: {NOT_ENOUGH} ({rests})"
    low, high = lift.interval
    word = "more customers buy" if low > 1 else "fewer customers buy" if high < 1 else "no difference shown"
    return f"all marketing: {word}: {lift.times:.2f} times as many, 95 % {low:.2f} to {high:.2f} ({rests})"


def to_json(lift: Lift) -> dict[str, Any]:
    """Return it as plain JSON: fractions, None where nothing can be said."""
    return {
        "converted": lift.converted,
        "entered": lift.entered,
        "converted_in_holdout": lift.held_converted,
        "held_out": lift.held,
        "points": lift.points,
        "interval": list(lift.interval) if lift.interval else None,
        "verdict": in_words(lift).removeprefix("lift: "),
    }


def brand_to_json(lift: BrandLift) -> dict[str, Any]:
    """Return it as plain JSON: how many times as many buy, None where nothing can be said."""
    return {
        "share": lift.share,
        "bought": lift.bought,
        "bought_in_holdout": lift.held_bought,
        "times": lift.times,
        "interval": list(lift.interval) if lift.interval else None,
        "verdict": brand_in_words(lift).removeprefix("all marketing: "),
    }


def _is_enough(successes: int, trials: int) -> bool:
    return trials >= PASSAGES_MIN and min(successes, trials - successes) >= EVENTS_MIN
