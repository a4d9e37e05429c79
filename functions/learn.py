"""Once a day: what a sample of customers teaches, offered to `publish` where it foretells better."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.bootstrap import learn

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Learn once. Fails where what was better was refused, so that somebody hears of it."""
    night = learn().run()
    metrics.add_metric(name="LearnRead", unit=MetricUnit.Count, value=night.looked_at)
    metrics.add_metric(name="LearnRelated", unit=MetricUnit.Count, value=night.related)
    metrics.add_metric(name="LearnBetter", unit=MetricUnit.Count, value=len(night.changed))
    logger.info("learned", extra={**night.facts(), "judged": night.judged})
    return night.facts()
