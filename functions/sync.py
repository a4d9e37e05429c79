"""Every five minutes connections are read, and at once what an unsigned webhook hints at."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.bootstrap import sync

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do one run, in which a connection that fails is written down; or read what a hint is about, and fail with it."""
    hint = event.get("hint")
    done = sync().hinted(hint["source"], hint["connection"], hint["subjects"]) if hint else sync().run()
    for name, number in (
        ("ConnectionsRead", done.read),
        ("ConnectionsFailed", done.failed),
        ("ConnectionsSilent", done.silent),
        ("EventsAccepted", done.accepted),
    ):
        if number:
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    counts = {"read": done.read, "failed": done.failed, "silent": done.silent, "accepted": done.accepted}
    logger.info("synced", extra={**counts, "left_out": done.left_out, "problems": done.problems})
    return {**counts, "finished": done.finished}
