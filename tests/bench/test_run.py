"""The command: figures are made apart, and one that cannot be made spoils no other."""

from __future__ import annotations

import os

import pytest

from bench import cpu, run
from bench.cpu import Run
from bench.line import Spent
from bench.report import machine, today

RUNS = [Run(batch, 1, {name: Spent([(0.01, 0.004, 2, 1)]) for name in cpu.HOT}) for batch in (1, 10)]


def _runs() -> list[Run]:
    return RUNS


def _broken() -> None:
    raise RuntimeError("half-done")


def test_a_figure_is_measured_in_a_process_of_its_own() -> None:
    assert run.apart(os.getpid) != os.getpid()


def test_one_figure_that_cannot_be_made_spoils_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MEASURES", {"growth": _broken, "cpu": _runs})
    sections, problems = run.make(["growth", "cpu"])
    assert [section.title for section in sections] == ["CPU seconds per 1,000 journeys"]
    assert problems == ["growth: RuntimeError: half-done"]


def test_a_price_without_processor_time_is_not_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MEASURES", {"cost": list, "cpu": _broken})
    assert run.make(["cost"])[0] == []


def test_the_report_says_when_where_and_by_what_it_was_made() -> None:
    text = run.report([cpu.section(RUNS)])
    assert text.startswith("# Figures\n")
    assert all(said in text for said in ("make bench", today(), machine(), "| **all** |"))
