"""One call to AWS, as everything that watches, refuses or answers calls sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A call before it is made.

    `function` is the short name of the function that makes it, a principal of the cloud's own ("scheduler", "lambda",
    "events"), or None for whoever holds `cloud.session`. `nth` counts an invocation's calls from 1; `invocation`
    counts the function's invocations from 1. `service` and `operation` are spelled as botocore does ("sesv2",
    "SendEmail"). `params` are the API's parameters, bytes as bytes. A principal of the cloud's own acts for a `source`
    (the ARN of a rule, or of a schedule's group), Scheduler in the name of a `role` (ARN).
    """

    function: str | None
    invocation: int
    nth: int
    service: str
    operation: str
    params: Mapping[str, Any]
    at: datetime
    source: str | None = None
    role: str | None = None

    @property
    def site(self) -> tuple[str | None, int, str, str]:
        """Return where in its function this call stands: (function, nth, service, operation)."""
        return self.function, self.nth, self.service, self.operation
