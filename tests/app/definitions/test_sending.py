"""How fast a brand sends and for how much: what each key takes, and where what is wrong stands."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.app.definitions.sending import PRICE_MAX, SEEDS_MAX, WALK_RATE_MAX
from tests.app.definitions.test_sender import wrong


def test_a_brand_may_say_all_of_it() -> None:
    rates = {"email": {"per_second": 14, "per_day": 50_000}}
    prices, limits = {"sms": 0.03, "email": 0}, {"sms_spend": 200}
    seeds = ["ann@example.com", "010-0000-0000"]
    warm_up, walks = {"from": "2026-11-22"}, {"per_second": WALK_RATE_MAX}
    assert wrong(rates=rates, prices=prices, limits=limits, seeds=seeds, warm_up=warm_up, walks=walks) == []


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"rates": {"email": {"per_second": 0}}}, ("rates", "email", "per_second")),
        ({"rates": {"email": {"per_second": 1, "per_day": 0.5}}}, ("rates", "email", "per_day")),
        ({"rates": {"fax": {"per_second": 1}}}, ("rates", "fax")),
        ({"prices": {"sms": PRICE_MAX + 1}}, ("prices", "sms")),
        ({"limits": {"sms_spend": -1}}, ("limits", "sms_spend")),
        ({"warm_up": {"from": "2026-02-30"}}, ("warm_up", "from")),
        ({"seeds": ["ann@example.com"] * (SEEDS_MAX + 1)}, ("seeds",)),
        ({"seeds": [5]}, ("seeds", 0)),
        ({"walks": {"per_second": WALK_RATE_MAX + 1}}, ("walks", "per_second")),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(said: dict[str, Any], path: tuple[Any, ...]) -> None:
    assert wrong(**said) == [path]
