"""A provider on localhost that counts what reaches it and answers as told; real clients speak to it over a socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
from botocore.config import Config

from kairos.registry import Channel


@dataclass
class Provider:
    """`status` 0 cuts the line after the request was read, as a crash on the other side would."""

    status: int = 200
    body: bytes = b"{}"
    url: str = ""
    requests: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def serve(provider: Provider) -> Iterator[Provider]:
    """Run the provider until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            provider.requests.append((self.path, self.rfile.read(length)))
            if provider.status:
                self.send_response(provider.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(provider.body)))
                self.end_headers()
                self.wfile.write(provider.body)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client_of(channel: Channel, url: str, **overrides: Any) -> Any:
    """Return the client that bootstrap would make for the channel, pointed at `url`."""
    make: Any = boto3.client  # the stubs know one signature per service, the channel names its own
    return make(
        channel.service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(**{**channel.client_config, **overrides}),
    )


def closed_port() -> str:
    """Return the URL of a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
