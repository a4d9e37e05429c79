"""The public door of `ingest`: which path leads to which source, and which answer each outcome gets.

202 only after the inbox has accepted; 200 where a request says nothing to queue (a ping, an unknown topic): WooCommerce
takes no other answer to its ping. What can never succeed is 4xx, so that no source repeats it for days; what could not
be done now is 503 with Retry-After, so that every source does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos.app.http import BODY_BYTES_MAX, HttpAnswer, HttpRequest, problem, read_event
from kairos.app.ingest.facts import CORRELATION_HEADER
from kairos.app.ingest.ingest import Ingest
from kairos.app.ingest.taken import Taken
from kairos.domain.errors import (
    BadInput,
    BadSignature,
    Conflict,
    Rejected,
    TooLarge,
    Unavailable,
    UnknownConnection,
)
from kairos.registry import Request, Source, load, names

RETRY_AFTER_SECONDS = 10
_JSON = json.JSONEncoder().encode
TAG, SCRIPT = "/v1/tag", "/v1/tag.js"

_WEBHOOK = re.compile(r"/v1/webhooks/(?P<source>[A-Za-z0-9_-]{1,64})/(?P<connection>[A-Za-z0-9_.-]{1,64})/?", re.ASCII)
_TRACK = re.compile(r"/v1/(track|identify|page|screen|batch|alias|group)/?", re.ASCII)


def handle_event(ingest: Ingest, event: Mapping[str, Any], now: datetime) -> HttpAnswer:
    """Answer an API Gateway event."""
    try:
        request = read_event(event, now)
    except Rejected as error:
        return _rejection(error)
    return handle(ingest, request)


def handle(ingest: Ingest, request: HttpRequest) -> HttpAnswer:
    """Answer one request; whatever a stranger sends, the answer is theirs to understand."""
    webhook, track = _WEBHOOK.fullmatch(request.path), _TRACK.fullmatch(request.path)
    if request.path == SCRIPT:
        from kairos.app.ingest.script import serve_script

        return serve_script(request)
    if not webhook and not track and request.path != TAG:
        return problem(404, "there is nothing at this path")
    if request.method.upper() != "POST":
        return problem(405, "events are sent by POST", headers={"allow": "POST"})
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        return problem(415, "send the body as it is, without a content-encoding")
    try:
        if len(request.body) > BODY_BYTES_MAX:
            raise TooLarge("body", len(request.body), BODY_BYTES_MAX)
        if webhook:
            return _take(ingest, request, webhook["source"], webhook["connection"])
        if track:
            return _take(ingest, request, "track", None)
        return _answer_tag(ingest, request)
    except Rejected as error:
        return _rejection(error)
    except (Unavailable, Conflict) as error:
        return problem(
            503, f"not now ({_what(error)}): send it again", headers={"retry-after": str(RETRY_AFTER_SECONDS)}
        )


def _take(ingest: Ingest, request: HttpRequest, name: str, connection: str | None) -> HttpAnswer:
    if connection is None:
        connection, settings = _of_key(ingest, request)
    else:
        settings = ingest.settings(name, connection)
    # After the connection: a stranger who tries names makes nobody look into the release.
    source: Source | None = load("sources", name) if name in names("sources") else ingest.declared(name)
    if source is None:
        raise UnknownConnection(name, connection)
    full = Request(request.headers, request.body, request.received_at, connection, settings, request.path)
    with _refusals_noted(ingest, name, full):
        full, trusted = _proven(ingest, source, full)
        hinted = None if trusted else ingest.hint(source, full)
        return _accepted(hinted or ingest.take(source, full, trusted=trusted))


def _proven(ingest: Ingest, source: Any, request: Request) -> tuple[Request, bool]:
    """Return the request with what proves it, and whether it is trusted; a subscription it asks about is confirmed."""
    if ingest.evidence is None or not hasattr(source, "evidence"):
        return request, source.verify(request)
    proven = replace(request, evidence=ingest.evidence.of(source.evidence(request)))
    trusted = source.verify(proven)
    if url := source.confirmation(proven):
        ingest.evidence.confirm(url)
    return proven, trusted


def _answer_tag(ingest: Ingest, request: HttpRequest) -> HttpAnswer:
    if ingest.browsers is None:
        return problem(404, "no page is answered here")
    # Here and not above: a container that only takes webhooks never pays for it.
    from kairos.app.ingest.tag import answer_tag

    connection, settings = _of_key(ingest, request)
    track = load("sources", "track")
    full = Request(request.headers, request.body, request.received_at, connection, settings, request.path)
    with _refusals_noted(ingest, "track", full):
        track.verify(full)
        return answer_tag(ingest, track, full, ingest.browsers)


@contextmanager
def _refusals_noted(ingest: Ingest, source: str, request: Request) -> Iterator[None]:
    """Note what is refused of a connection that is there: its owner wants to know why nothing comes."""
    try:
        yield
    except Rejected as error:
        ingest.refuse(source, request.connection, error, request.received_at)
        raise


def _of_key(ingest: Ingest, request: HttpRequest) -> tuple[str, Mapping[str, Any]]:
    """Return the connection that a request's write key belongs to, and its settings."""
    bare = Request(request.headers, request.body, request.received_at, path=request.path)
    connection = str(load("sources", "track").connection_of(bare))
    return connection, _settings_of_key(ingest, connection)


def _settings_of_key(ingest: Ingest, connection: str) -> Mapping[str, Any]:
    try:
        return ingest.settings("track", connection)
    except UnknownConnection:
        # The key named it, so it is the key that is wrong; which connections exist is nobody's business.
        raise BadSignature("the write key is not one of this connection's") from None


def _accepted(taken: Taken) -> HttpAnswer:
    refused = [{"field": error.field, "detail": f"expected {error.expected}"} for error in taken.refused]
    document = {"accepted": taken.accepted, "unaddressed": taken.unaddressed, "refused": refused}
    headers = {"content-type": "application/json", CORRELATION_HEADER: taken.correlation}
    status = 202 if taken.events or taken.refused else 200
    return HttpAnswer(status, headers, _JSON(document), {"status": status, **taken.facts()})


def _rejection(error: Rejected) -> HttpAnswer:
    if isinstance(error, BadSignature):
        return problem(401, error.reason, headers={"www-authenticate": 'Basic realm="kairos"'})
    if isinstance(error, UnknownConnection):
        return problem(404, "there is no such source or connection here")
    if isinstance(error, TooLarge):
        return problem(413, str(error), field=error.what)
    if isinstance(error, BadInput):
        return problem(400, f"expected {error.expected}", field=error.field)
    return problem(400, str(error))


def _what(error: Unavailable | Conflict) -> str:
    return error.what if isinstance(error, Unavailable) else "another request was first"
