"""GET and POST /u/{token}: the opt-out page and the one click."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from kairos.app.http import to_event
from kairos.bootstrap import preferences

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload format 2.0)."""
    token = (event.get("pathParameters") or {}).get("token", "")
    language = {name.lower(): value for name, value in (event.get("headers") or {}).items()}.get("accept-language", "")
    http = event.get("requestContext", {})
    use_case = preferences()
    if http.get("http", {}).get("method") == "POST":
        answer = use_case.stop(token, language, http.get("requestId", ""))
    else:
        answer = use_case.show(token, language)
    metrics.add_metric(name=f"Preferences{answer.facts['outcome'].title()}", unit=MetricUnit.Count, value=1)
    logger.info("preferences", extra=dict(answer.facts))
    return to_event(answer)
