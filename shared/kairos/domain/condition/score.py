"""A propensity: signals that add up to log-odds, as an author writes them, and the probability from which it holds.

    score:
      - {if: {did: page_viewed, times: {gte: 3}, within: 7d}, adds: 1.5, because: three visits in seven days}
      - {if: {did: cart_updated, within: 7d}, adds: 2, because: a cart}
    base: -3
    gte: 50%

The probability is 1 / (1 + exp(−(base + the sum of what the signals that hold add))). Numbers that were learned from
what customers did may take the place of the author's (`weighed`); the signals stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp

from kairos.domain.condition.facts import Condition, Facts
from kairos.domain.ids import digest

SIGNALS_MAX = 20
ADDS_MAX = 20.0


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that speaks for or against: how much it adds to the log-odds, and its name for people."""

    condition: Condition
    adds: float
    because: str


@dataclass(frozen=True, slots=True)
class Score:
    """The probability is at least `least`. `print` names the signals, without their numbers."""

    signals: tuple[Signal, ...]
    base: float
    least: float
    print: str = ""

    def holds(self, facts: Facts) -> bool:
        return self.chance(facts) >= self.least

    def changes(self, facts: Facts) -> Iterable[datetime]:
        return (at for signal in self.signals for at in signal.condition.changes(facts))

    def children(self) -> Sequence[Condition]:
        return tuple(signal.condition for signal in self.signals)

    def chance(self, facts: Facts) -> float:
        """Return the probability."""
        return chance_of(self.base + sum(signal.adds for signal in self.because(facts)))

    def because(self, facts: Facts) -> Iterator[Signal]:
        """Yield the signals that hold."""
        return (signal for signal in self.signals if signal.condition.holds(facts))

    def mask(self, facts: Facts) -> int:
        """Return which signals hold: a bit each, the first one lowest."""
        return sum(1 << place for place, signal in enumerate(self.signals) if signal.condition.holds(facts))

    def weighed(self, base: float, adds: Sequence[float]) -> Score:
        """Return the same signals with other numbers. Raises ValueError where there are not as many."""
        pairs = zip(self.signals, adds, strict=True)
        return replace(self, base=base, signals=tuple(replace(signal, adds=number) for signal, number in pairs))


def chance_of(odds: float) -> float:
    """Return the probability behind log-odds."""
    return 1.0 / (1.0 + exp(-odds)) if odds > 0 else exp(odds) / (1.0 + exp(odds))


def print_of(written: Sequence[str]) -> str:
    """Return what tells these signals, as they are written, from others."""
    return digest("score", *written)[:8]
