"""Lambda's Runtime API: what a real runtime interface client talks to, so that a package can be run as it will be.

Serves one function's process. Each event put in is handed out once; the answer, or the error, comes back.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import queue
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

_ANSWER = re.compile(r"^/2018-06-01/runtime/invocation/([^/]+)/(response|error)$")
_NEXT, _FAILED_START = "/2018-06-01/runtime/invocation/next", "/2018-06-01/runtime/init/error"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the process answered: `error` tells an error object from a result."""

    payload: Any
    error: bool


class RuntimeApi:
    """A Runtime API on a free local port, for the function `arn`. Enter it to serve."""

    def __init__(self, arn: str, timeout: timedelta = timedelta(seconds=30)) -> None:
        self._arn, self._timeout = arn, timeout
        self._events: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._answers: queue.Queue[tuple[str, Answered]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        """Return what AWS_LAMBDA_RUNTIME_API is set to."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> RuntimeApi:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event: Any) -> Answered:
        """Hand `event` to the process and return its answer; raise `TimeoutError`."""
        identity = str(uuid.uuid4())
        self._events.put((identity, json.dumps(event).encode()))
        try:
            answered, result = self._answers.get(timeout=self._timeout.total_seconds())
        except queue.Empty as error:
            raise TimeoutError(f"no answer within {self._timeout}") from error
        if answered not in (identity, "init"):
            raise RuntimeError(f"an answer to {answered}, which is not open")
        return result

    def _next(self) -> tuple[Mapping[str, str], bytes]:
        identity, body = self._events.get()
        deadline = datetime.now(UTC) + self._timeout
        headers = {
            "Lambda-Runtime-Aws-Request-Id": identity,
            "Lambda-Runtime-Deadline-Ms": str(round(deadline.timestamp() * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
            "Content-Type": "application/json",
        }
        return headers, body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Without these, Nagle's algorithm and unbuffered headers cost 40 ms a call.
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                if self.path == _NEXT:
                    self._write(200, *api._next())
                else:
                    self._write(404, {}, b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                match = _ANSWER.match(self.path)
                if match:
                    api._answers.put((match[1], Answered(json.loads(body or b"null"), match[2] == "error")))
                elif self.path == _FAILED_START:
                    api._answers.put(("init", Answered(json.loads(body or b"null"), True)))
                self._write(202, {"Content-Type": "application/json"}, b'{"status":"OK"}')

            def _write(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the process's own output is what matters."""

        return Handler
