"""The one place that every AWS call of the process passes: `Wire.perform`.

botocore is asked to call us before each request (`before-call`) and after it. An answer of ours replaces the request;
without one the request goes on to moto. Nothing leaves the process.

In order: record the call, crash before it, refuse it (gates), fail it (faults), answer it, crash after it. `gates` is
the seam for permissions: a callable that gets the `Call` and raises `AwsError("AccessDeniedException", …)`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from botocore.handlers import BUILTIN_HANDLERS

from kairos.local.call import Call
from kairos.local.errors import AwsError
from kairos.local.faults import Trouble

CALLS_KEPT = 100_000


class Api(Protocol):
    """A service, or the part of one, that the local cloud answers itself."""

    def answers(self, operation: str, params: Mapping[str, Any]) -> bool:
        """Tell whether this call is ours; otherwise moto gets it."""

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the parsed response, as botocore would; raise `AwsError`."""


@dataclass(slots=True)
class Caller:
    """Whoever is running: a function in its `invocation`-th invocation, having made `calls` so far."""

    function: str | None
    invocation: int = 0
    calls: int = 0


@dataclass
class Wire:
    """Everything between boto3 and the services."""

    now: Callable[[], datetime]
    apis: dict[str, Api] = field(default_factory=dict)
    gates: list[Callable[[Call], None]] = field(default_factory=list)
    trouble: Trouble = field(default_factory=Trouble)
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))
    sites: dict[tuple[str | None, int, str, str], int] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    caller: Caller = field(default_factory=lambda: Caller(None))

    def open(self, service: str, operation: str, params: Mapping[str, Any]) -> Call:
        """Record a call about to be made by the present caller."""
        caller = self.caller
        caller.calls += 1
        call = Call(caller.function, caller.invocation, caller.calls, service, operation, params, self.now())
        self.calls.append(call)
        self.sites[call.site] = self.sites.get(call.site, 0) + 1
        return call

    def before(self, call: Call) -> None:
        """Let everything that may refuse the call do so."""
        for gate in self.gates:
            gate(call)
        self.trouble.before(call)

    def answer(self, call: Call) -> dict[str, Any] | None:
        """Return our own answer, or None where moto shall give it."""
        api = self.apis.get(call.service)
        if api is None or not api.answers(call.operation, call.params):
            return None
        return api.answer(call)

    def perform(self, principal: str, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call that AWS itself makes on our behalf, such as Scheduler's to its target; raise `AwsError`."""
        with self.lock:
            outer, self.caller = self.caller, Caller(principal)
            try:
                call = self.open(service, operation, params)
                self.before(call)
                parsed = self.answer(call)
            finally:
                self.caller = outer
        if parsed is None:
            raise AwsError("UnknownOperationException", f"{service}.{operation} is not played for {principal}", 404)
        return parsed


class _Http:
    """The little that botocore reads of a raw response."""

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
        self.headers: dict[str, str] = {}


_active: Wire | None = None
_PARAMS, _CALL = "kairos_local_params", "kairos_local_call"


def connect(wire: Wire | None) -> None:
    """Route the calls of this process through `wire`; None leaves botocore alone again."""
    global _active
    _active = wire


def _remember(params: Any, context: dict[str, Any], **_: Any) -> None:
    if _active is not None:
        context[_PARAMS] = params


def _before(model: Any, context: dict[str, Any], **_: Any) -> tuple[_Http, dict[str, Any]] | None:
    wire = _active
    if wire is None:
        return None
    with wire.lock:
        call = context[_CALL] = wire.open(model.service_model.service_name, model.name, context.get(_PARAMS) or {})
        try:
            wire.before(call)
            parsed = wire.answer(call)
        except AwsError as error:
            return _Http(error.status), error.parsed()
    if parsed is None:
        return None
    return _Http(200), {**parsed, "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "local", "RetryAttempts": 0}}


def _after(context: dict[str, Any], **_: Any) -> None:
    call = context.get(_CALL)
    if _active is not None and call is not None:
        _active.trouble.after(call)


# Sessions copy this list when they are made, as moto relies on too: import this module before making one.
BUILTIN_HANDLERS.append(("before-parameter-build", _remember))
BUILTIN_HANDLERS.append(("before-call", _before))
BUILTIN_HANDLERS.append(("after-call", _after))
