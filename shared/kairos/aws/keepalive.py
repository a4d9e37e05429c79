"""HTTP connections to one endpoint that are kept open between calls, and what can go wrong on them in botocore's words.

A container is frozen between invocations, and AWS closes what is idle: before a connection is used again it is asked
whether the other end has hung up.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit

import botocore
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """The connections to one endpoint ("https://host[:port]"). Threads may share them: each call has one to itself.

    `authorities` is a file of certificates to check by, instead of those that botocore comes with.
    """

    def __init__(self, endpoint: str, connect_seconds: float, read_seconds: float, authorities: str = "") -> None:
        parts = urlsplit(endpoint)
        self.host = parts.netloc
        self._endpoint = endpoint
        self._secure = parts.scheme == "https"
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._authorities = authorities
        self._idle: list[HTTPConnection] = []

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request to "/" and return its answer, whatever its status.

        Raises EndpointConnectionError or ConnectTimeoutError where nothing was sent, ReadTimeoutError or
        ConnectionClosedError where nobody can say whether it was acted upon.
        """
        connection = self._take()
        try:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
            if response.length is None and not response.chunked:  # where the head was cut off too, nobody would notice
                raise IncompleteRead(answer.body)
        except TimeoutError as error:
            connection.close()
            raise ReadTimeoutError(endpoint_url=self._endpoint, error=error) from error
        except (HTTPException, OSError) as error:
            connection.close()
            raise ConnectionClosedError(endpoint_url=self._endpoint, error=error) from error
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._idle.append(connection)
        return answer

    def _take(self) -> HTTPConnection:
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection
            connection.close()
        return self._open()

    def _open(self) -> HTTPConnection:
        connection = (
            HTTPSConnection(self.host, timeout=self._connect_seconds, context=_context(self._authorities))
            if self._secure
            else HTTPConnection(self.host, timeout=self._connect_seconds)
        )
        try:
            connection.connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self._endpoint, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self._endpoint, error=error) from error
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.sock.settimeout(self._read_seconds)
        return connection


def _is_open(connection: HTTPConnection) -> bool:
    """Return whether an idle connection can be used: there is nothing to read on it but its end."""
    if connection.sock is None:
        return False
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return not poll.poll(0)


@cache
def _context(authorities: str) -> ssl.SSLContext:
    """Return what certificates are checked by, read once for all services."""
    return ssl.create_default_context(cafile=authorities or str(Path(botocore.__file__).with_name("cacert.pem")))
