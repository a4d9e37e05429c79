"""Serve a local cloud on localhost: the API's routes, the outbox page, and AWS's own API, on one port.

Requests are taken one at a time. The virtual clock starts where the cloud does, runs along with real time, a tick each
second, and jumps ahead when asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from kairos.local.cloud import LocalCloud
from kairos.local.desk import Desk
from kairos.local.gateway import Gateway, is_aws
from kairos.local.routes import BODY_BYTES_MAX, Response

TICK = timedelta(seconds=1)
# The server writes these itself.
_OWN_HEADERS = ("content-length", "connection", "date", "server")


class Application:
    """The WSGI application of one cloud."""

    def __init__(self, cloud: LocalCloud, zone: str = "UTC") -> None:
        self._cloud = cloud
        self._desk, self._gateway = Desk(cloud, ZoneInfo(zone)), Gateway(cloud.parts.wire)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._cloud.parts.wire.lock:
            if is_aws(environ):
                status, headers, body = self._gateway.answer(environ)
                self._cloud.settle()
                lines = list(headers.items())
            else:
                response = self._answer(environ)
                status, body = response.status, response.body
                lines = [*response.headers.items(), *(("set-cookie", cookie) for cookie in response.cookies)]
        lines = [(name, value) for name, value in lines if name.lower() not in _OWN_HEADERS]
        start_response(_status_line(status), [*lines, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: dict[str, Any]) -> Response:
        method, path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        body = _read(environ)
        own = self._desk.answer(method, path, query, environ.get("CONTENT_TYPE", ""), body)
        if own is not None:
            return own
        target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or path)
        return self._cloud.http(method, target, _headers(environ), body, ip=environ.get("REMOTE_ADDR", "127.0.0.1"))


def _read(environ: dict[str, Any]) -> bytes:
    """Read the body, a little beyond what the API takes, so that its own limit can answer."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    body: bytes = environ["wsgi.input"].read(min(max(length, 0), BODY_BYTES_MAX + 1))
    return body


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").lower()] = str(environ[name])
    return found


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


class _QuietHandler(MotoRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: the page shows what happened."""


class LocalServer:
    """A server in threads of its own; enter it to start, leave it to stop. `port` 0 takes a free one."""

    def __init__(
        self, cloud: LocalCloud, host: str = "127.0.0.1", port: int = 0, *, zone: str = "UTC", ticking: bool = True
    ) -> None:
        self._cloud, self._ticking = cloud, ticking
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        application: Any = Application(cloud, zone)
        self._server: BaseWSGIServer = make_server(
            host, port, application, threaded=True, request_handler=_QuietHandler
        )
        self.host, self.port = host, self._server.port

    @property
    def url(self) -> str:
        """Where it is served, without a trailing slash."""
        return f"http://{self.host}:{self.port}"

    def __enter__(self) -> LocalServer:
        targets = [self._server.serve_forever, *([self._tick] if self._ticking else [])]
        self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join()

    def wait(self) -> None:
        """Wait until the server is stopped from elsewhere."""
        self._stopped.wait()

    def _tick(self) -> None:
        while not self._stopped.wait(TICK.total_seconds()):
            self._cloud.advance(by=TICK)


def serve(cloud: LocalCloud, host: str = "127.0.0.1", port: int = 4010, *, zone: str = "UTC") -> None:
    """Serve `cloud`, which is running, until the process is interrupted. `zone` is the brand's, for the page."""
    with LocalServer(cloud, host, port, zone=zone) as server:
        try:
            server.wait()
        except KeyboardInterrupt:
            return
