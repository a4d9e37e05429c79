"""The timing metrics of `results`, from what was counted of messages and customers. Formulas: docs/timing.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Any

from kairos.app.decide.timeliness import LAGS, NEAR_HOURS, UNKNOWN
from kairos.app.ports import Figure
from kairos.cli.lift import EVENTS_MIN, NOT_ENOUGH, PASSAGES_MIN
from kairos.domain.proportion import Interval, newcombe

FAR_HOURS = 6
REAL_TIME = ("5m", "15m", "1h")
_SHORTEST = 1.0
"""Where the first class of lags begins, in minutes: classes are read on a logarithmic scale."""


@dataclass(frozen=True, slots=True)
class Timeliness:
    """What was counted: messages by hours from the middle (None: unknown) and by what fits of three, answers by lag and
    by those hours; active days, first ones of a month, indices, days and spells of engagement, entries by score."""

    sent: Counter[int | None]
    fits: Counter[int]
    lags: Counter[str]
    answered: Counter[int | None]
    active_days: int
    months: int
    indices: Counter[float]
    engaged_days: int
    spells: int
    signals: Counter[str]

    @property
    def real_time(self) -> float | None:
        """Return the share of messages that were answered within an hour."""
        return _share(sum(self.lags[name] for name in REAL_TIME), self.sent.total())

    @property
    def accuracy(self) -> float | None:
        """Return 1 less the mean distance in halves of a day: 1 in the middle, ½ by chance, 0 at the opposite hour."""
        known = [(hours, number) for hours, number in self.sent.items() if hours is not None]
        away = _share(sum(hours * number for hours, number in known), sum(number for _, number in known))
        return None if away is None else 1 - away / 12

    @property
    def alignment(self) -> float | None:
        """Return how much of the context fitted, in [0, 1]."""
        return _share(sum(fits * number for fits, number in self.fits.items()), 3 * self.fits.total())

    @property
    def longevity_days(self) -> float | None:
        """Return how long a spell of engagement lasts in the mean: days that were stayed over spells that began."""
        return _share(self.engaged_days, self.spells)

    @property
    def frequency(self) -> float | None:
        """Return active days of an active customer in a month."""
        return _share(self.active_days, self.months)

    @property
    def index(self) -> float | None:
        """Return the mean lifecycle index of customers active in a month."""
        return _share(sum(index * number for index, number in self.indices.items()), self.indices.total())

    def lag_minutes(self, share: float) -> float | None:
        """Return the lag within which that share of the answers came, in minutes."""
        wanted, reached, start = share * self.lags.total(), 0, _SHORTEST
        for name, most in LAGS:
            end, here = most.total_seconds() / 60, self.lags[name]
            if here and reached + here >= wanted:
                return exp(log(start) + (log(end) - log(start)) * (wanted - reached) / here)
            reached, start = reached + here, end
        return None

    @property
    def near_and_far(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return (answered, sent) of messages near the middle, and far from it."""

        def of(least: int, most: int) -> tuple[int, int]:
            hours = [each for each in self.sent if each is not None and least <= each <= most]
            return sum(self.answered[each] for each in hours), sum(self.sent[each] for each in hours)

        return of(0, NEAR_HOURS), of(FAR_HOURS, 12)

    @property
    def sensitivity(self) -> tuple[float, Interval] | None:
        """Return by how much of itself the answer rate falls from near to far, and the interval of the difference of
        the two rates; None while there is not enough."""
        near, far = self.near_and_far
        if any(sent < PASSAGES_MIN or not EVENTS_MIN <= answers <= sent for answers, sent in (near, far)):
            return None
        return 1 - (far[0] / far[1]) / (near[0] / near[1]), newcombe(far, near)


