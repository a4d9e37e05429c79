"""One round of a walk: Scheduler calls it while a walk is under way, and nobody calls it otherwise."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.bootstrap import walk
from kairos.domain.errors import BadInput

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work on the walk that the call names. Fails after noting what went wrong, so that somebody hears of it."""
    id = event.get("walk")
    if not isinstance(id, str) or not id:
        raise BadInput("walk", "the id of a walk")
    done = walk().round(id)
    for name, number in (("WalkRead", done.looked_at), ("WalkWoken", done.woken)):
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    counts = {"walk": id, "state": done.state, "read": done.looked_at, "woken": done.woken, "pages": done.pages}
    logger.info("walked", extra=counts)
    if done.errors:
        raise done.errors[0]
    return counts
