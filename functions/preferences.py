"""What a message's own links lead to: the one click and its page (/u/{token}), the preference centre (/p/{token})."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.app.http import read_event, to_event
from kairos.bootstrap import clock, preferences

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload format 2.0)."""
    request = read_event(event, clock().now())
    answer = preferences().answer(request, event.get("requestContext", {}).get("requestId", ""))
    metrics.add_metric(name=f"Preferences{answer.facts['outcome'].title()}", unit=MetricUnit.Count, value=1)
    logger.info("preferences", extra=dict(answer.facts))
    return to_event(answer)
