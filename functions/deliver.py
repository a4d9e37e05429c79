"""The two outboxes: each message through its gates to its provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.app.deliver.outcome import Request
from kairos.app.render.render import prepare
from kairos.aws.outbox import read_outbox
from kairos.bootstrap import clock, deliver
from kairos.domain.errors import BadInput

logger, metrics = Logger(location=None, timestamp=None), Metrics()
logger.remove_keys(["service"])  # CloudWatch says whose line it is, and when: lines are paid for by the byte
CALL_SECONDS = 20  # the longest call of a provider, and what is done after it
prepare()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deliver one batch. What failed comes again; what is unreadable ends in the dead-letter queue."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis()) - timedelta(seconds=CALL_SECONDS)
    requests, failed = [], []
    for record in event["Records"]:
        try:
            requests.append(Request(record["messageId"], read_outbox(record["body"])))
        except BadInput as error:
            logger.error("unreadable", extra={"field": error.field})
            failed.append(record["messageId"])
    for done in deliver().handle(requests, until=clock().now() + left):
        logger.info("delivered", extra={name: fact for name, fact in done.facts.items() if fact})
        for name in done.outcome.metrics:
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
        if done.outcome.kind == "failed":
            failed.append(done.request.receipt)
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in failed]}
