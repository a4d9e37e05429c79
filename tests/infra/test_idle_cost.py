"""docs/idle-cost.md: its sums, and its quantities as the template has them."""

from __future__ import annotations

import re

import pytest

from infra.package import ROOT
from tests.infra.deployed import Deployed

TEXT = (ROOT / "docs" / "idle-cost.md").read_text()
HOURS = 730


def rows() -> dict[str, list[float]]:
    """Return the figures of each row: how many, how many of them free, price, cost, cost without the free part."""
    table = re.findall(r"^\| (?P<what>[^|]+) \| (?P<figures>[\d. |]+) \|$", TEXT, flags=re.MULTILINE)
    return {what: [float(figure) for figure in figures.split("|")] for what, figures in table}


def quantity(beginning: str) -> float:
    (found,) = [figures[0] for what, figures in rows().items() if what.startswith(beginning)]
    return found


def test_each_row_is_its_quantity_times_its_price() -> None:
    assert len(rows()) > 10
    for what, (many, free, price, cost, cost_without) in rows().items():
        assert max(0.0, many - free) * price == pytest.approx(cost, abs=0.005), what
        assert many * price == pytest.approx(cost_without, abs=0.006), what


def test_the_totals_are_the_sums_and_stay_below_eight_dollars() -> None:
    total, without = sum(row[3] for row in rows().values()), sum(row[4] for row in rows().values())
    assert f"Totals: **{total:.2f}** and, without the free part, **{without:.2f}**" in TEXT
    assert f"costs **{total:.2f} USD a month**" in " ".join(TEXT.split())
    assert f"**{without - 3:.2f} USD** plus a dashboard" in TEXT
    assert total < 8


def test_the_alarms_are_as_many_as_the_table_says(prod: Deployed) -> None:
    alarms = prod.of_type("CloudWatch::Alarm").values()
    watched = sum(sum("MetricStat" in each for each in alarm.get("Metrics", [])) or 1 for alarm in alarms)
    assert quantity("metrics watched") == watched
    assert f"{len(alarms)} alarms watch {watched} metrics" in TEXT


@pytest.mark.parametrize(
    ("row", "kind"),
    [("KMS key", "KMS::Key"), ("Secrets Manager", "SecretsManager::Secret"), ("dashboard", "CloudWatch::Dashboard")],
)
def test_what_is_billed_by_the_piece_is_there_as_often_as_the_table_says(prod: Deployed, row: str, kind: str) -> None:
    assert quantity(row) == len(prod.of_type(kind))


def test_every_queue_that_is_asked_is_counted(prod: Deployed) -> None:
    sources = prod.of_type("Lambda::EventSourceMapping")
    queues = {name: each for name, each in sources.items() if "Queue" in each["EventSourceArn"]["Fn::GetAtt"][0]}
    asked = [name for name, source in queues.items() if source.get("Enabled", True)]
    assert queues.keys() - set(asked) == {"DeliverFunctionAnnouncementsSource"}, "it is asked where somebody listens"
    requests_per_queue = 5 * 3 * 60 * HOURS
    assert quantity("SQS, asking the inbox") + quantity("SQS, asking the two") == len(asked) * requests_per_queue


def test_the_sweep_is_counted_by_its_rule_and_size(prod: Deployed) -> None:
    assert prod.properties("SweepRule")["ScheduleExpression"] == "rate(5 minutes)"
    runs = 12 * HOURS
    assert quantity("Lambda, runs") == runs
    assert quantity("Lambda, GB-seconds") == runs * prod.properties("SweepFunction")["MemorySize"] / 1024 * 0.5
