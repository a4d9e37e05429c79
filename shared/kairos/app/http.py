"""HTTP as far as `ingest` needs it: a request of API Gateway's, an answer, and problems as RFC 9457 writes them."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from kairos.domain.errors import BadInput, TooLarge

BODY_BYTES_MAX = 1_048_576
"""Ours. API Gateway takes 10 MB and Lambda's event 6 MB, of which base64 eats a quarter; no source needs a megabyte."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request, free of any framework: header names in lower case, the raw body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What goes back, and `facts` for the log and metrics: counts, names and pseudonyms, nothing personal.

    `encoded` says that `body` is base64 of bytes that are no text.
    """

    status: int
    headers: Mapping[str, str]
    body: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    encoded: bool = False


def read_event(event: Mapping[str, Any], received_at: datetime) -> HttpRequest:
    """Read an API Gateway HTTP API event (payload format 2.0). Raises BadInput or TooLarge for a body that is none.

    API Gateway joins a header that was sent twice by a comma. A stage other than `$default` is the path's first part.
    """
    context = event.get("requestContext", {})
    stage, path = context.get("stage", "$default"), event.get("rawPath", "/")
    if stage != "$default":
        path = path.removeprefix(f"/{stage}")
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    method = context.get("http", {}).get("method", "")
    return HttpRequest(method, path, headers, _body(event), received_at)


def problem(status: int, detail: str, *, field: str = "", headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """Return a problem+json answer (RFC 9457); `field` names what was wrong with the input."""
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if field:
        document["field"] = field
    content = {"content-type": "application/problem+json", **(headers or {})}
    facts = {"status": status, "problem": field or HTTPStatus(status).phrase}
    return HttpAnswer(status, content, json.dumps(document), facts)


def to_event(answer: HttpAnswer) -> dict[str, Any]:
    """Return the answer as API Gateway takes it from a function."""
    event = {"statusCode": answer.status, "headers": dict(answer.headers), "body": answer.body}
    return {**event, "isBase64Encoded": True} if answer.encoded else event


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if len(text) > BODY_BYTES_MAX * 4 // 3 + 4:
        raise TooLarge("body", len(text) * 3 // 4 if event.get("isBase64Encoded") else len(text), BODY_BYTES_MAX)
    if not event.get("isBase64Encoded"):
        body = str(text).encode("utf-8", "surrogatepass")
    else:
        try:
            body = b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise BadInput("body", "base64, as the gateway says it is") from None
    if len(body) > BODY_BYTES_MAX:
        raise TooLarge("body", len(body), BODY_BYTES_MAX)
    return body
