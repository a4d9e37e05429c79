"""One client per service, made when first needed: a direct one where there is one, else of one botocore session.

Timeouts are short and said aloud: a function would rather hand its batch back than hang until its own end. Botocore is
used without boto3, and imported where a service needs it: a cold start is mostly imports.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from kairos.aws.direct import direct_client

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.loaders import Loader
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
    "lambda": 150.0,
}
READ_SECONDS_DEFAULT = 10.0
ATTEMPTS_MAX = 3
USER_AGENT = "kairos"
"""Said as it is. Botocore's own is composed anew for every request, which is an eighth of what a call costs."""


class Clients:
    """The low-level clients of one session, or of the function that `environment` is of; threads may share them."""

    def __init__(self, session: Session | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._session = session
        self._environment = environment or {}
        self._made: dict[str, Any] = {}

    def get(self, service: str, **overrides: Any) -> Any:
        """Return the client of a service, the same one each time; `overrides` are of its `Config`, when it is made."""
        if service not in self._made:
            self._made[service] = self._direct(service, overrides) or self._of_session(service, overrides)
        return self._made[service]

    def _direct(self, service: str, overrides: Mapping[str, Any]) -> Any:
        if overrides:
            return None
        read_seconds = READ_SECONDS.get(service, READ_SECONDS_DEFAULT)
        return direct_client(service, self._environment, CONNECT_SECONDS, read_seconds, USER_AGENT)

    def _of_session(self, service: str, overrides: Mapping[str, Any]) -> Any:
        self._session = self._session or _session()
        return self._session.create_client(service, config=config(service, overrides))


def config(service: str, overrides: Mapping[str, Any] | None = None) -> Config:
    """Return how patiently a service is called."""
    from botocore.config import Config

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
    from botocore.session import Session

    session = Session()
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Loader:
    """Return AWS's service models, parsed once for all the sessions of a process (tests make many)."""
    from botocore.loaders import create_loader

    return create_loader()
