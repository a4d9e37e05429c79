"""`kairos redrive`: look first, say what is meant, and hear what stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kairos.app.redrive import Letter
from tests.app.test_redrive import Letters
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run


def letter(id: str, reason: str, **facts: str) -> Letter:
    return Letter("inbox-parked", id, "order_completed", reason, NOW - timedelta(hours=2), **facts)


@pytest.fixture
def letters(deployment: MemoryDeployment) -> Letters:
    there = Letters(
        [letter("1", "no room left for timers"), letter("2", "steps: wrong"), letter("3", "cut", stuck="x")]
    )
    deployment.dead_letters = there
    return there


def test_it_shows_what_waits_and_why_and_changes_nothing(
    kairos: Run, letters: Letters, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("redrive", "--list") == 0
    said = capsys.readouterr().out
    assert "inbox-parked: 3 (events that could not be decided)" in said
    assert "order_completed: no room left for timers  (since 2026-11-22 01:00 UTC)" in said
    assert (len(letters.there), letters.sent) == (3, [])


def test_it_wants_to_know_what_is_meant(kairos: Run, letters: Letters) -> None:
    assert kairos("redrive") == 2
    assert letters.sent == []


def test_it_brings_back_by_reason(kairos: Run, letters: Letters, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("redrive", "--reason", "no room") == 0
    assert letters.sent == ["1"]
    assert "inbox-parked: 1 brought back" in capsys.readouterr().out


def test_what_stays_is_told_and_makes_it_fail(
    kairos: Run, letters: Letters, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("redrive", "--all") == 1
    assert letters.sent == ["1", "2"]
    assert "inbox-parked: order_completed 3 stays: x" in capsys.readouterr().err


def test_a_queue_that_there_is_none_of_is_refused_by_name(
    kairos: Run, letters: Letters, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("redrive", "inbox") == 1
    assert "inbox-parked" in capsys.readouterr().err
