"""Connections in SSM SecureStrings, `<prefix><source>/<connection>`, written by `kairos connect`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from kairos.app.ports import Clock
from kairos.aws.errors import calling, error_code
from kairos.domain.errors import Unavailable, UnknownConnection

FRESH = timedelta(minutes=5)
LISTED_FRESH = timedelta(minutes=15)
"""How long a list of names is believed: `sync` asks every five minutes, and a shop is connected once in its life."""
UNKNOWN_FRESH = timedelta(minutes=1)
"""How long a name that leads nowhere is believed: a stranger who tries names must not use up SSM's rate."""
REMEMBERED_MAX = 1_000

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}")

_Known = tuple[datetime, Mapping[str, Any] | None]


class SsmConnections:
    """Connections: cached, and used stale while SSM cannot be read."""

    def __init__(self, client: Any, prefix: str, clock: Clock) -> None:
        self._client = client
        self._prefix = prefix
        self._clock = clock
        self._known: dict[tuple[str, str], _Known] = {}
        self._listed: dict[str, tuple[datetime, list[str]]] = {}

    def settings(self, source: str, connection: str) -> Mapping[str, Any]:
        if not (_NAME.fullmatch(source) and _NAME.fullmatch(connection)):
            raise UnknownConnection(source, connection)
        settings = self._remembered((source, connection))
        if settings is None:
            raise UnknownConnection(source, connection)
        return settings

    def connections(self, source: str) -> list[str]:
        """Return the names of a source's connections, as they were at most FRESH ago, without reading a secret.

        Raises Unavailable.
        """
        now = self._clock.now()
        if source not in self._listed or now - self._listed[source][0] >= LISTED_FRESH:
            self._listed[source] = (now, self._list(source))
        return self._listed[source][1]

    def keep(self, source: str, connection: str, changed: Mapping[str, Any]) -> None:
        """Change settings of a connection that is there, beside what somebody may have changed a moment ago.

        Raises UnknownConnection, Unavailable.
        """
        settings = self._read(source, connection)
        if settings is None:
            raise UnknownConnection(source, connection)
        settings = {**settings, **changed}
        name = f"{self._prefix}{source}/{connection}"
        with calling("connection"):
            self._client.put_parameter(Name=name, Value=json.dumps(settings), Type="SecureString", Overwrite=True)
        self._remember((source, connection), (self._clock.now(), settings))

    def _list(self, source: str) -> list[str]:
        path = f"{self._prefix}{source}/"
        found: list[str] = []
        token: dict[str, str] = {}
        while True:
            with calling("connections"):
                page = self._client.get_parameters_by_path(Path=path.rstrip("/"), WithDecryption=False, **token)
            found += [row["Name"].removeprefix(path) for row in page["Parameters"]]
            if not page.get("NextToken"):
                return sorted(name for name in found if _NAME.fullmatch(name))
            token = {"NextToken": page["NextToken"]}

    def _remembered(self, key: tuple[str, str]) -> Mapping[str, Any] | None:
        now = self._clock.now()
        known = self._known.get(key)
        if known is not None and now - known[0] < (UNKNOWN_FRESH if known[1] is None else FRESH):
            return known[1]
        try:
            settings = self._read(*key)
        except Unavailable:
            if known is None:
                raise
            settings = known[1]
        self._remember(key, (now, settings))
        return settings

    def _remember(self, key: tuple[str, str], known: _Known) -> None:
        self._known.pop(key, None)
        if len(self._known) >= REMEMBERED_MAX:
            del self._known[next(iter(self._known))]
        self._known[key] = known

    def _read(self, source: str, connection: str) -> Mapping[str, Any] | None:
        name = f"{self._prefix}{source}/{connection}"
        try:
            with calling("connection"):
                text = self._client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        except ClientError as error:
            if error_code(error) != "ParameterNotFound":
                raise
            return None
        return _settings(text)


def _settings(text: str) -> Mapping[str, Any]:
    try:
        raw = json.loads(text)
    except ValueError:
        raise Unavailable("connection", "its settings are no JSON") from None
    if not isinstance(raw, dict):
        raise Unavailable("connection", "its settings are no JSON object")
    return raw
