"""The inbox: events and wake-ups of a batch, applied to each profile in one read and one conditional write."""

from __future__ import annotations

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.aws.inbox import read_batch
from kairos.bootstrap import decide
from kairos.domain.reason import COUNTED_ONLY, FEEDBACK

COUNTED = frozenset((*FEEDBACK, *COUNTED_ONLY))
logger, metrics = Logger(location=None, timestamp=None), Metrics()
logger.remove_keys(["service"])  # CloudWatch says whose line it is, and when: lines are paid for by the byte


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply one SQS batch. The groups that failed come again whole; the others are done."""
    handle, parking = decide()
    received, unread = read_batch(event["Records"], parking)
    applied = handle.apply(received)
    for error in applied.errors:
        logger.warning("group comes again", extra={"error": type(error).__name__, "reason": str(error)})
    kinds = Counter(reason.kind for reason in applied.reasons if reason.kind not in COUNTED)  # `tally` counts those
    for kind, number in kinds.items():
        metrics.add_metric(name="Decided" + kind.title().replace("_", ""), unit=MetricUnit.Count, value=number)
    parked = applied.parked + len(event["Records"]) - len(received) - len(unread)
    for name, number in (("Parked", parked), ("Conflicts", applied.conflicts)):
        if number:  # a zero says what silence says, and is paid for by the byte
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    if applied.lateness:
        lateness = applied.lateness.total_seconds() * 1000
        metrics.add_metric(name="TimerLateness", unit=MetricUnit.Milliseconds, value=lateness)
    correlations = sorted({each.message.correlation for each in received if each.message.correlation})
    logger.info("decided", extra={"messages": len(received), "kinds": kinds, "correlations": correlations})
    return {"batchItemFailures": [{"itemIdentifier": id} for id in (*unread, *applied.failed)]}
