"""What a forecast promises, whatever the history: chances are chances, and silence never brings a customer back."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from random import Random

import pytest

from kairos.timing.gamma_gaps import GammaPrior
from kairos.timing.lognormal import LognormalPrior
from kairos.timing.next_order import AHEAD_MAX, RhythmPrior
from kairos.timing.rhythm import Rhythm, replay
from kairos.timing.weekday import WeekdayPrior

MONDAY = date(2026, 3, 2).toordinal()
SHUT_ON_SATURDAY = (0.18, 0.19, 0.19, 0.2, 0.16, 0.0001, 0.0799)
PRIOR = RhythmPrior(
    LognormalPrior(4.5, 0.7, 2.2, 1.3, 0.2, 2.0, 0.95),
    GammaPrior(0.84, 33.0, 1.77, 0.2, 2.3, 0.9, 0.6, 0.4),
    WeekdayPrior(SHUT_ON_SATURDAY, 1.0, 1.0, 20.0),
    share_trend=-0.8,
)


def _histories() -> list[Rhythm]:
    random = Random(5)
    chosen = [[MONDAY], [MONDAY, MONDAY + 3653], [MONDAY + n for n in range(1000)], [MONDAY + 7 * n for n in range(60)]]
    for _ in range(12):
        chosen.append([MONDAY + random.randrange(1500) for _ in range(random.randrange(1, 25))])
    return [replay(days, 0.95, 0.9) for days in chosen]


@pytest.mark.parametrize("rhythm", _histories())
def test_chances_are_chances_and_only_rise(rhythm: Rhythm) -> None:
    forecast = PRIOR.forecast(rhythm)
    for silence in (0, 1, 30, 3653):
        cdf = forecast.cdf(60, silence)
        assert cdf == sorted(cdf)
        assert all(0.0 <= chance <= 1.0 for chance in cdf)
        assert cdf[6] == pytest.approx(forecast.p_within(7, silence), abs=1e-12)


@pytest.mark.parametrize("rhythm", _histories())
def test_the_chance_of_being_gone_never_falls_in_silence(rhythm: Rhythm) -> None:
    forecast = PRIOR.forecast(rhythm)
    gone = [forecast.p_gone(silence) for silence in [*range(200), 400, 1000, 3653, 20000]]
    assert gone == sorted(gone)
    assert gone[0] > 0.0
    assert gone[-1] <= 1.0


@pytest.mark.parametrize("rhythm", _histories())
def test_point_interval_and_window_agree_with_the_distribution(rhythm: Rhythm) -> None:
    forecast = PRIOR.forecast(rhythm)
    for silence in (0, 12):
        point, (first, last) = forecast.point(silence), forecast.interval(0.8, silence)
        if point is not None:
            assert forecast.p_within(point, silence) >= 0.5 > forecast.p_within(point - 1, silence)
            assert first <= point
        assert first == AHEAD_MAX or forecast.p_within(first, silence) >= 0.1
        assert last is None or forecast.p_within(last, silence) >= 0.9
        start, held = forecast.window(7, 60, silence)
        got = forecast.p_within(start + 6, silence) - forecast.p_within(start - 1, silence)
        assert held == pytest.approx(got, abs=1e-9)


def test_a_forecast_moves_with_every_day_without_an_order() -> None:
    forecast = PRIOR.forecast(replay([MONDAY + 10 * n for n in range(12)]))
    assert forecast.point(0) == pytest.approx(10, abs=2)
    dates = [silence + (forecast.point(silence) or AHEAD_MAX) for silence in range(0, 60, 5)]
    assert dates == sorted(dates)
    assert dates[-1] > 60 + 10  # after so long a silence nobody expects them within the old rhythm
    assert forecast.p_within(3, 9) > 2 * forecast.p_within(3, 0)  # due, against just served


def test_nobody_is_expected_on_the_day_on_which_the_shop_is_shut() -> None:
    cdf = [0.0, *PRIOR.forecast(replay([MONDAY, MONDAY + 9, MONDAY + 21])).cdf(21)]
    daily = [after - before for before, after in pairwise(cdf)]
    for ahead, chance in enumerate(daily, 1):
        if date.fromordinal(MONDAY + 21 + ahead).weekday() == 5:
            assert chance < 0.001
        else:
            assert chance > 0.005


def test_a_customer_of_fridays_is_expected_on_a_friday() -> None:
    friday = MONDAY + 4
    cdf = [0.0, *PRIOR.forecast(replay([friday + 7 * n for n in range(20)])).cdf(10)]
    daily = [after - before for before, after in pairwise(cdf)]
    assert max(range(10), key=daily.__getitem__) == 6


def test_a_faithful_customer_is_less_likely_gone_than_a_new_one() -> None:
    faithful = PRIOR.forecast(replay([MONDAY + 30 * n for n in range(20)]))
    new = PRIOR.forecast(replay([MONDAY]))
    assert faithful.p_gone() < new.p_gone()
    assert faithful.p_gone(200) > new.p_gone(60)  # and their silence says more


def test_what_a_release_stores_reads_back_as_it_was() -> None:
    assert RhythmPrior.from_document(json.loads(json.dumps(PRIOR.to_document()))) == PRIOR


def test_a_rhythm_begins_with_a_purchase() -> None:
    with pytest.raises(ValueError):
        PRIOR.forecast(Rhythm())


def test_a_release_of_before_a_number_was_thought_of_reads_without_it() -> None:
    document = PRIOR.to_document()
    del document["share_trend"], document["gamma"]["spread"], document["gamma"]["recent"]
    read = RhythmPrior.from_document(document)
    assert (read.share_trend, read.gamma.spread, read.gamma.recent) == (0.0, 0.0, 0.0)
    assert read.share_of(40) == read.lognormal_share


def test_the_pool_leans_to_another_model_as_gaps_become_known() -> None:
    shares = [PRIOR.share_of(gaps) for gaps in range(20)]
    assert shares[0] == PRIOR.lognormal_share
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] > 0.0
