"""Results: every number by its definition, and as of when it is true."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from kairos.app.ports import Counted, Figure
from kairos.domain.reason import MACHINE
from tests.app.brands import journey, small_drafts
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run

DAY, BEFORE = "2026-11-22", "2026-11-21"


def figure(kind: str, channel: str = "", reason: str = "", step: str = "hello-1", day: str = DAY) -> Figure:
    return Figure("welcome", day, step, kind, channel, reason)


FIGURES = {
    Figure("welcome", BEFORE, "", "entered"): 30,
    Figure("welcome", DAY, "", "entered"): 10,
    Figure("welcome", DAY, "", "holdout"): 4,
    figure("message", "email"): 38,
    figure("sent", "email"): 30,
    figure("sent", "sms", step="지난-단계"): 5,
    figure("delivered", "email"): 20,
    figure("opened", "email"): 5,
    figure("opened", "email", MACHINE): 7,
    figure("clicked", "email"): 2,
    figure("held", "email", "quiet hours"): 3,
    figure("not_sent", "email", "no consent; trying sms"): 6,
    figure("not_sent", "sms", "no consent"): 2,
    figure("not_sent", "email", "동의 없음"): 1,
    Figure("welcome", DAY, "", "converted"): 8,
    Figure("welcome", DAY, "", "converted", "", "in holdout"): 1,
    Figure("welcome", DAY, "", "exited", "", "goal reached"): 8,
    Figure("welcome", DAY, "", "exited", "", "finished"): 20,
}


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    deployment.insights.add(NOW, "a#0", frozenset(), FIGURES, Counted(0, frozenset()))
    deployment.insights.note_newest(NOW - timedelta(hours=1))
    return deployment


def told(kairos: Run, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert kairos("results", "welcome", *more) == 0
    return capsys.readouterr().out


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("   ") if cell.strip()]


def test_each_number_is_what_it_says(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(told(kairos, capsys, "--json"))
    assert shown["total"] == {
        "entered": 40,
        "held_out": 4,
        "held_out_of_all_marketing": 0,
        "asked_for": 38,
        "sent": 35,
        "delivered": 20,
        "delayed": 0,
        "opened": 5,
        "opened_by_machines": 7,
        "clicked": 2,
        "clicked_by_machines": 0,
        "bounced": 0,
        "complained": 0,
        "held": 3,
        "not_sent": 3,
        "tried_another_channel": 6,
        "converted": 8,
        "converted_in_holdout": 1,
        "exited": 28,
    }
    assert shown["lift"]["verdict"] == "not enough data yet (40 passages against 4 held out)"
    assert shown["steps"]["hello-1"]["sent"] == 30
    assert {day: numbers["entered"] for day, numbers in shown["days"].items()} == {BEFORE: 30, DAY: 10}
    assert shown["not_sent_by_reason"] == {"no consent; trying sms": 6, "no consent": 2, "동의 없음": 1}
    assert shown["exited_by_reason"] == {"finished": 20, "goal reached": 8}


def test_a_person_reads_the_same_with_shares_and_in_columns(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(kairos, capsys).splitlines()
    rows = [cells(line) for line in lines]
    for row in (["entered", "40"], ["opened", "5", "25.0% of delivered"], ["converted", "8", "20.0% of entered"]):
        assert row in rows
    assert ["hello-1", "38", "30", "20", "0", "5", "2", "0", "3", "3"] in rows
    assert rows.index(["finished", "20"]) < rows.index(["goal reached", "8"])


def test_columns_stand_under_each_other_also_in_korean(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.cells import cell_len

    lines = told(kairos, capsys).splitlines()
    steps = lines[lines.index("by step") + 1 :][:3]
    assert len({cell_len(line) for line in steps}) == 1
    assert any("지난-단계" in line for line in steps)


def test_only_the_days_asked_for_are_counted(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(told(kairos, capsys, "--json", "--days", "1"))
    assert (shown["first_day"], shown["total"]["entered"]) == (DAY, 10)


def test_it_is_true_as_of_two_minutes_ago_where_nothing_waits(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(told(kairos, capsys, "--json"))
    assert (shown["as_of"], shown["objects_waiting"]) == ("2026-11-22T02:58:00Z", 0)
    assert "true as of 2026-11-22 02:58:00: everything decided by then is counted" in told(kairos, capsys)


def test_where_objects_wait_it_says_that_numbers_are_too_low(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.waiting = 3
    assert json.loads(told(kairos, capsys, "--json"))["as_of"] == "2026-11-22T02:00:00Z"
    assert "3 objects of the archive wait: some numbers are still too low" in told(kairos, capsys)


def test_a_live_journey_of_which_nothing_was_counted_yet_is_shown_empty(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.insights = type(deployment.insights)()
    deployment.drafts = small_drafts(("journey", "welcome", journey()))
    kairos("publish", "welcome")
    capsys.readouterr()
    out = told(kairos, capsys)
    assert "nothing was counted yet" in out
    assert ["entered", "0"] in [cells(line) for line in out.splitlines()]
    assert "days of Asia/Seoul" in out


@pytest.mark.parametrize("wrong", [["nowhere"], ["welcome", "--days", "0"], ["welcome", "--days", "4000"]])
def test_what_cannot_be_shown_is_said(kairos: Run, capsys: pytest.CaptureFixture[str], wrong: list[str]) -> None:
    assert kairos("results", *wrong) == 1
    assert capsys.readouterr().err.startswith("kairos: ")
