"""New objects of the archive: each counted once."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.aws.archive import read_notice
from kairos.bootstrap import tally
from kairos.domain.errors import KairosError

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Count the objects that one SQS batch tells of. What failed comes again; what never works, to the dead letters."""
    failed, uncounted = [], 0
    for record in event["Records"]:
        try:
            for name in read_notice(record["body"]):
                uncounted += _count(name)
        except KairosError as error:
            logger.warning("not counted", extra={"error": type(error).__name__, "reason": str(error)})
            failed.append(record["messageId"])
    metrics.add_metric(name="Uncounted", unit=MetricUnit.Count, value=uncounted)
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}


def _count(name: str) -> int:
    done = tally().count(name)
    counts = {"lines": done.lines, "counted": done.counted, "known": done.known}
    logger.info("counted", extra={**counts, "late": done.late, "unreadable": done.unreadable, "object": name})
    return done.late + done.unreadable
