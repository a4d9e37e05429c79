"""A request to a deployment's HTTP API, as any sender makes it: this needs no credentials of AWS."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from kairos.domain.errors import Unavailable

POST_SECONDS = 35
"""Longer than API Gateway lets anybody wait."""


def post_to(address: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """Post to a path below an address and return status and body. Raises Unavailable where nobody answers."""
    url = urlsplit(address)
    kind = HTTPConnection if url.scheme == "http" else HTTPSConnection
    connection = kind(url.netloc, timeout=POST_SECONDS)
    try:
        connection.request("POST", url.path + path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException) as error:
        raise Unavailable("HTTP API", type(error).__name__) from error
    finally:
        connection.close()
