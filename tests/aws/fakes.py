"""AWS clients that answer what a test says, where moto would always say yes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


class FakeClient:
    """A low-level client. Each method answers the next of its outcomes: a value, or an exception to raise."""

    def __init__(self, **outcomes: list[Any]) -> None:
        self._outcomes = outcomes
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls.append((method, arguments))
            outcome = self._outcomes[method].pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return call


def aws_error(code: str, status: int = 400, **more: Any) -> ClientError:
    """Return what botocore raises for an answer of AWS."""
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(response, "Operation")
