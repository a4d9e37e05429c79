"""The stream of `customers`: the effects that each write carries, performed."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.aws.stream import read_images
from kairos.bootstrap import dispatch

logger, metrics = Logger(location=None, timestamp=None), Metrics()
logger.remove_keys(["service"])  # CloudWatch says whose line it is, and when: lines are paid for by the byte


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Perform one batch of the stream. What failed, and all behind it, comes again."""
    perform, parking = dispatch()
    images, unreadable = read_images(event["Records"], parking)
    done = perform.perform(images)
    for error in done.errors:
        logger.warning("effect not performed", extra={"error": type(error).__name__, "reason": str(error)})
    counts = {"Sends": done.sends, "Alarms": done.alarms, "Wakes": done.wakes, "Told": done.tells}
    counts |= {"Announced": done.announced, "Parked": done.parked + unreadable}
    counts = {name: number for name, number in counts.items() if number}  # zeroes are paid for by the byte
    for name, number in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    correlations = sorted({image.correlation for image in images if image.correlation})
    logger.info("dispatched", extra={"images": len(images), "correlations": correlations, **counts})
    return {"batchItemFailures": [{"itemIdentifier": done.failed}] if done.failed else []}