def timeliness_of(journey: Mapping[Figure, int], brand: Mapping[Figure, int] | None = None) -> Timeliness:
    """Return the metrics of a journey's figures, and of what was counted of all customers."""
    found = Timeliness(Counter(), Counter(), Counter(), Counter(), 0, 0, Counter(), 0, 0, Counter())
    totals: Counter[str] = Counter()
    for figure, number in [*journey.items(), *(brand or {}).items()]:
        first, _, rest = figure.reason.partition(" ")
        if figure.kind == "aimed":
            found.sent[None if first == UNKNOWN else int(first[:-1])] += number
            if rest:
                found.fits[int(rest[0])] += number
        elif figure.kind == "answered":
            found.lags[first] += number
            found.answered[None if rest == UNKNOWN else int(rest[:-1])] += number
        elif figure.kind == "active":
            totals["days"] += number
            totals["months"] += number * (first == "first")
            if first == "first" and rest:
                found.indices[float(rest)] += number
        elif figure.kind == "engaged":
            totals["spells"] += number * (first == "new")
            totals["engaged"] += number * (0 if first == "new" else int(first))
        elif figure.kind == "segment_entered":
            found.signals[figure.reason] += number
    return Timeliness(
        *(found.sent, found.fits, found.lags, found.answered, totals["days"], totals["months"], found.indices),
        *(totals["engaged"], totals["spells"], found.signals),
    )


def to_rows(found: Timeliness) -> list[tuple[str, str, str]]:
    """Return (metric, value, what it rests on) for people; nothing where nothing was counted."""
    if not found.sent and not found.months:
        return []
    sent, known, answers = found.sent.total(), found.fits.total(), found.lags.total()
    near, far = found.near_and_far
    return [
        ("real-time response rate", _percent(found.real_time), f"{sent:,} messages"),
        ("timing accuracy", _number(found.accuracy), f"{known:,} messages to customers with clear hours"),
        ("context alignment score", _number(found.alignment), f"{known:,} messages"),
        ("lag time, median", _minutes(found.lag_minutes(0.5)), f"{answers:,} answers"),
        ("timing sensitivity", _sensitivity(found), f"{near[1]:,} messages near, {far[1]:,} far"),
        ("engagement longevity", _days(found.longevity_days), f"{found.spells:,} spells begun"),
        ("event frequency", _number(found.frequency), f"active days a month, {found.months:,} customers and months"),
        ("lifecycle index", _number(found.index), f"{found.indices.total():,} customers and months"),
        ("intent signals", f"{found.signals.total():,}", ", ".join(f"{id} {n:,}" for id, n in found.signals.items())),
    ]


def to_json(found: Timeliness) -> dict[str, Any]:
    """Return the metrics as plain JSON; None where nothing can be said."""
    sensitivity = found.sensitivity
    return {
        "messages": found.sent.total(),
        "answers": found.lags.total(),
        "real_time_response_rate": found.real_time,
        "timing_accuracy": found.accuracy,
        "context_alignment_score": found.alignment,
        "lag_minutes": {
            name: found.lag_minutes(share) for name, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
        },
        "timing_sensitivity": sensitivity[0] if sensitivity else None,
        "timing_sensitivity_interval": list(sensitivity[1]) if sensitivity else None,
        "engagement_longevity_days": found.longevity_days,
        "event_frequency": found.frequency,
        "lifecycle_index": found.index,
        "intent_signals": dict(found.signals),
    }


def _sensitivity(found: Timeliness) -> str:
    if found.sensitivity is None:
        return NOT_ENOUGH
    fall, (low, high) = found.sensitivity
    return f"{fall:.2f}, 95 % {low * 100:+.1f} to {high * 100:+.1f} points"


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _percent(value: float | None) -> str:
    return NOT_ENOUGH if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return NOT_ENOUGH if value is None else f"{value:.2f}"


def _days(value: float | None) -> str:
    return NOT_ENOUGH if value is None else f"{value:.1f} days"


def _minutes(value: float | None) -> str:
    if value is None:
        return NOT_ENOUGH
    return f"{value:.0f} min" if value < 90 else f"{value / 60:.1f} h" if value < 2_880 else f"{value / 1_440:.1f} days"
