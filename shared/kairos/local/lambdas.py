"""Run functions: in this process, by dotted path, each with its own environment and module state.

A handler's exception becomes Lambda's error object; a `Killed`, or any other exit of the process, loses the module
state too. Asynchronous invocations are tried again after one and two minutes, then given to the function's failure
destination or dropped, and counted either way.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from kairos.local.agenda import Agenda
from kairos.local.call import Call
from kairos.local.errors import AwsError, NotFound
from kairos.local.function import (
    ASYNC_BYTES_MAX,
    SYNC_BYTES_MAX,
    Function,
    Result,
    environment,
    make_context,
    request_id,
)
from kairos.local.logs import STREAM, LogLine
from kairos.local.modules import Modules
from kairos.local.wire import Caller, Wire

_RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=2))


class Lambdas:
    """All functions of the stack, by short name, function name, logical id or ARN; and Lambda's Invoke."""

    def __init__(self, wire: Wire, agenda: Agenda, region: str, log: Callable[[LogLine], None]) -> None:
        self._wire, self._agenda, self._region, self._log = wire, agenda, region, log
        self._functions: dict[str, Function] = {}
        self._modules: dict[str, Modules] = {}
        self.invocations: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.dropped: list[tuple[str, Any]] = []
        self.sources: dict[str, Source] = {}

    def add(self, function: Function) -> Function:
        self._functions[function.logical] = function
        self._modules[function.logical] = Modules(function.handler)
        return function

    def find(self, name: str) -> Function:
        """Return the function of that short name, name, logical id or ARN; raise `NotFound`."""
        wanted = name.split(":function:")[-1].split(":")[0].split("/")[0]
        for function in self._functions.values():
            if wanted in (function.short, function.name, function.logical) or name == function.arn:
                return function
        raise NotFound("function", name, [function.short for function in self._functions.values()])

    def __iter__(self) -> Any:
        return iter(self._functions.values())

    def cool(self, name: str | None = None) -> None:
        """Make the next invocation of a function, or of all, a cold start."""
        for function in [self.find(name)] if name else self._functions.values():
            self._modules[function.logical].drop()

    def invoke(self, function: Function, event: Any) -> Result:
        """Run the handler on a JSON copy of `event` and return what came of it; never raise what it raised."""
        text = json.dumps(event)
        self.invocations[function.short] += 1
        modules = self._modules[function.logical]
        lines: list[str] = []
        cold = modules.cold
        identity = request_id(function, self.invocations[function.short])
        outer, self._wire.caller = self._wire.caller, Caller(function.short, self.invocations[function.short])
        try:
            with environment(function.environment(self._region)), STREAM.to(self._logger(function, identity, lines)):
                payload = self._run(function, modules, text)
            return Result(function.short, identity, payload, cold=cold, logs=lines)
        except Exception as error:  # noqa: BLE001  whatever a handler raises is the function's error, as in Lambda
            described = _described(error, identity)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  SystemExit and Killed end the process, and with it its state
            modules.drop()
            described = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {identity} Error: {error}"}
        finally:
            self._wire.caller = outer
        self.errors[function.short] += 1
        killed = described["errorType"] == "Runtime.ExitError"
        self._log(LogLine(self._wire.now(), function.short, identity, json.dumps(described, ensure_ascii=False)))
        return Result(function.short, identity, None, described, killed, cold, lines)

    def _run(self, function: Function, modules: Modules, text: str) -> Any:
        with modules.installed() as handler:
            context = make_context(function, self.invocations[function.short], self._wire.now)
            return json.loads(json.dumps(handler(json.loads(text), context)))

    def _logger(self, function: Function, identity: str, lines: list[str]) -> Callable[[str], None]:
        def take(line: str) -> None:
            lines.append(line)
            self._log(LogLine(self._wire.now(), function.short, identity, line))

        return take

    def invoke_later(self, function: Function, event: Any, attempt: int = 0) -> None:
        """Invoke asynchronously: now, and again as Lambda would."""
        result = self.invoke(function, event)
        if result.ok:
            return
        if attempt < min(function.async_retries, len(_RETRY_AFTER)):
            again = self._wire.now() + _RETRY_AFTER[attempt]
            self._agenda.add(again, lambda: self.invoke_later(function, event, attempt + 1))
            return
        self._give_up(function, event, result, attempt + 1)

    def _give_up(self, function: Function, event: Any, result: Result, attempts: int) -> None:
        if function.on_failure_arn is None:
            self.dropped.append((function.short, event))
            return
        record = failure_record(function, result, "RetriesExhausted", attempts, self._wire.now())
        record |= {"requestPayload": event, "responsePayload": result.error}
        send_to_queue(self._wire, function.short, function.on_failure_arn, record)

    def answers(self, operation: str, params: Mapping[str, Any]) -> bool:
        return True

    def answer(self, call: Call) -> dict[str, Any]:
        if call.operation == "UpdateEventSourceMapping":
            return self._update_source(call.params)
        if call.operation != "Invoke":
            raise AwsError("InvalidRequestContentException", f"{call.operation} is not played by the local cloud")
        try:
            function = self.find(call.params["FunctionName"])
        except NotFound as error:
            raise AwsError("ResourceNotFoundException", str(error), 404) from error
        event = _payload(call.params.get("Payload"), call.params.get("InvocationType", "RequestResponse"))
        if call.params.get("InvocationType") == "DryRun":
            return {"StatusCode": 204}
        if call.params.get("InvocationType") == "Event":
            self._agenda.add(self._wire.now(), lambda: self.invoke_later(function, event))
            return {"StatusCode": 202}
        result = self.invoke(function, event)
        body = json.dumps(result.payload if result.ok else result.error).encode()
        answer = {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": Payload(body)}
        return answer if result.ok else {**answer, "FunctionError": "Unhandled"}

    def _update_source(self, params: Mapping[str, Any]) -> dict[str, Any]:
        source = self.sources.get(params["UUID"])
        if source is None:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        source.enabled = params.get("Enabled", source.enabled) is True
        return {"UUID": params["UUID"], "State": "Enabling" if source.enabled else "Disabling"}


class Source(Protocol):
    """A queue that starts a function, as far as Lambda's API changes it."""

    enabled: bool


class Payload:
    """The body of an answer, read once like botocore's streaming body."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, amount: int | None = None) -> bytes:
        """Return the bytes not read yet."""
        taken, self._body = (self._body, b"") if amount is None else (self._body[:amount], self._body[amount:])
        return taken


def _payload(raw: Any, kind: str) -> Any:
    body = raw.read() if hasattr(raw, "read") else raw
    body = body.encode() if isinstance(body, str) else (body or b"null")
    most = ASYNC_BYTES_MAX if kind == "Event" else SYNC_BYTES_MAX
    if len(body) > most:
        raise AwsError("RequestTooLargeException", f"Request must be smaller than {most} bytes", 413)
    try:
        return json.loads(body)
    except ValueError as error:
        raise AwsError("InvalidRequestContentException", f"Could not parse request body into json: {error}") from error


def _described(error: Exception, identity: str) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": identity,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def failure_record(function: Function, result: Result, condition: str, attempts: int, now: datetime) -> dict[str, Any]:
    """Return what Lambda tells a failure destination about an invocation that it gave up."""
    return {
        "version": "1.0",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z",
        "requestContext": {
            "requestId": result.request_id,
            "functionArn": f"{function.arn}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    }


def send_to_queue(wire: Wire, principal: str, arn: str, body: Mapping[str, Any]) -> None:
    """Send `body` to the queue `arn` in the name of `principal`."""
    name, account, region = arn.split(":")[5], arn.split(":")[4], arn.split(":")[3]
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    wire.perform(principal, "sqs", "SendMessage", {"QueueUrl": url, "MessageBody": json.dumps(body)})
