"""One botocore session per container, one client per service, made when first needed.

Timeouts are short and said aloud: a function would rather hand its batch back than hang until its own end. Botocore
alone is used, not boto3: a cold start is a seventh shorter.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.session import Session

CONNECT_SECONDS = 1.0
READ_SECONDS = {
    "dynamodb": 3.0,
    "sqs": 5.0,
    "scheduler": 5.0,
    "ssm": 2.0,
    "secretsmanager": 2.0,
    "s3": 5.0,
    "firehose": 5.0,
}
READ_SECONDS_DEFAULT = 10.0
ATTEMPTS_MAX = 3
USER_AGENT = "kairos"
"""Said as it is. Botocore's own is composed anew for every request, which is an eighth of what a call costs."""


class Clients:
    """The low-level clients of one session. They are safe to share between threads."""

    def __init__(self, session: Session | None = None) -> None:
        self._session = session
        self._made: dict[str, Any] = {}

    def get(self, service: str, **overrides: Any) -> Any:
        """Return the client of a service, the same one each time; `overrides` are of its `Config`, when it is made."""
        if service not in self._made:
            self._session = self._session or _session()
            self._made[service] = self._session.create_client(service, config=config(service, overrides))
        return self._made[service]


def config(service: str, overrides: Mapping[str, Any] | None = None) -> Config:
    """Return how patiently a service is called."""
    stated: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS.get(service, READ_SECONDS_DEFAULT),
        "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
        "tcp_keepalive": True,
        "user_agent": USER_AGENT,
        **(overrides or {}),
    }
    return Config(**stated)


def _session() -> Session:
    session = Session()
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Loader:
    """Return AWS's service models, parsed once for all the sessions of a process (tests make many)."""
    return create_loader()
