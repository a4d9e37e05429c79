from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.ports import Counted, Figure
from kairos.cli import experiments
from kairos.cli.experiments import NOT_ENOUGH, Arm, difference, verdict
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run

DAY = "2026-11-22"
ORDERS = {"which": ["none", "coupon"]}


def counted(**arms: tuple[int, int]) -> dict[Figure, int]:
    found = {}
    for name, (passages, successes) in arms.items():
        found[Figure("welcome", DAY, "which", "assigned", "", name)] = passages
        found[Figure("welcome", DAY, "which", "succeeded", "", name)] = successes
    return {figure: number for figure, number in found.items() if number}


def told(**arms: tuple[int, int]) -> list[dict[str, Any]]:
    return experiments.to_json(counted(**arms), ORDERS)["which"]


def test_each_arm_has_its_counts_its_share_and_its_interval() -> None:
    none, coupon = told(coupon=(1000, 120), none=(1000, 80))
    assert (none["arm"], none["passages"], none["successes"], none["share"]) == ("none", 1000, 80, 0.08)
    assert none["interval"] == pytest.approx([0.0648, 0.0985], abs=1e-4)
    assert none["verdict"] == ""
    assert coupon["against_first"] == pytest.approx([0.0137, 0.0664], abs=1e-4)
    assert coupon["verdict"] == "better: +1.4 to +6.6 points"


@pytest.mark.parametrize("none,coupon", [((99, 20), (5000, 900)), ((5000, 9), (5000, 900)), ((5000, 0), (0, 0))])
def test_without_enough_data_no_arm_is_better(none: tuple[int, int], coupon: tuple[int, int]) -> None:
    assert difference(Arm("none", *none), Arm("coupon", *coupon), 1) is None
    assert verdict(None) == NOT_ENOUGH


def test_an_interval_with_zero_inside_shows_no_difference() -> None:
    assert told(none=(1000, 80), coupon=(1000, 90))[1]["verdict"].startswith("no difference shown")
    assert told(none=(1000, 120), coupon=(1000, 80))[1]["verdict"].startswith("worse")


def test_several_comparisons_ask_for_wider_intervals() -> None:
    alone = told(none=(1000, 80), coupon=(1000, 106))[1]["against_first"]
    among = told(none=(1000, 80), coupon=(1000, 106), x=(1000, 80), y=(1000, 80))[1]["against_first"]
    assert among[0] < alone[0] < alone[1] < among[1]


def test_successes_of_passages_from_before_these_days_make_no_share() -> None:
    none, coupon = told(none=(5, 9), coupon=(0, 3))
    assert (none["share"], none["interval"], coupon["share"], coupon["verdict"]) == (None, None, None, NOT_ENOUGH)


def test_an_arm_that_was_taken_out_of_the_journey_is_shown_last() -> None:
    assert [row["arm"] for row in told(former=(10, 1), coupon=(10, 1), none=(10, 1))] == ["none", "coupon", "former"]


def test_results_shows_them_to_people(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = counted(none=(1000, 80), coupon=(1000, 120))
    deployment.insights.add(NOW, "a#0", frozenset(), figures, Counted(0, frozenset()))
    deployment.insights.note_newest(NOW - timedelta(hours=1))
    assert kairos("results", "welcome") == 0
    out = capsys.readouterr().out
    assert "experiment which" in out
    assert "coupon" in out
    assert "12.0%" in out
