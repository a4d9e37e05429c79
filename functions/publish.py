"""Definitions: drafts that changed are validated, and commands make them live, stop them or go back."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.app.publish.command import run_command
from kairos.bootstrap import clock, publish

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Validate all drafts when the stream tells of one, else do what a direct invocation says."""
    if "Records" in event:
        return _validate()
    outcome = run_command(publish(), event, clock().now())
    logger.info("command", extra={"command": event.get("command"), "outcome": outcome})
    return outcome


def _validate() -> dict[str, Any]:
    found = publish().validate()
    invalid = sorted(f"{kind}/{id}" for (kind, id), problems in found.items() if any(not p.warning for p in problems))
    metrics.add_metric(name="InvalidDrafts", unit=MetricUnit.Count, value=len(invalid))
    logger.info("validated", extra={"drafts": len(found), "invalid": invalid[:50]})
    return {"batchItemFailures": []}
