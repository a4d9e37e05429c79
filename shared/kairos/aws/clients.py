"""One botocore session per container, one client per service, made when first needed.

Timeouts are short and said aloud: a function would rather hand its batch back than hang until its own end. Botocore
alone is used, not boto3: a cold start is a seventh shorter.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session

CONNECT_SECONDS = 1.0
READ_SECONDS = {"dynamodb": 3.0, "sqs": 5.0, "scheduler": 5.0, "ssm": 2.0, "secretsmanager": 2.0, "s3": 5.0}
READ_SECONDS_DEFAULT = 10.0
ATTEMPTS_MAX = 3


class Clients:
    """The low-level clients of one session. They are safe to share between threads."""

    def __init__(self, session: Session | None = None) -> None:
        self._session = session
        self._made: dict[str, Any] = {}

    def get(self, service: str) -> Any:
        """Return the client of a service, the same one each time."""
        if service not in self._made:
            self._session = self._session or Session()
            self._made[service] = self._session.create_client(service, config=config(service))
        return self._made[service]


def config(service: str) -> Config:
    """Return how patiently a service is called."""
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS.get(service, READ_SECONDS_DEFAULT),
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
        tcp_keepalive=True,
    )


@cache
def clients() -> Clients:
    """Return this container's clients."""
    return Clients()
