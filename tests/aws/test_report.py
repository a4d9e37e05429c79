"""A line of an invocation: facts for whoever reads it, and metrics in CloudWatch's embedded format."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.aws.report import Report

NOW = datetime(2026, 3, 7, 12, 0, 0, 5_000, tzinfo=UTC)


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    written = capsys.readouterr().out
    assert written.count("\n") == 1
    assert written.endswith("\n")
    parsed: dict[str, Any] = json.loads(written)
    return parsed


def test_a_line_says_what_was_done_and_leaves_out_what_says_nothing_or_cloudwatch_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Report("ingest").write("ingested", {"source": "track", "refused": 0, "profiles": [], "events": {"a": 1}}, {}, NOW)
    assert line(capsys) == {
        "level": "INFO",
        "message": "ingested",
        "source": "track",
        "events": {"a": 1},
    }


def test_counts_are_metrics_by_the_dimension_that_alarms_and_dashboard_ask_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Report("ingest").write("ingested", {}, {"EventsAccepted": 3, "Answered2xx": 1}, NOW)
    written = line(capsys)
    told = written["_aws"]
    assert told["Timestamp"] == 1_772_884_800_005
    (directive,) = told["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Kairos", [["service"]])
    assert [metric["Name"] for metric in directive["Metrics"]] == ["EventsAccepted", "Answered2xx"]
    assert (written["service"], written["EventsAccepted"], written["Answered2xx"]) == ("kairos-ingest", 3, 1)


def test_whatever_text_a_fact_holds_the_line_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    Report("ingest").write("ingested", {"problem": "two\nlines \ud800 다"}, {}, NOW)
    assert line(capsys)["problem"] == "two\nlines \ud800 다"
