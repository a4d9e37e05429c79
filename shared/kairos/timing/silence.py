"""Whether a silence is unusual for this customer: P(no order in the next days), from rhythm, recency and money.

The forecast of `next_order` answers already; what it leaves on the table, a logistic regression on recency, frequency
and money finds. The stack of both is fitted on what the shop saw happen after an earlier day, and falls back to the
forecast alone where too little has happened yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import exp, log, log1p
from typing import Any

from kairos.timing.next_order import Forecast

HORIZON = 90
"""The days ahead for which a shop's stack is learned."""
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class SilencePrior:
    """Weights of the stack on the log-odds scale; as given here it is the forecast alone.

    `horizon` is the days it was fitted for. Money is the mean amount of the customer's orders over the shop's
    `usual_amount`, in logarithms, 0 where unknown; `single` is for those who bought once.
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


def stack_terms(
    alone: float, purchases: int, silence: int, mean_amount: float | None, usual_amount: float
) -> tuple[float, float, float, float, float]:
    """Return what the stack weighs: the forecast's log-odds; recency, frequency, money in logarithms; one purchase."""
    held = min(max(alone, _EDGE), 1.0 - _EDGE)
    money = log(mean_amount / usual_amount) if mean_amount is not None and mean_amount > 0 else 0.0
    recency, frequency = log1p(max(0, silence)), log(max(1, purchases))
    return log(held / (1.0 - held)), recency, frequency, max(-5.0, min(5.0, money)), float(purchases <= 1)
