"""Connections that are kept: used again, found dead, refused, silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from kairos.aws.keepalive import Connections

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Thing: yes\r\n\r\n{}"
Serve = Callable[[socket.socket], None]


def received(line: socket.socket) -> bytes:
    """Return one whole request, or nothing at the end."""
    request = b""
    while not request.endswith(b"\r\n\r\n{}"):
        part = line.recv(65_536)
        if not part:
            return b""
        request += part
    return request


def answers(*texts: bytes) -> Serve:
    """Return a server that gives these answers on a connection, and hangs up."""

    def serve(line: socket.socket) -> None:
        for text in texts:
            if not received(line):
                return
            line.sendall(text)

    return serve


def silent(line: socket.socket) -> None:
    received(line)
    line.recv(65_536)


def deaf(line: socket.socket) -> None:
    """Greet whoever comes in plain text."""
    line.recv(65_536)
    line.sendall(OK)


@contextmanager
def serving(*lines: Serve) -> Iterator[tuple[Connections, list[int]]]:
    """Serve one connection after another; yield what to call, and how many were opened."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        opened: list[int] = []

        def run() -> None:
            for number, serve in enumerate(lines):
                line, _ = server.accept()
                opened.append(number)
                with closing(line):
                    serve(line)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield Connections(f"http://127.0.0.1:{server.getsockname()[1]}", 1.0, 0.2), opened
        thread.join(5)


def test_calls_share_a_connection() -> None:
    with serving(answers(OK, OK, OK)) as (connections, opened):
        found = [connections.post({}, b"{}") for _ in range(3)]
    assert [(answer.status, answer.body, answer.headers["x-thing"]) for answer in found] == [(200, b"{}", "yes")] * 3
    assert opened == [0]


def test_a_connection_that_was_closed_while_idle_is_not_used_again() -> None:
    with serving(answers(OK), answers(OK)) as (connections, opened):
        assert connections.post({}, b"{}").status == 200
        while not connections._idle or _is_alive(connections):
            pass
        assert connections.post({}, b"{}").status == 200
    assert opened == [0, 1]


def test_a_server_that_says_it_hangs_up_is_believed() -> None:
    with serving(answers(OK.replace(b"X-Thing", b"Connection: close\r\nX-Thing")), answers(OK)) as (
        connections,
        opened,
    ):
        assert [connections.post({}, b"{}").status for _ in range(2)] == [200, 200]
    assert opened == [0, 1]


@pytest.mark.parametrize("answer", [b"", OK[:30], OK[:-1]], ids=["nothing", "half a head", "half a body"])
def test_an_answer_that_is_cut_off_leaves_it_unknown_whether_the_call_was_made(answer: bytes) -> None:
    with serving(answers(answer)) as (connections, _), pytest.raises(ConnectionClosedError):
        connections.post({}, b"{}")


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with serving(silent) as (connections, _), pytest.raises(ReadTimeoutError):
        connections.post({}, b"{}")


def test_where_nobody_listens_nothing_was_sent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(EndpointConnectionError):
        Connections(f"http://127.0.0.1:{port}", 1.0, 1.0).post({}, b"{}")


def test_over_tls_a_server_must_prove_who_it_is() -> None:
    with serving(deaf) as (plain, _), pytest.raises(EndpointConnectionError):
        Connections(f"https://{plain.host}", 0.5, 0.5).post({}, b"{}")


def _is_alive(connections: Connections) -> bool:
    (line,) = connections._idle
    try:
        return line.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
