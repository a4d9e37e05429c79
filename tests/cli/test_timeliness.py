"""The timing metrics, by their formulas, from what was counted."""

from __future__ import annotations

import json

import pytest

from kairos.app.ports import Counted, Figure
from kairos.app.tally import read_line
from kairos.cli.timeliness import timeliness_of, to_json, to_rows
from kairos.domain.reason import ALL_MARKETING
from tests.app.brands import journey, segment, small_drafts
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run

DAY = "2026-11-22"
SCORE = {"score": [{"if": {"did": "page_viewed"}, "adds": 1, "because": "a visit"}], "base": 0, "gte": "60%"}


def of_journey(kind: str, reason: str) -> Figure:
    return Figure("welcome", DAY, "hello-1", kind, "email", reason)


def of_all(kind: str, reason: str) -> Figure:
    return Figure(ALL_MARKETING, DAY, "", kind, "", reason)


JOURNEY = {
    of_journey("aimed", "0h 3/3"): 300,
    of_journey("aimed", "8h 0/3"): 200,
    of_journey("aimed", "unknown"): 100,
    of_journey("answered", "15m 0h"): 60,
    of_journey("answered", "3h 8h"): 20,
    of_journey("answered", "24h unknown"): 20,
}
ALL = {
    of_all("active", "first 0.5"): 30,
    of_all("active", "first 0.8"): 10,
    of_all("active", "again"): 60,
    of_all("engaged", "new"): 4,
    of_all("engaged", "+10"): 2,
    of_all("engaged", "+1"): 8,
    of_all("segment_entered", "eager"): 5,
}


def test_each_metric_is_its_formula() -> None:
    found = to_json(timeliness_of(JOURNEY, ALL))
    assert found["messages"] == 600
    assert found["real_time_response_rate"] == pytest.approx(60 / 600)
    assert found["timing_accuracy"] == pytest.approx(1 - (8 * 200 / 500) / 12)
    assert found["context_alignment_score"] == pytest.approx(300 / 500)
    assert found["timing_sensitivity"] == pytest.approx(1 - (20 / 200) / (60 / 300))
    assert found["timing_sensitivity_interval"] == pytest.approx([0.034, 0.160], abs=2e-3)
    assert found["engagement_longevity_days"] == pytest.approx((2 * 10 + 8) / 4)
    assert found["event_frequency"] == pytest.approx(100 / 40)
    assert found["lifecycle_index"] == pytest.approx((30 * 0.5 + 10 * 0.8) / 40)
    assert found["intent_signals"] == {"eager": 5}
    lag = found["lag_minutes"]
    assert 5 < lag["q1"] < lag["median"] < 15, "60 of 100 answers came between 5 and 15 minutes"
    assert lag["q1"] == pytest.approx(5 * 3 ** (25 / 60))
    assert 60 < lag["q3"] < 180


def test_little_is_called_little_and_nothing_is_shown_of_nothing() -> None:
    few = {of_journey("aimed", "0h 3/3"): 99, of_journey("answered", "15m 0h"): 50}
    assert timeliness_of(few).sensitivity is None
    assert ("timing sensitivity", "not enough data yet", "99 messages near, 0 far") in to_rows(timeliness_of(few))
    assert to_rows(timeliness_of({})) == []
    assert to_json(timeliness_of({}))["timing_accuracy"] is None


def test_results_shows_them_and_of_segments_only_those_that_a_score_makes(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts = small_drafts(("journey", "welcome", journey()), ("segment", "eager", segment("eager", **SCORE)))
    assert deployment.command({"command": "publish", "all": True})["ok"]
    counted = {**JOURNEY, **ALL, of_all("segment_entered", "vip"): 9}
    deployment.insights.add(NOW, "a#0", frozenset(), counted, Counted(0, frozenset()))
    assert kairos("results", "welcome", "--json") == 0
    shown = json.loads(capsys.readouterr().out)["timing"]
    assert shown == json.loads(json.dumps(to_json(timeliness_of(JOURNEY, ALL))))
    assert kairos("results", "welcome") == 0
    told = capsys.readouterr().out
    for words in ("real-time response rate", "10.0%", "timing accuracy", "0.73", "lag time, median", "7.0 days"):
        assert words in told


def test_tally_reads_them_from_decisions() -> None:
    reasons = [
        {"kind": "aimed", "journey": "welcome", "step": "hello-1", "channel": "email", "reason": "4h 1/3"},
        {"kind": "active", "journey": ALL_MARKETING, "reason": "first"},
        {"kind": "segment_entered", "subject": "eager", "reason": ""},
    ]
    line = {"profile": "p", "version": 1, "at": "2026-11-22T03:00:00Z", "day": DAY, "reasons": reasons}
    figures = read_line(json.dumps(line).encode()).figures
    assert set(figures) == {
        of_journey("aimed", "4h 1/3"),
        of_all("active", "first"),
        of_all("segment_entered", "eager"),
    }


@pytest.fixture
def deployment() -> MemoryDeployment:
    return MemoryDeployment()
