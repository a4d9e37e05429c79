"""When the next order comes: the pool of two models of gaps, read off the customer's weekday clock.

Days are whole: a gap of d days lies between d − ½ and d + ½, and the same day is no gap. So the probability that
nothing came by the end of day d is S(τ(d) + ½) / S(½), where τ is the clock of `weekday`. What the silence so far
rules out is divided away, so a forecast moves every day without an order, and as S only falls, the probability that a
customer is gone only rises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from math import exp, log
from typing import Any

from kairos.timing.gamma_gaps import GammaGap, GammaPrior
from kairos.timing.lognormal import LognormalGap, LognormalPrior
from kairos.timing.rhythm import Rhythm
from kairos.timing.weekday import WeekdayPrior, days_on_clock

HALF_DAY = 0.5
AHEAD_MAX = 3653
"""How many days ahead a point or interval is looked for: ten years, beyond which "not in sight" is the answer."""
_LEAST = 1e-300
_LOG_AHEAD_MAX = log(AHEAD_MAX)


@dataclass(frozen=True, slots=True)
class RhythmPrior:
    """What a release says about the shop's customers; everything that `forecast` needs beside the customer's state.

    `lognormal_share` is the lognormal's weight in the pool for who bought once, and `share_trend` what its log-odds
    gain with ln(1 + gaps seen). `fitted_on` is the gaps that it was learned from, 0 for a prior that comes with the
    product.
    """

    lognormal: LognormalPrior
    gamma: GammaPrior
    weekday: WeekdayPrior
    lognormal_share: float = 0.5
    fitted_on: int = 0
    share_trend: float = 0.0

    def with_day(self, rhythm: Rhythm, day: int) -> Rhythm:
        """Return the rhythm once a purchase on `day` is known, forgetting as this prior says."""
        return rhythm.with_day(day, self.lognormal.keep, self.gamma.keep)

    def forecast(self, rhythm: Rhythm) -> Forecast:
        """Return the distribution of the next order's date; raise `ValueError` for a rhythm without purchases."""
        if rhythm.last_day is None:
            raise ValueError("a rhythm begins with a purchase")
        sums, pace = rhythm.sums(self.lognormal.keep, self.gamma.keep), rhythm.pace()
        return Forecast(
            rhythm.last_day,
            self.lognormal.for_customer(sums, pace),
            self.gamma.for_customer(sums, pace),
            self.share_of(sums.count),
            self.weekday.lengths(rhythm.weekdays()),
        )

    def share_of(self, gaps: int) -> float:
        """Return the lognormal's weight in the pool for a customer with that many gaps."""
        share = self.lognormal_share
        if self.share_trend == 0.0 or not 0.0 < share < 1.0:
            return share
        return 1.0 / (1.0 + (1.0 - share) / share * exp(-self.share_trend * log(1.0 + gaps)))

    def to_document(self) -> dict[str, Any]:
        """Return what a release stores, as JSON can carry it."""
        document = asdict(self)
        document["weekday"]["shares"] = list(self.weekday.shares)
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RhythmPrior:
        """Read what `to_document` wrote."""
        weekday = dict(document["weekday"])
        weekday["shares"] = tuple(weekday["shares"])
        return cls(
            LognormalPrior(**document["lognormal"]),
            GammaPrior(**document["gamma"]),
            WeekdayPrior(**weekday),
            float(document["lognormal_share"]),
            int(document["fitted_on"]),
            float(document.get("share_trend", 0.0)),
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """One customer's next order, counted from the local day of the last one. `silence` is days since then, ≥ 0."""

    last_day: int
    lognormal: LognormalGap
    gamma: GammaGap
    share: float
    lengths: tuple[float, ...]
    _gone: float = field(init=False)
    _by_lognormal: float = field(init=False)
    _by_gamma: float = field(init=False)

    def __post_init__(self) -> None:
        """Work out once what every question needs: each model's chance that the customer stays, over its S(½)."""
        weights = ((self.lognormal, self.share), (self.gamma, 1.0 - self.share))
        stays = [
            weight * (1.0 - gap.gone) / max(gap.survival(HALF_DAY), _LEAST) if weight else 0.0
            for gap, weight in weights
        ]
        object.__setattr__(self, "_by_lognormal", stays[0])
        object.__setattr__(self, "_by_gamma", stays[1])
        object.__setattr__(self, "_gone", sum(gap.gone * weight for gap, weight in weights))

    def survival(self, days: int) -> float:
        """Return P(no order within `days` days of the last one); 1 for none."""
        return self._alive(days) + self._gone

    def p_gone(self, silence: int = 0) -> float:
        """Return P(the customer has left for good), given that many days without an order."""
        alive = self._alive(silence)
        return self._gone / max(alive + self._gone, _LEAST)

    def p_within(self, days: int, silence: int = 0) -> float:
        """Return P(the next order comes within `days` days from now), given the silence."""
        return max(0.0, 1.0 - self.survival(silence + max(0, days)) / max(self.survival(silence), _LEAST))

    def cdf(self, horizon: int, silence: int = 0) -> list[float]:
        """Return P(next order within 1, 2, …, `horizon` days from now), given the silence."""
        before, reached = max(self.survival(silence), _LEAST), 0.0
        result = []
        for day in range(silence + 1, silence + horizon + 1):
            reached = min(1.0, max(reached, 1.0 - self.survival(day) / before))
            result.append(reached)
        return result

    def quantile(self, probability: float, silence: int = 0) -> int | None:
        """Return in how many days from now the next order has come with this probability.

        None if not within ten years, as for a customer who may well be gone.
        """
        before = max(self.survival(silence), _LEAST)
        near = self._usual_gap() - silence if silence else self._usual_gap()
        return _first_day(lambda day: 1.0 - self.survival(silence + day) / before, probability, 0, near)

    def point(self, silence: int = 0) -> int | None:
        """Return the median: in how many days from now the next order is as likely before as after."""
        return self.quantile(0.5, silence)

    def silence_until_gone(self, probability: float) -> int | None:
        """Return after how many days without an order the customer is gone with this probability, or None as above."""
        return _first_day(self.p_gone, probability, -1, 3 * self._usual_gap())

    def interval(self, probability: float = 0.8, silence: int = 0) -> tuple[int, int | None]:
        """Return the first and last day from now between which the next order falls with this probability."""
        tail = (1.0 - probability) / 2.0
        first, last = self.quantile(tail, silence), self.quantile(1.0 - tail, silence)
        return (AHEAD_MAX if first is None else first), last

    def window(self, length: int = 7, horizon: int = 90, silence: int = 0) -> tuple[int, float]:
        """Return the first day from now of the likeliest `length` days within the horizon, and their probability."""
        reached = [0.0, *self.cdf(max(horizon, length), silence)]
        held = [after - before for before, after in zip(reached, reached[length:], strict=False)]
        best = max(range(len(held)), key=lambda start: (held[start], -start))
        return best + 1, held[best]

    def _usual_gap(self) -> int:
        """Return about the gap that half of this customer's gaps are within: where a search begins."""
        return int(exp(min(self.lognormal.middle, _LOG_AHEAD_MAX)))

    def _alive(self, days: int) -> float:
        """Return P(not gone, and no order within `days` days of the last one)."""
        if days <= 0:
            return 1.0 - self._gone
        at = HALF_DAY + days_on_clock(self.lengths, self.last_day, days)
        alive = self._by_lognormal * self.lognormal.survival(at) if self._by_lognormal else 0.0
        return alive + self._by_gamma * self.gamma.survival(at) if self._by_gamma else alive


def _first_day(chance: Callable[[int], float], wanted: float, low: int, near: int) -> int | None:
    """Return the first day after `low` on which `chance`, which never falls, is `wanted`; None beyond AHEAD_MAX.

    The search begins at `near` and goes on where the straight line through its two ends says, or in the middle where
    that did not help: each look costs a handful of special functions, and half of what doubling and halving needs is
    enough.
    """
    under, high = 0.0, min(max(near, low + 1, 1), AHEAD_MAX)
    over = chance(high)
    while over < wanted:
        if high >= AHEAD_MAX:
            return None
        low, under, high = high, over, min(high + max(1, high // 2), AHEAD_MAX)
        over = chance(high)
    halve = False
    while high - low > 1:
        ahead = (high - low) * (wanted - under) / (over - under) if over > under and not halve else (high - low) / 2
        middle = min(max(low + round(ahead), low + 1), high - 1)
        width, found = high - low, chance(middle)
        if found >= wanted:
            high, over = middle, found
        else:
            low, under = middle, found
        halve = 2 * (high - low) > width and not halve
    return high
