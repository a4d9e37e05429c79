"""Whether a silence is unusual, and that the stack is a correction of the forecast and not a second opinion."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from kairos.timing.rhythm import replay
from kairos.timing.silence import SilencePrior, mean_amount, p_none, stack_terms
from tests.timing.conftest import Histories, make_shop
from tests.timing.test_next_order import MONDAY, PRIOR

STACK = SilencePrior(30, -0.2, 0.8, 0.1, -0.5, -0.3, 0.2, 50.0)


def test_without_a_fit_the_forecast_alone_answers() -> None:
    forecast = PRIOR.forecast(replay([MONDAY, MONDAY + 10]))
    assert p_none(SilencePrior(), forecast, 2, 5, 30) == 1.0 - forecast.p_within(30, 5)
    assert p_none(STACK, forecast, 2, 5, 60) == 1.0 - forecast.p_within(60, 5)


@pytest.mark.parametrize("silence", [0, 1, 60, 3653])
@pytest.mark.parametrize("amount", [None, 0.0, 1e-9, 1e12])
def test_whatever_is_asked_the_answer_is_a_chance(silence: int, amount: float | None) -> None:
    for days in ([MONDAY], list(range(MONDAY, MONDAY + 900))):
        forecast = PRIOR.forecast(replay(days))
        assert 0.0 <= p_none(STACK, forecast, len(days), silence, 30, amount) <= 1.0


def test_the_same_silence_says_more_of_a_weekly_customer_than_of_a_yearly_one() -> None:
    weekly = PRIOR.forecast(replay([MONDAY + 7 * n for n in range(20)]))
    rare = PRIOR.forecast(replay([MONDAY + 200 * n for n in range(5)]))
    assert weekly.p_gone(60) > rare.p_gone(60)


def test_what_a_release_stores_reads_back_as_it_was() -> None:
    assert SilencePrior.from_document(STACK.to_document()) == STACK


def test_the_stack_is_at_least_as_good_as_the_forecast_on_held_out_months() -> None:
    pytest.importorskip("scipy")
    from kairos.timing.learn.fit_rhythm import fit_rhythm

    shop, until = make_shop(500, 400, 13), date(2025, 1, 1).toordinal() + 300
    prior = fit_rhythm(shop, until)
    alone, stacked = _losses(shop, prior, until, 60)
    assert stacked < alone + 0.01
    assert stacked < 0.62


def test_online_retails_silence_is_told_better_than_the_notes_say(shared_data: Path) -> None:
    pytest.importorskip("scipy")
    import numpy as np

    from kairos.cli.timing_files import read_orders
    from kairos.cli.timing_orders import silences
    from kairos.timing.learn.measure import area_under_curve, log_loss

    orders, until = read_orders(shared_data / "data" / "online-retail.csv.gz"), date(2011, 9, 10).toordinal()
    told, came = [], []
    for customer, chance in silences(orders, until, 90):
        days = orders.days[customer]
        if days[1:] and days[1] <= until:
            told.append(chance)
            came.append(any(until < day <= until + 90 for day in days))
    assert area_under_curve(~np.array(came), np.array(told)) >= 0.743
    assert log_loss(~np.array(came), np.array(told)) <= 0.532


def test_one_great_order_or_a_refund_does_not_make_a_customer() -> None:
    orders = [(MONDAY, 20.0), (MONDAY + 9, 80.0), (MONDAY + 9, -40.0), (MONDAY + 20, -15.0), (MONDAY + 30, 9000.0)]
    assert mean_amount(orders, MONDAY + 25) == pytest.approx((20.0 * 40.0) ** 0.5)
    assert mean_amount(orders[3:4], MONDAY + 25) is None
    assert mean_amount((), MONDAY) is None
    once, often = (stack_terms(0.5, purchases, 5, 200.0, 50.0)[3] for purchases in (1, 20))
    assert 0.0 < once < often < math.log(4.0)


def _losses(shop: Histories, prior: object, until: int, horizon: int) -> tuple[float, float]:
    import numpy as np

    from kairos.timing.learn.fit_silence import fit_silence
    from kairos.timing.learn.measure import log_loss
    from kairos.timing.next_order import RhythmPrior

    assert isinstance(prior, RhythmPrior)
    stack = fit_silence(prior, shop, until, horizon)
    outcomes, alone, stacked = [], [], []
    for days in shop.values():
        past = [day for day in days if day <= until]
        if len(past) > 1:
            forecast = prior.forecast(replay(past, prior.lognormal.keep, prior.gamma.keep))
            asked = (forecast, len(past), until - past[-1], horizon)
            outcomes.append(not any(until < day <= until + horizon for day in days))
            alone.append(p_none(SilencePrior(), *asked))
            stacked.append(p_none(stack, *asked))
    told = np.array(outcomes)
    return log_loss(told, np.array(alone)), log_loss(told, np.array(stacked))
