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


def test_a_line_says_what_was_done_when_and_leaves_out_what_says_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Report("ingest").write("ingested", {"source": "track", "refused": 0, "profiles": [], "events": {"a": 1}}, {}, NOW)
    assert line(capsys) == {
        "level": "INFO",
        "message": "ingested",
        "timestamp": "2026-03-07T12:00:00.005Z",
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


def test_a_zero_is_left_out_and_milliseconds_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    Report("decide").write("decided", {}, {"Parked": 0, "Conflicts": 2}, NOW, {"TimerLateness": 50.5, "Other": 0})
    written = line(capsys)
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == {"Conflicts": "Count", "TimerLateness": "Milliseconds"}
    assert (written["Conflicts"], written["TimerLateness"], "Parked" in written) == (2, 50.5, False)
    Report("decide").write("decided", {"messages": 1}, {"Parked": 0}, NOW)
    quiet = line(capsys)
    assert (quiet["messages"], "_aws" in quiet, "service" in quiet) == (1, False, False)


def test_a_warning_is_told_from_what_went_well(capsys: pytest.CaptureFixture[str]) -> None:
    Report("deliver").warn("unreadable", {"field": "profile"}, NOW)
    written = line(capsys)
    assert written.pop("timestamp") == "2026-03-07T12:00:00.005Z", "or Lambda takes it for one of level INFO"
    assert written == {"level": "WARN", "message": "unreadable", "field": "profile"}
