"""What goes wrong in the local cloud itself, and what it makes go wrong for others.

LocalError
├── Unplayable      the template asks for something that the local cloud does not play
├── NotFound        no function, queue, table or secret of that name is in the stack
├── Denied          the stack's policies refused calls that nobody expected them to refuse
└── AlreadyRunning  one process holds one cloud at a time: it owns the clock and AWS
AwsError            AWS's answer to a call: raised inside, turned into what boto3 raises
Killed              the process of a function ends here (a BaseException: no `except Exception` may catch it)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kairos.domain.errors import KairosError


class LocalError(KairosError):
    """The local cloud cannot do what was asked of it."""


class Unplayable(LocalError):
    """The template uses something that is not played here; naming it is better than pretending."""

    def __init__(self, what: str, why: str) -> None:
        self.what, self.why = what, why
        super().__init__(f"{what}: {why}")


class NotFound(LocalError):
    """The stack has nothing of this kind and name."""

    def __init__(self, kind: str, name: str, known: object = ()) -> None:
        names = ", ".join(sorted(map(str, known))) if isinstance(known, (list, tuple, set, dict)) else ""
        super().__init__(f"no {kind} {name!r} in the stack" + (f"; there are {names}" if names else ""))


class AlreadyRunning(LocalError):
    """Another cloud of this process has not been left yet."""

    def __init__(self) -> None:
        super().__init__("a local cloud is already running in this process: leave it first")


class Denied(LocalError):
    """Calls were refused for want of a permission, and nobody expected it."""

    def __init__(self, denials: Sequence[object]) -> None:
        self.denials = tuple(denials)
        lines = dict.fromkeys(str(denial) for denial in denials)
        super().__init__("the stack grants less than its functions do:\n  " + "\n  ".join(lines))


class AwsError(Exception):
    """An error that AWS would answer with: `code` as the service spells it, `status` as HTTP carries it."""

    def __init__(self, code: str, message: str, status: int = 400, **fields: Any) -> None:
        self.code, self.message, self.status, self.fields = code, message, status, fields
        super().__init__(f"{code}: {message}")

    def parsed(self) -> dict[str, Any]:
        """Return the body as botocore would have parsed it."""
        return {
            "Error": {"Code": self.code, "Message": self.message},
            "ResponseMetadata": {"HTTPStatusCode": self.status, "RequestId": "local", "RetryAttempts": 0},
            "message": self.message,
            **self.fields,
        }


class Killed(BaseException):
    """The process ended between two instructions, as it does when Lambda's host goes away."""
