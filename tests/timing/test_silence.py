"""Whether a silence is unusual, and that the stack is a correction of the forecast and not a second opinion."""

from __future__ import annotations

from datetime import date

import pytest

from kairos.timing.rhythm import replay
from kairos.timing.silence import SilencePrior, p_none
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


def test_online_retails_silence_is_told_as_the_notes_say(online_retail: Histories) -> None:
    pytest.importorskip("scipy")
    from kairos.timing.learn.fit_rhythm import fit_rhythm

    until = date(2011, 9, 10).toordinal()
    _, stacked = _losses(online_retail, fit_rhythm(online_retail, until, 1000), until, 90)
    assert stacked < 0.56


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
