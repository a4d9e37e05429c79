"""What came of experiments: arms and successes as they were counted, with what can be said of them and what cannot.

An arm is compared with the first one only where both have enough passages and successes for the interval to mean
something; before that there is no better arm, only few data. With several arms the intervals are wider by as much as
several comparisons ask for (Bonferroni), so that the whole table keeps its 95 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kairos.app.ports import Figure
from kairos.domain.proportion import CONFIDENCE, newcombe, wilson

KINDS = ("assigned", "succeeded")
PASSAGES_MIN, EVENTS_MIN = 100, 10
"""Of each arm: passages, and successes as well as passages without one, before it is compared."""

NOT_ENOUGH = "not enough data yet"
HEAD = ("arm", "passages", "successes", "share", "95 % interval", "against the first arm")


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: passages that were given it, and successes among them."""

    name: str
    passages: int
    successes: int

    @property
    def is_told(self) -> bool:
        """Return whether the counts make a share: days that begin after its assignments may hold more successes."""
        return 0 <= self.successes <= self.passages and self.passages > 0

    @property
    def is_enough(self) -> bool:
        """Return whether it can be compared."""
        rare = min(self.successes, self.passages - self.successes)
        return self.passages >= PASSAGES_MIN and rare >= EVENTS_MIN


Orders = Mapping[str, Sequence[str]]
"""Step → its arms as the author wrote them: the first is what the others are compared with."""


def arms_of(figures: Mapping[Figure, int], orders: Orders) -> dict[str, list[Arm]]:
    """Return the arms of every experiment that was counted, in the author's order; those that are gone come last."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for figure, number in figures.items():
        if figure.kind in KINDS:
            counts[figure.step, figure.reason, figure.kind] += number
    steps: dict[str, list[Arm]] = {}
    for step, name in sorted({(step, name) for step, name, _ in counts}):
        arm = Arm(name, counts[step, name, "assigned"], counts[step, name, "succeeded"])
        steps.setdefault(step, []).append(arm)
    for step, arms in steps.items():
        written = list(orders.get(step, ()))
        arms.sort(key=lambda arm: (written.index(arm.name) if arm.name in written else len(written), arm.name))
    return steps


def difference(first: Arm, other: Arm, comparisons: int) -> tuple[float, float] | None:
    """Return the interval of the other arm's share minus the first one's, or None while there is not enough data."""
    if not (first.is_enough and other.is_enough):
        return None
    confidence = 1 - (1 - CONFIDENCE) / comparisons
    return newcombe((first.successes, first.passages), (other.successes, other.passages), confidence)


def verdict(interval: tuple[float, float] | None) -> str:
    """Return what an interval of a difference says, in words and percentage points."""
    if interval is None:
        return NOT_ENOUGH
    low, high = interval
    word = "better" if low > 0 else "worse" if high < 0 else "no difference shown"
    return f"{word}: {low * 100:+.1f} to {high * 100:+.1f} points"


def to_json(figures: Mapping[Figure, int], orders: Orders) -> dict[str, list[dict[str, Any]]]:
    """Return every experiment as plain JSON: shares and intervals as fractions, None where nothing can be said."""
    return {step: [_json(arm, arms) for arm in arms] for step, arms in arms_of(figures, orders).items()}


def to_rows(figures: Mapping[Figure, int], orders: Orders) -> list[tuple[str, list[tuple[object, ...]]]]:
    """Return every experiment as (step, rows for people)."""
    return [(step, [_row(arm, arms) for arm in arms]) for step, arms in arms_of(figures, orders).items()]


def _json(arm: Arm, arms: list[Arm]) -> dict[str, Any]:
    against = difference(arms[0], arm, len(arms) - 1) if arm is not arms[0] else None
    return {
        "arm": arm.name,
        "passages": arm.passages,
        "successes": arm.successes,
        "share": arm.successes / arm.passages if arm.is_told else None,
        "interval": list(wilson(arm.successes, arm.passages)) if arm.is_told else None,
        "against_first": list(against) if against else None,
        "verdict": "" if arm is arms[0] else verdict(against),
    }


def _row(arm: Arm, arms: list[Arm]) -> tuple[object, ...]:
    share, interval = "", "days before these hold its passages"
    if arm.is_told:
        low, high = wilson(arm.successes, arm.passages)
        share, interval = f"{arm.successes / arm.passages:.1%}", f"{low:.1%} to {high:.1%}"
    said = "" if arm is arms[0] else verdict(difference(arms[0], arm, len(arms) - 1))
    return (arm.name, arm.passages, arm.successes, share, interval, said)
