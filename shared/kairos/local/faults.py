"""Trouble on demand: calls that AWS refuses, and processes that die between two calls.

A fault answers instead of AWS; nothing has happened, unless it is the answer that is lost. botocore's own retries do
not see it (they would sleep), so one fault is what a caller meets *after* retries. A crash comes before or after a call
has taken effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kairos.local.call import Call
from kairos.local.errors import AwsError, Killed

Kind = Literal["throttle", "conflict", "unavailable", "timeout", "refuse", "lost"]
"""`lost` is the one that has taken effect all the same: only its answer never came."""
When = Literal["before", "after"]

_THROTTLES = {
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "sqs": ("RequestThrottled", 400),
    "scheduler": ("ThrottlingException", 429),
    "sesv2": ("TooManyRequestsException", 429),
    "sns": ("Throttled", 429),
    "s3": ("SlowDown", 503),
    "firehose": ("ServiceUnavailableException", 503),
    "lambda": ("TooManyRequestsException", 429),
}
_CONFLICTS = {
    "dynamodb": ("TransactionConflictException", 400),
    "scheduler": ("ConflictException", 409),
}


@dataclass(slots=True)
class Fault:
    """`left` calls of `service`.`operation` ("*": any) by `function` (None: anybody) fail in the way of `kind`."""

    service: str
    operation: str
    left: int
    kind: Kind
    function: str | None = None

    def hits(self, call: Call) -> bool:
        return (
            self.left > 0
            and self.service == call.service
            and self.operation in ("*", call.operation)
            and self.function in (None, call.function)
        )

    def error(self, call: Call) -> AwsError:
        """Return what the service answers in this trouble."""
        if self.kind == "throttle":
            code, status = _THROTTLES.get(call.service, ("ThrottlingException", 400))
        elif self.kind == "conflict":
            code, status = _CONFLICTS.get(call.service, ("ConflictException", 409))
        elif self.kind == "refuse":
            code, status = ("MessageRejected" if call.service == "sesv2" else "AccessDeniedException"), 400
        else:
            late = ("RequestTimeout", 408)
            code, status = {"unavailable": ("ServiceUnavailable", 503), "timeout": late, "lost": late}[self.kind]
        return AwsError(code, f"injected: {self.kind} of {call.service}.{call.operation}", status)


@dataclass(slots=True)
class Crash:
    """The function's process ends at its `nth` call (from 1) of one invocation, `when` it has or has not happened.

    `skip` invocations that reach that call pass unharmed before it.
    """

    function: str
    nth: int
    when: When
    skip: int = 0


class Trouble:
    """All faults and crashes that are still to come."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.crashes: list[Crash] = []

    def before(self, call: Call) -> None:
        """Raise what is planned for `call` before it happens."""
        self._crash(call, "before")
        self._fail(call, lost=False)

    def after(self, call: Call) -> None:
        """Raise what is planned for `call` once it has happened."""
        self._crash(call, "after")
        self._fail(call, lost=True)

    def _fail(self, call: Call, *, lost: bool) -> None:
        for fault in self.faults:
            if fault.hits(call) and (fault.kind == "lost") == lost:
                fault.left -= 1
                raise fault.error(call)

    def _crash(self, call: Call, when: When) -> None:
        for crash in self.crashes:
            if (crash.function, crash.nth, crash.when) != (call.function, call.nth, when):
                continue
            if crash.skip:
                crash.skip -= 1
                continue
            self.crashes.remove(crash)
            raise Killed(f"{call.function} killed {when} its call {call.nth}, {call.service}.{call.operation}")

    def __iter__(self) -> Iterator[Fault | Crash]:
        yield from self.faults
        yield from self.crashes
