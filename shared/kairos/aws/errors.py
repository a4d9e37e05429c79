"""botocore's errors become ours here, and nowhere else: by code and type, never by their text.

What is left as it is (a malformed request, a missing grant, an absent table) is a mistake of ours and must be loud.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)

from kairos.domain.errors import AlreadyDone, Throttled, Unavailable

THROTTLED = frozenset(
    {
        "LimitExceededException",
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ServiceQuotaExceededException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
UNAVAILABLE = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceError",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "TransactionConflictException",
        "ReplicatedWriteConflictException",
        "KMSInternalException",
        "DependencyTimeoutException",
        "ResourceConflictException",  # Lambda is still busy with the last change of the same thing
        "ResourceInUseException",
    }
)


class ConditionFailed(AlreadyDone):
    """A conditional write found something else. `item` is what is there, where the request asked for it."""

    def __init__(self, what: str, item: Mapping[str, Any] | None = None) -> None:
        self.item = item or {}
        super().__init__(f"{what} is not what the write expected")


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Translate the errors of the calls inside; `what` names the resource in the message."""
    try:
        yield
    except ClientError as error:
        ours = translate(error, what)
        if ours is None:
            raise
        raise ours from error
    except (HTTPClientError, ConnectionError, IncompleteReadError, ResponseStreamingError) as error:
        raise Unavailable(what, type(error).__name__) from error


def translate(error: ClientError, what: str) -> Exception | None:
    """Return our error for an answer of AWS, or None where it is our own mistake and stays as it is."""
    code = error_code(error)
    if code == "ConditionalCheckFailedException":
        item: Any = error.response.get("Item")
        return ConditionFailed(what, item)
    if code in THROTTLED:
        return Throttled(what, code)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status == 429:
        return Throttled(what, code)
    if code in UNAVAILABLE or status >= 500:
        return Unavailable(what, code)
    return None


def error_code(error: ClientError) -> str:
    """Return AWS's code without the prefix that the query protocol adds."""
    return str(error.response.get("Error", {}).get("Code", "")).rpartition("#")[2]
