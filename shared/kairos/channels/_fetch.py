"""What `sync` asks of other people's servers, through the same door as webhooks: nowhere inside, bounded in all.

A redirect of a GET is a new URL and looked at like the first one; credentials go no further than the host they were
meant for. A body that is packed is unpacked no further than it may be large.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

from kairos.channels._https import FAILURES, Door
from kairos.domain.errors import Refused, Unavailable
from kairos.sources._pulling import Answer

ALL_SECONDS = 25.0
REDIRECTS_MAX = 4

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECRET = frozenset({"authorization", "cookie", "x-api-key", "x-shopify-access-token"})


class HttpsFetch:
    """The port `Fetch`. `local` allows http, and addresses that are not public; `seconds` is for how long one answer
    is waited for, `redirects` how many are followed."""

    def __init__(self, *, local: bool = False, seconds: float = ALL_SECONDS, redirects: int = REDIRECTS_MAX) -> None:
        self._door = Door("source", local=local)
        self._seconds = seconds
        self._redirects = redirects

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, bytes_max: int = 1_048_576
    ) -> Answer:
        sent = {"accept-encoding": "gzip", **headers}
        for _ in range(self._redirects + 1):
            answer = self._once(method, url, sent, body, bytes_max)
            further = answer.headers.get("location")
            if method != "GET" or not self._redirects or answer.status not in _REDIRECTS or not further:
                return answer
            target = _joined(url, further)
            if _origin(target) != _origin(url):
                sent = {name: value for name, value in sent.items() if name not in _SECRET}
            url = target
        raise Refused("source", "it redirects without end")

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes, bytes_max: int) -> Answer:
        to, path = self._door.open(url)
        try:
            response, read = to.ask(method, path, headers, body, bytes_max, self._seconds)
            received = {name.lower(): value for name, value in response.getheaders()}
        except FAILURES as error:
            raise Unavailable("source", type(error).__name__) from None
        if len(read) > bytes_max:
            raise Refused("source", f"its answer is larger than {bytes_max} bytes")
        _require_whole(received, read, method, response.status)
        return Answer(response.status, received, _unpacked(received, read, bytes_max))


def _require_whole(headers: Mapping[str, str], read: bytes, method: str, status: int) -> None:
    """Raise Unavailable for a body that is shorter than was said: reading a part, http.client does not complain."""
    with suppress(ValueError):
        if method != "HEAD" and status not in (204, 304) and len(read) < int(headers.get("content-length", "0")):
            raise Unavailable("source", "its answer broke off")


def _unpacked(headers: Mapping[str, str], read: bytes, bytes_max: int) -> bytes:
    if headers.get("content-encoding", "identity").strip().lower() not in ("gzip", "x-gzip"):
        return read
    unpacking = zlib.decompressobj(wbits=31)
    try:
        body = unpacking.decompress(read, bytes_max + 1)
    except zlib.error:
        raise Unavailable("source", "its answer is not packed as it says") from None
    if len(body) > bytes_max:
        raise Refused("source", f"its answer is larger than {bytes_max} bytes")
    if not unpacking.eof:
        raise Unavailable("source", "its answer broke off")
    return body


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Refused("source", "it redirects to what is no URL") from None


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, (parts.hostname or ""), parts.port
    except ValueError:
        return "", "", None
