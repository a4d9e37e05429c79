"""One POST to somebody's server, and nowhere inside.

The addresses of a name are looked up once, all must be public, and it is one of them that is connected to: a name that
answers otherwise the next time (DNS rebinding) is never asked twice. No redirects, no proxy, no credentials in the URL;
time and size are bounded whatever the server does.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from kairos.app.deliver.receivers import Answer
from kairos.domain.errors import Refused, Unavailable

CONNECT_SECONDS, ALL_SECONDS = 3.0, 8.0
READ_BYTES_MAX = 16_000
FAILURES = (OSError, HTTPException, ValueError, AttributeError)
"""How a call that was cut off or garbled ends: a socket says any of these."""
_NAT64 = ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48")


class HttpsPost:
    """The port `Post`. `local` is for the local cloud: it allows http, and addresses that are not public."""

    def __init__(self, *, local: bool = False) -> None:
        self._door = Door("webhook", local=local)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        to, path = self._door.open(url)
        try:
            response, read = to.ask("POST", path, headers, body, READ_BYTES_MAX, ALL_SECONDS)
        except FAILURES as error:
            raise Unavailable("webhook", type(error).__name__) from None
        return Answer(response.status, read[:READ_BYTES_MAX], len(read) <= READ_BYTES_MAX)


class Door:
    """Where calls leave the house, and which do not. `what` is named in errors; `local` as in `HttpsPost`."""

    def __init__(self, what: str, *, local: bool = False) -> None:
        self._what = what
        self._local = local

    def open(self, url: str) -> tuple[To, str]:
        """Return a connection to be made to a URL, and its path. Raises Refused for what leads inside, Unavailable."""
        target = self._checked(url)
        port = target.port or (443 if target.scheme == "https" else 80)
        to = To(target.hostname or "", port, self._addresses(target.hostname or "", port), target.scheme)
        return to, (target.path or "/") + (f"?{target.query}" if target.query else "")

    def _checked(self, url: str) -> SplitResult:
        try:
            target = urlsplit(url)
            port_is_sound = target.port is None or target.port > 0
        except ValueError:
            raise Refused(self._what, "the URL is no URL") from None
        if target.scheme != "https" and not (self._local and target.scheme == "http"):
            raise Refused(self._what, "the URL is not https")
        plain = url.isascii() and url.isprintable() and " " not in url
        if not plain or not target.hostname or not port_is_sound or target.username or target.password:
            raise Refused(self._what, "the URL is not https://host/path alone")
        return target

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unavailable(self._what, type(error).__name__) from None
        addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
        if not self._local and not all(is_public(address) for address in addresses):
            raise Refused(self._what, "the URL leads to an address that is not public")
        return addresses


def is_public(address: str) -> bool:
    """Return whether an IP address lies on the open Internet, seen through every way of writing an IPv4 in an IPv6."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or any(ip in network for network in _NAT64):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class To(HTTPConnection):
    """A connection to the first of these addresses that takes it, for the name that was asked for."""

    def __init__(self, host: str, port: int, addresses: list[str], scheme: str) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self._addresses = addresses
        self._secure = scheme == "https"
        self._late = False
        self._held: socket.socket

    def connect(self) -> None:
        last: OSError = OSError("no address")
        for address in self._addresses:
            try:
                opened = socket.create_connection((address, self.port), CONNECT_SECONDS)
            except OSError as error:
                last = error
                continue
            self.sock = self._held = self._wrapped(opened)
            return
        raise last

    def _wrapped(self, opened: socket.socket) -> socket.socket:
        if not self._secure:
            return opened
        try:
            return ssl.create_default_context().wrap_socket(opened, server_hostname=self.host)
        except BaseException:
            opened.close()
            raise

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, bytes_max: int, seconds: float
    ) -> tuple[HTTPResponse, bytes]:
        """Send, and read at most one byte more than `bytes_max`; a server that drips is cut off when the time is up.

        Raises one of FAILURES where there is no answer.
        """
        self.connect()
        timer = Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            self.sock.settimeout(seconds)
            self.request(method, path, body or None, dict(headers))
            response = self.getresponse()
            read = response.read(bytes_max + 1)
            if self._late:  # headers or a body that end early look like an answer
                raise TimeoutError
            return response, read
        finally:
            timer.cancel()
            self.close()

    def _cut(self) -> None:
        self._late = True
        with suppress(OSError, AttributeError):
            # http.client lets go of a socket as soon as a body without a length begins, and reads on.
            self._held.shutdown(socket.SHUT_RDWR)
