"""Lift: said against a holdout only, with its interval and the sample it rests on."""

from __future__ import annotations

import json
from random import Random

import pytest

from kairos.app.ports import Counted, Figure
from kairos.cli.comparisons import brand_lifts
from kairos.cli.lift import NOT_ENOUGH, BrandLift, Lift, brand_in_words, in_words
from kairos.domain.reason import ALL_MARKETING, IN_HOLDOUT, OF_ALL
from tests.app.brands import brand, journey, small_drafts
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run

DAY = "2026-11-22"


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    deployment.drafts = small_drafts(("journey", "welcome", journey()))
    deployment.drafts.put("brand", "brand", brand(holdout="5%"))
    assert deployment.command({"command": "publish", "all": True})["ok"]
    return deployment


def count(deployment: MemoryDeployment, figures: dict[Figure, int]) -> None:
    deployment.insights.add(NOW, "a#0", frozenset(), figures, Counted(0, frozenset()))


def figures(converted: int, entered: int, held_converted: int, held: int) -> dict[Figure, int]:
    def figure(kind: str, reason: str = "") -> Figure:
        return Figure("welcome", DAY, "", kind, "", reason)

    return {
        figure("entered"): entered,
        figure("converted"): converted,
        figure("holdout"): held,
        figure("converted", IN_HOLDOUT): held_converted,
        figure("holdout", OF_ALL): 70,
        figure("converted", OF_ALL): 60,
    }


def bought(reason: str, number: int) -> dict[Figure, int]:
    return {Figure(ALL_MARKETING, DAY, "", "bought", "", reason): number}


def test_a_journey_is_compared_with_its_own_holdout_and_not_with_that_of_all_marketing(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    count(deployment, figures(480, 4_000, 16, 200))
    assert kairos("results", "welcome", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["total"]["held_out"], shown["total"]["held_out_of_all_marketing"]) == (200, 70)
    assert shown["total"]["converted"] == 480
    assert shown["lift"]["points"] == pytest.approx(0.04)
    assert shown["lift"]["interval"] == pytest.approx([-0.0075, 0.0719], abs=1e-3)
    assert kairos("results", "welcome") == 0
    assert "lift: no difference shown: +4.0 points a passage" in capsys.readouterr().out


def test_the_words_say_the_interval_the_conversions_gained_and_the_sample() -> None:
    said = in_words(Lift(480, 4_000, 30, 600))
    assert said.startswith("lift: more conversions: +7.0 points a passage, 95 % +4.")
    assert said.endswith("(4,000 passages against 600 held out)")
    assert in_words(Lift(100, 2_000, 200, 2_000)).startswith("lift: fewer conversions")


@pytest.mark.parametrize(
    "lift",
    [Lift(40, 99, 40, 1_000), Lift(400, 1_000, 9, 1_000), Lift(400, 1_000, 991, 1_000), Lift(30, 20, 20, 200)],
)
def test_little_data_and_counts_that_make_no_share_are_no_lift(lift: Lift) -> None:
    assert (lift.interval, lift.points) == (None, None)
    assert NOT_ENOUGH in in_words(lift)


def test_without_a_holdout_there_is_nothing_to_say() -> None:
    assert "nobody is held out" in in_words(Lift(400, 1_000, 0, 0))


def test_all_marketing_is_compared_by_buyers_with_what_the_share_alone_would_give() -> None:
    equal = BrandLift(0.05, 1_900, 100)
    assert equal.times == pytest.approx(1.0)
    low, high = equal.interval or (0, 0)
    assert low < 1 < high
    assert "no difference shown" in brand_in_words(equal)
    better = BrandLift(0.05, 3_800, 100)
    assert better.times == pytest.approx(2.0)
    assert "more customers buy: 2.00 times as many" in brand_in_words(better)
    assert "(3,800 customers who bought against 100 of the 0.05 held out)" in brand_in_words(better)
    assert BrandLift(0.05, 190, 9).times is None


def test_the_interval_of_all_marketing_holds_what_is_true_about_as_often_as_it_says() -> None:
    """1,000 worlds of 2,000 customers of whom a tenth is held out; marketing makes 1.3 times as many buy."""
    random, holds = Random(7), 0
    for _ in range(300):
        counts = [0, 0]
        for customer in range(2_000):
            held = customer % 10 == 0
            counts[held] += random.random() < (0.2 if held else 0.26)
        low, high = BrandLift(0.1, *counts).interval or (9, 9)
        holds += low <= 1.3 <= high
    assert 0.92 <= holds / 300 <= 1


def test_each_share_that_was_held_out_is_a_comparison_of_its_own() -> None:
    counted = {**bought("outside a holdout of 0.05", 950), **bought("in a holdout of 0.05", 40)}
    counted |= bought("in a holdout of 0.1", 3)
    assert brand_lifts(counted) == [BrandLift(0.05, 950, 40), BrandLift(0.1, 0, 3)]


def test_experiments_shows_every_comparison_of_the_brand(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("experiments") == 0
    assert "all marketing: not enough data yet: nobody bought yet" in capsys.readouterr().out
    count(deployment, figures(480, 4_000, 30, 600) | bought("outside a holdout of 0.05", 3_800))
    deployment.insights.add(NOW, "b#0", frozenset(), bought("in a holdout of 0.05", 100), Counted(1, frozenset()))
    assert kairos("experiments") == 0
    told = capsys.readouterr().out
    assert "all marketing: more customers buy" in told
    assert "welcome" in told
    assert "lift: more conversions" in told
    assert kairos("experiments", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["all_marketing"][0]["times"] == pytest.approx(2.0)
    assert shown["journeys"]["welcome"]["lift"]["held_out"] == 600
