"""What a function says of one invocation: one line of JSON with its facts, which is also its metrics.

CloudWatch makes metrics of a line that has `_aws` (the embedded metric format), and keeps the line as it is. So a log
line and the metrics that belong to it are one thing, written once; whose it is and when it came CloudWatch says itself,
and bills every byte. Made here and not by a library, because the library
is half of what `ingest` would import when it starts, and a fifth of what a request would cost it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

NAMESPACE = "Kairos"
_DIMENSION = "service"
_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=str).encode


class Report:
    """The lines of one function, "kairos-<its name>", on the standard output as it is when one is written."""

    def __init__(self, function: str) -> None:
        self._service = f"kairos-{function}"

    def write(self, message: str, facts: Mapping[str, Any], counts: Mapping[str, int], now: datetime) -> None:
        """Say what was done at `now`: facts that say something, and numbers that are metrics, by their names."""
        line: dict[str, Any] = {"level": "INFO", "message": message}
        line.update((name, fact) for name, fact in facts.items() if fact)
        if counts:
            line[_DIMENSION] = self._service
            line.update(counts)
            line["_aws"] = {
                "Timestamp": int(now.timestamp() * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": NAMESPACE,
                        "Dimensions": [[_DIMENSION]],
                        "Metrics": [{"Name": name, "Unit": "Count"} for name in counts],
                    }
                ],
            }
        sys.stdout.write(_JSON(line) + "\n")
