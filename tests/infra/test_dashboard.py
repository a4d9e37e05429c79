"""The dashboard."""

from __future__ import annotations

import json

from tests.infra.deployed import Deployed, flat


def test_the_dashboard_shows_every_alarm_function_and_queue(prod: Deployed) -> None:
    body = flat(prod.properties("Dashboard")["DashboardBody"])
    json.loads(body)
    for kind in ("CloudWatch::Alarm", "Lambda::Function", "SQS::Queue"):
        for name in prod.of_type(kind):
            assert f"<{name}>" in body
