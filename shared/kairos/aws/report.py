"""What a function says of one invocation: one line of JSON with its facts, which is also its metrics.

CloudWatch makes metrics of a line that has `_aws` (the embedded metric format), and keeps the line as it is. So a log
line and the metrics that belong to it are one thing, written once; whose a line is its group says. Made here and not by
a library, which would be an eighth of what `ingest` takes to start, and of what it does with a request besides calling
AWS.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

NAMESPACE = "Kairos"
_DIMENSION = "service"
_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=str).encode


class Report:
    """The lines of one function, "kairos-<its name>", on the standard output as it is when one is written."""

    def __init__(self, function: str) -> None:
        self._service = f"kairos-{function}"

    def write(
        self,
        message: str,
        facts: Mapping[str, Any],
        counts: Mapping[str, int],
        now: datetime,
        milliseconds: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Say what was done at `now`: facts that say something, and numbers that are metrics, by their names.

        A zero says what silence says, so it is left out everywhere.
        """
        line = _line("INFO", message, facts, now)
        numbers = {name: number for name, number in (*counts.items(), *milliseconds.items()) if number}
        if numbers:
            units = {name: "Milliseconds" if name in milliseconds else "Count" for name in numbers}
            line |= {_DIMENSION: self._service, **numbers, "_aws": _directive(units, now)}
        _say(line)

    def warn(self, message: str, facts: Mapping[str, Any], now: datetime) -> None:
        """Say what went wrong at `now`, and comes again or is parked."""
        _say(_line("WARN", message, facts, now))


def _line(level: str, message: str, facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    # Lambda takes a line without a timestamp of RFC 3339 for one of level INFO, and adds a timestamp of its own.
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {name: fact for name, fact in facts.items() if fact}
    return {"level": level, "message": message, "timestamp": stamp, **said}


def _directive(units: Mapping[str, str], now: datetime) -> dict[str, Any]:
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    group = {"Namespace": NAMESPACE, "Dimensions": [[_DIMENSION]], "Metrics": metrics}
    return {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [group]}


def _say(line: Mapping[str, Any]) -> None:
    sys.stdout.write(_JSON(line) + "\n")
