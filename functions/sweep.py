"""Every five minutes: who was missed is woken, who comes near is armed."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.bootstrap import sweep

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do one run. Fails after it if one of its rings was refused for good, so that somebody hears of it."""
    swept = sweep().run()
    for name, number in (("Woken", swept.woken), ("Armed", swept.armed), ("Unfinished", int(not swept.finished))):
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    lateness = swept.latest.total_seconds() * 1000
    metrics.add_metric(name="MissedLateness", unit=MetricUnit.Milliseconds, value=lateness)
    counts = {"woken": swept.woken, "armed": swept.armed, "finished": swept.finished, "refused": len(swept.errors)}
    logger.info("swept", extra=counts)
    if swept.errors:
        raise swept.errors[0]
    return counts
