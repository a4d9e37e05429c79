"""From what botocore raises to what `deliver` must know: was the message taken, refused, or nobody can say?

The question is always the same: may the provider have accepted the call? An answer with a status of the 400s is a no.
A connection that never stood is a no as well. Everything else (a 5xx, a read that timed out, a line cut in the middle)
may be a yes whose answer was lost. Reasons carry the provider's code and never its text, which may quote an address.
"""

from __future__ import annotations

from collections.abc import Collection

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
)

from kairos.domain.errors import KairosError, Refused, Throttled, Unavailable

ONE_TRY = {"retries": {"total_max_attempts": 1, "mode": "standard"}, "connect_timeout": 3, "read_timeout": 10}
"""Client settings of every provider: botocore would repeat a call whose answer was lost, and so send twice. Seconds."""

_NEVER_LEFT = (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)


def code_of(error: Exception) -> str:
    """Return the provider's own code of an error, empty where it is none of a provider's."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def translate(provider: str, error: Exception, refused: Collection[str]) -> KairosError:
    """Return the error that `deliver` acts upon; `refused` are the provider's codes for "not this message, ever".

    Other answers of the 400s (throttled, paused, not permitted, badly configured) concern the account and not the
    message: they are Throttled, so the message waits until it expires and an operator has time.
    """
    if isinstance(error, ClientError):
        code = code_of(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if code in refused:
            return Refused(provider, code)
        return Throttled(provider, code) if 400 <= status < 500 and status != 408 else Unavailable(provider, code)
    if isinstance(error, ParamValidationError):
        return Refused(provider, "ParamValidation")
    if isinstance(error, _NEVER_LEFT):
        return Throttled(provider, type(error).__name__)
    return Unavailable(provider, type(error).__name__)
