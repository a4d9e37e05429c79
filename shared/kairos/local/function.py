"""One Lambda function of the stack: its environment, its context object, and what an invocation comes to.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

LOCAL_CLOUD = "KAIROS_LOCAL_CLOUD"
_NAMESPACE = uuid.UUID("0e7d9f0a-86a0-5a0e-8a5b-6b6169726f73")
# What the host lends a function: where programs are, and nothing that says whose machine this is.
_LENT = ("PATH", "LANG", "LD_LIBRARY_PATH")
SYNC_BYTES_MAX = 6 * 1024 * 1024
ASYNC_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Function:
    """A function as the template declares it; `short` is "ingest" where the handler is "functions.ingest.handler"."""

    logical: str
    name: str
    arn: str
    handler: str
    variables: Mapping[str, str]
    timeout: timedelta = timedelta(seconds=3)
    memory_mb: int = 128
    runtime: str = "python3.13"
    role: str = ""
    on_failure_arn: str | None = None
    async_retries: int = 2

    @property
    def short(self) -> str:
        return self.handler.split(".")[-2] if "." in self.handler else self.handler

    def environment(self, region: str) -> dict[str, str]:
        """Return all that the function's process sees: the template's variables and Lambda's own."""
        return {
            **{name: os.environ[name] for name in _LENT if name in os.environ},
            LOCAL_CLOUD: "yes",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": "ASIALOCALLOCALLOCAL1",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": "local",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}",
            "LAMBDA_TASK_ROOT": "/var/task",
            "_HANDLER": self.handler,
            # The machine's own profile is not the function's: botocore looks for it even without a HOME.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            **{name: str(value) for name, value in self.variables.items()},
        }


@dataclass(slots=True)
class Context:
    """Lambda's context object. Time left is told by the virtual clock, so it only runs when that does."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    aws_request_id: str
    log_group_name: str
    _ends_at: datetime
    _now: Callable[[], datetime]
    function_version: str = "$LATEST"
    log_stream_name: str = "local"
    identity: Any = None
    client_context: Any = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before the time-out."""
        return max(0, int((self._ends_at - self._now()).total_seconds() * 1000))


@dataclass(frozen=True, slots=True)
class Result:
    """What an invocation came to. `error` is Lambda's error object, or None; `killed` tells that its process ended."""

    function: str
    request_id: str
    payload: Any = None
    error: Mapping[str, Any] | None = None
    killed: bool = False
    cold: bool = False
    logs: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.error is None


def request_id(function: Function, invocation: int) -> str:
    """Return the id of a function's n-th invocation, the same in every run."""
    return str(uuid.uuid5(_NAMESPACE, f"{function.name}#{invocation}"))


def make_context(function: Function, invocation: int, now: Callable[[], datetime]) -> Context:
    """Return the context of an invocation that starts now."""
    return Context(
        function_name=function.name,
        invoked_function_arn=function.arn,
        memory_limit_in_mb=str(function.memory_mb),
        aws_request_id=request_id(function, invocation),
        log_group_name=f"/aws/lambda/{function.name}",
        _ends_at=now() + function.timeout,
        _now=now,
    )


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Let `os.environ` be exactly `variables` meanwhile."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    path = list(sys.path)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        sys.path[:] = path
