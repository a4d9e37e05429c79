"""Offsets from what was counted of a live journey: the curve, the proposal, the steps, and who may speak."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kairos.app.ports import Counted, Figure
from kairos.cli.timing_answers import Answers, Step, answers_of, compared
from kairos.domain.reason import IN_HOLDOUT
from kairos.timing.offsets import ANSWERS_LEAST
from tests.app.brands import small_drafts
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run

DAY = "2026-11-20"
REFILL = {
    "id": "refill",
    "class": "transactional",
    "anchor": {"predicted": "next_order"},
    "timeline": [
        {"id": "early", "at": "-14d 10:00", "send": "hello"},
        {"id": "near", "at": "-9d 10:00", "send": "hello"},
    ],
    "goal": {"event": "order_completed", "within": "30d"},
}


def responded(reason: str, number: int) -> dict[Figure, int]:
    return {Figure("refill", DAY, "", "responded", "", reason): number}


def of_step(step: str, sent: int, answered: int) -> dict[Figure, int]:
    return {
        Figure("refill", DAY, step, "aimed", "email", "3h 2/3"): sent - 5,
        Figure("refill", DAY, step, "aimed", "email", "unknown"): 5,
        Figure("refill", DAY, step, "answered", "email", "1h 3h"): answered,
    }


FIGURES: dict[Figure, int] = {
    Figure("refill", DAY, "", "entered"): 1000,
    Figure("refill", DAY, "", "holdout", "", IN_HOLDOUT): 200,
    **responded("-14d", 40),
    **responded("-9d", 90),
    **responded("+2d", 30),
    **responded("-8d holdout", 30),
    **responded("+0d holdout", 6),
    **of_step("early", 900, 60),
    **of_step("near", 880, 120),
}


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    deployment.drafts = small_drafts(("journey", "refill", REFILL))
    assert deployment.command({"command": "publish", "all": True})["ok"]
    deployment.insights.add(NOW, "a#0", frozenset(), FIGURES, Counted(0, frozenset()))
    return deployment


def told(kairos: Run, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert kairos("timing", "offsets", "--journey", "refill", *more) == 0
    return capsys.readouterr().out


def test_the_days_of_those_held_out_propose_and_the_steps_are_compared(
    kairos: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, Any] = json.loads(told(kairos, capsys, "--json", "--compare=-14d,-8d"))
    assert (found["all"]["moments"], found["all"]["answers"]) == (1000, 160)
    assert (found["holdout"]["moments"], found["holdout"]["answers"], found["proposed_by"]) == (200, 36, "holdout")
    assert found["holdout"]["propose"]["before"] == -8
    assert [each["prefers"][1] < 0.5 for each in found["holdout"]["compared"]] == [True]
    early, near = found["steps"]
    assert (early["at"], early["sent"], early["answered"]) == ("-14d 10:00", 900, 60)
    assert near["interval"][0] < 120 / 880 < near["interval"][1]
    low, high = found["compared_steps"][0]["difference"]
    assert low < high < 0, "the first is answered less"


def test_it_is_told_in_words_with_intervals_and_the_sample(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(kairos, capsys, "--compare=-14d,-8d")
    assert " -14d ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ 40" in text
    assert "by the days of those held out:" in text
    assert "propose -8d: 15.0% of all moments are answered around it" in text
    assert "-8d beats -14d: of those who answered near either" in text
    assert "near at -9d 10:00: 13.6% of 880 messages answered (95 %: 11.5% to 16.1%)" in text
    assert "-9d 10:00 beats -14d 10:00 by 4.2 to 9.8 points of messages answered (95 %)" in text


def test_without_enough_held_out_all_speak_and_it_is_said_whose_days_these_are() -> None:
    figures = {**FIGURES, **responded("-8d holdout", ANSWERS_LEAST - 7)}
    found = read(figures)
    assert found.speaks is found.reached


def test_a_triggered_journey_tells_how_long_after_it_began() -> None:
    found = read({**responded("3h", 6), **responded("7d", 2), **responded("1h holdout", 1)})
    assert dict(found.lags) == {"3h": 6, "7d": 2}
    assert not found.reached.days


@pytest.mark.parametrize(("one", "other"), [((99, 50), (500, 50)), ((500, 9), (500, 50)), ((500, 50), (0, 0))])
def test_too_few_messages_or_answers_compare_nothing(one: tuple[int, int], other: tuple[int, int]) -> None:
    steps = (Step("a", "-14d", *one), Step("b", "-9d", *other))
    assert compared(*steps) is None


def test_where_nothing_was_reached_that_is_said(kairos: Run, deployment: MemoryDeployment) -> None:
    deployment.insights = type(deployment.insights)()
    assert kairos("timing", "offsets", "--journey", "refill") == 1
    assert kairos("timing", "offsets", "--journey", "nothing") == 1
    assert kairos("timing", "offsets") == 1


def read(figures: dict[Figure, int]) -> Answers:
    from collections import Counter
    from datetime import date

    from kairos.cli.results_counted import Results

    return answers_of(Results("refill", date.min, date.max, None, 0, Counter(figures)), None)
