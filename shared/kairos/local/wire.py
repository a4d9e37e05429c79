"""The one place that every AWS call of the process passes: `Wire.perform`.

While a cloud runs, every boto3 client of the process, and every direct one, makes its calls through us, whenever it was
made. What the local
cloud answers itself needs no URL, signature or parser, only botocore's check of the parameters, which makes a call
several times as fast; everything else goes on to moto. Nothing leaves the process.

In order: record the call, crash before it, refuse it (gates), fail it (faults), answer it, crash after it. `gates` is
the seam for permissions: a callable that gets the `Call` and raises `AwsError("AccessDeniedException", …)`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from botocore.client import BaseClient
from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from kairos.aws.direct import DirectClient
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
    """Whoever is running: a function in its `invocation`-th invocation, having made `calls` so far.

    `source` and `role` are those of `Call`.
    """

    function: str | None
    invocation: int = 0
    calls: int = 0
    source: str | None = None
    role: str | None = None


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
        who = (caller.function, caller.invocation, caller.calls)
        call = Call(*who, service, operation, params, self.now(), caller.source, caller.role)
        self.calls.append(call)
        self.sites[call.site] = self.sites.get(call.site, 0) + 1
        return call

    def before(self, call: Call) -> None:
        """Let everything that may refuse the call do so."""
        for gate in self.gates:
            gate(call)
        self.trouble.before(call)

    def permit(self, who: Caller, service: str, operation: str, params: Mapping[str, Any]) -> None:
        """Let the gates judge what `who` does by other ways than a call; raise `AwsError`."""
        call = Call(who.function, who.invocation, 0, service, operation, params, self.now(), who.source, who.role)
        for gate in self.gates:
            gate(call)

    def ours(self, service: str, operation: str, params: Mapping[str, Any]) -> bool:
        """Tell whether the local cloud answers this call itself, or moto does."""
        api = self.apis.get(service)
        return api is not None and api.answers(operation, params)

    def perform(
        self, principal: str | Caller | None, service: str, operation: str, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Make a call without a client, such as Scheduler's to its target; raise `AwsError`."""
        if not self.ours(service, operation, params):
            raise AwsError("UnknownOperationException", f"{service}.{operation} is not played for {principal}", 404)
        with self.lock:
            outer = self.caller
            self.caller = principal if isinstance(principal, Caller) else Caller(principal)
            try:
                call = self.open(service, operation, params)
                self.before(call)
                return self.apis[service].answer(call)
            finally:
                self.caller = outer


class _Http:
    """The little that handlers of botocore's `after-call` read of a raw response."""

    status_code = 200
    headers: ClassVar[dict[str, str]] = {}


_METADATA = {"HTTPStatusCode": 200, "RequestId": "local", "RetryAttempts": 0}
_active: Wire | None = None
_original = BaseClient._make_api_call  # type: ignore[attr-defined]
_original_direct = DirectClient._make_api_call
_stand_in: Callable[[str], Any] | None = None
_validator = ParamValidator()


def connect(wire: Wire | None, stand_in: Callable[[str], Any] | None = None) -> None:
    """Route the calls of this process through `wire`; None leaves all clients alone again.

    A direct client checks no parameters and knows no exceptions: `stand_in` returns the botocore client of a service,
    which makes its calls here.
    """
    global _active, _stand_in
    _active, _stand_in = wire, stand_in
    patched: Any = BaseClient
    patched._make_api_call = _original if wire is None else _make_api_call
    direct: Any = DirectClient
    direct._make_api_call = _original_direct if stand_in is None else _make_direct_call


def _make_direct_call(client: DirectClient, operation: str, params: Any) -> Any:
    assert _stand_in is not None
    return _make_api_call(_stand_in(client.service), operation, params)


def _make_api_call(client: Any, operation: str, api_params: Any) -> Any:
    """Stand in for every client's own method of this name, whenever the client was made."""
    wire, service = _active, client.meta.service_model.service_name
    if wire is None:
        return _original(client, operation, api_params)
    with wire.lock:
        if wire.ours(service, operation, api_params):
            return _answer(wire, client, operation, api_params)
        call = wire.open(service, operation, api_params)
        try:
            wire.before(call)
            try:
                return _original(client, operation, api_params)
            finally:
                wire.trouble.after(call)
        except AwsError as error:
            raise _raised(client, operation, error) from None


def _answer(wire: Wire, client: Any, operation: str, api_params: Any) -> Any:
    model, context = client.meta.service_model.operation_model(operation), dict[str, Any]()
    params = client._emit_api_params(api_params=api_params, operation_model=model, context=context)
    if model.input_shape is not None:
        report = _validator.validate(params, model.input_shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
    call = wire.open(client.meta.service_model.service_name, operation, params)
    try:
        wire.before(call)
        try:
            parsed = wire.apis[call.service].answer(call)
        finally:
            wire.trouble.after(call)
    except AwsError as error:
        raise _raised(client, operation, error) from None
    parsed = {**parsed, "ResponseMetadata": dict(_METADATA)}
    event = f"after-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.emit(event, http_response=_Http(), parsed=parsed, model=model, context=context)
    return parsed


def _raised(client: Any, operation: str, error: AwsError) -> Exception:
    raised: Exception = client.exceptions.from_code(error.code)(error.parsed(), operation)
    return raised
