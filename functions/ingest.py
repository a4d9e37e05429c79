"""Webhooks and tracking calls over HTTP, and what SES says of messages over EventBridge."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.app.http import to_event
from kairos.app.ingest.front import handle_event
from kairos.bootstrap import clock, ingest
from kairos.domain.errors import Rejected

COUNTED = {"accepted": "EventsAccepted", "unaddressed": "EventsUnaddressed", "refused": "CallsRefused"}

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Answer one request (payload format 2.0), or take one EventBridge event: one that raises comes again."""
    if "detail" in event:
        try:
            facts = ingest().feedback(event, clock().now()).facts()
        except Rejected as error:  # it can never be read, so it must not come again
            facts = {"source": "ses", "refused": 1, "problem": str(error)}
        answer = None
    else:
        answered = handle_event(ingest(), event, clock().now())
        facts, answer = dict(answered.facts), to_event(answered)
        metrics.add_metric(name=f"Answered{answered.status // 100}xx", unit=MetricUnit.Count, value=1)
    for fact, name in COUNTED.items():
        if number := facts.get(fact):
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    logger.info("ingested", extra={name: fact for name, fact in facts.items() if fact})
    return answer
