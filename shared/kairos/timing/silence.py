"""Whether a silence is unusual for this customer: P(no order in the next days), from rhythm, recency and money.

The forecast of `next_order` answers already; what it leaves on the table, a logistic regression on recency, frequency
and money finds. The stack of both is fitted on what the shop saw happen after an earlier day, and falls back to the
forecast alone where too little has happened yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import exp, fsum, log, log1p
from typing import Any

from kairos.timing.next_order import Forecast

HORIZON = 90
"""The days ahead for which a shop's stack is learned."""
_EDGE = 1e-6
_AMOUNT_MAX = 1e300
_MONEY_WEIGHT = 2.0  # purchases that the shop's usual amount is worth against the customer's own


@dataclass(frozen=True, slots=True)
class SilencePrior:
    """Weights of the stack on the log-odds scale; as given here it is the forecast alone.

    `horizon` is the days it was fitted for. Money is the customer's mean amount of a day (`mean_amount`) over the
    shop's `usual_amount`, in logarithms, 0 where unknown, and less of it where it rests on few purchases; `single` is
    for those who bought once.
    """

    horizon: int = 0
    intercept: float = 0.0
    forecast: float = 1.0
    recency: float = 0.0
    frequency: float = 0.0
    money: float = 0.0
    single: float = 0.0
    usual_amount: float = 1.0

    def to_document(self) -> dict[str, Any]:
        """Return what a release stores."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> SilencePrior:
        """Read what `to_document` wrote."""
        return cls(**document)


def p_none(
    prior: SilencePrior,
    forecast: Forecast,
    purchases: int,
    silence: int,
    horizon: int,
    mean_amount: float | None = None,
) -> float:
    """Return P(no order in the `horizon` days after `silence` days without one), for `purchases` ≥ 1 so far.

    The stack speaks only for the horizon it was fitted for; for any other, the forecast alone does.
    """
    alone = 1.0 - forecast.p_within(horizon, silence)
    if prior.horizon != horizon:
        return alone
    terms = stack_terms(alone, purchases, silence, mean_amount, prior.usual_amount)
    weights = (prior.forecast, prior.recency, prior.frequency, prior.money, prior.single)
    odds = prior.intercept + sum(weight * term for weight, term in zip(weights, terms, strict=True))
    return 1.0 / (1.0 + exp(-odds)) if odds > 0 else exp(odds) / (1.0 + exp(odds))


def mean_amount(orders: Iterable[tuple[int, float]], until: int) -> float | None:
    """Return the geometric mean of what a customer spent on a day, over (ordinal, amount) up to and including a day.

    One great order says little of a customer, so not the arithmetic one. Refunds count against their day; a day left
    with nothing is left out, and None is returned where no day is left.
    """
    days: dict[int, float] = {}
    for day, amount in orders:
        if day <= until:
            days[day] = days.get(day, 0.0) + amount
    logs = [log(min(amount, _AMOUNT_MAX)) for amount in days.values() if amount > 0]
    return exp(fsum(logs) / len(logs)) if logs else None


def stack_terms(
    alone: float, purchases: int, silence: int, mean_amount: float | None, usual_amount: float
) -> tuple[float, float, float, float, float]:
    """Return what the stack weighs: the forecast's log-odds; recency, frequency, money in logarithms; one purchase."""
    held = min(max(alone, _EDGE), 1.0 - _EDGE)
    money = log(mean_amount / usual_amount) if mean_amount is not None and mean_amount > 0 else 0.0
    recency, frequency = log1p(max(0, silence)), log(max(1, purchases))
    trusted = max(-5.0, min(5.0, money)) * purchases / (purchases + _MONEY_WEIGHT)
    return log(held / (1.0 - held)), recency, frequency, trusted, float(purchases <= 1)
