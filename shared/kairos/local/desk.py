"""The local cloud's own pages and endpoints, under `/` and `/_local/`.

GET  /                 the outbox (?lang=ko)
GET  /_local/outbox    the same as JSON
GET  /_local/health    {"ok": true, …}
GET  /_local/clock     {"now": "…"}
POST /_local/clock     {"by": "1h"} or {"to": "2026-03-02T09:00:00Z"}; also from the page's buttons
POST /_local/connect   {"source", "connection", "secret"}: what `kairos connect` does
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from kairos.local.cloud import LocalCloud
from kairos.local.outbox import entries
from kairos.local.outbox_page import render
from kairos.local.routes import Response

_SPAN = re.compile(r"^(\d{1,6})(s|m|h|d)$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SPAN_MAX = timedelta(days=366)


class Desk:
    """Answers what is addressed to the local cloud itself."""

    def __init__(self, cloud: LocalCloud, zone: ZoneInfo) -> None:
        self._cloud, self._zone = cloud, zone

    def answer(self, method: str, path: str, query: str, content_type: str, body: bytes) -> Response | None:
        """Return the answer, or None for a path that is the API's."""
        act = {
            ("GET", "/"): self._page,
            ("GET", "/_local/outbox"): self._outbox,
            ("GET", "/_local/health"): self._health,
            ("GET", "/_local/clock"): self._clock,
            ("POST", "/_local/clock"): self._advance,
            ("POST", "/_local/connect"): self._connect,
        }.get((method, path))
        if act is None:
            return _json(404, {"message": "Not Found"}) if path.startswith("/_local/") else None
        try:
            return act(query, _fields(content_type, body))
        except ValueError as error:
            return _json(400, {"message": str(error)})

    def _page(self, query: str, _: dict[str, Any]) -> Response:
        language = parse_qs(query).get("lang", ["en"])[0]
        html = render(entries(self._cloud), self._cloud.now, self._zone, language)
        return Response(200, {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}, html.encode())

    def _outbox(self, _: str, __: dict[str, Any]) -> Response:
        return _json(200, {"messages": [asdict(entry) for entry in entries(self._cloud)]})

    def _health(self, _: str, __: dict[str, Any]) -> Response:
        queues = {name: len(queue) for name, queue in self._cloud.queues.items()}
        facts = {"ok": True, "now": self._cloud.now, "queues": queues, "dropped": len(self._cloud.dropped)}
        return _json(200, {**facts, "errors": dict(self._cloud.parts.lambdas.errors)})

    def _clock(self, _: str, __: dict[str, Any]) -> Response:
        return _json(200, {"now": self._cloud.now})

    def _advance(self, query: str, fields: dict[str, Any]) -> Response:
        if ("by" in fields) == ("to" in fields):
            raise ValueError('say {"by": "1h"} (s, m, h or d) or {"to": "2026-03-02T09:00:00Z"}')
        by = _span(fields["by"]) if "by" in fields else _instant(fields["to"]) - self._cloud.now
        if not timedelta(0) <= by <= SPAN_MAX:
            raise ValueError("the clock only moves forward, and at most a year at a time")
        self._cloud.advance(by=by)
        if "lang" in parse_qs(query):
            return Response(303, {"location": f"/?{query}"}, b"")
        return _json(200, {"now": self._cloud.now})

    def _connect(self, _: str, fields: dict[str, Any]) -> Response:
        missing = [name for name in ("source", "connection", "secret") if not isinstance(fields.get(name), str)]
        if missing:
            raise ValueError(f"{missing[0]}: expected a text")
        if not all(re.fullmatch(r"[a-z0-9_-]{1,64}", fields[name]) for name in ("source", "connection")):
            raise ValueError("source, connection: expected lower-case letters, digits, - or _")
        extra = fields.get("settings")
        value = {**(extra if isinstance(extra, dict) else {}), "secrets": [fields["secret"]]}
        name = f"{self._cloud.outputs['ConnectionsPrefix']}{fields['source']}/{fields['connection']}"
        self._cloud.session.client("ssm").put_parameter(
            Name=name, Value=json.dumps(value), Type="SecureString", Overwrite=True
        )
        # Functions keep secrets for a while; a person at the keyboard expects this one to hold at once.
        self._cloud.cool()
        return _json(200, {"connected": f"{fields['source']}/{fields['connection']}"})


def _fields(content_type: str, body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    # curl -d calls everything a form.
    if content_type.startswith("application/x-www-form-urlencoded") and not body.lstrip().startswith(b"{"):
        return {name: values[0] for name, values in parse_qs(body.decode()).items()}
    read = json.loads(body)
    if not isinstance(read, dict):
        raise ValueError("body: expected a JSON object")
    return read


def _span(text: Any) -> timedelta:
    match = _SPAN.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("by: expected a number and s, m, h or d, such as 90m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _instant(text: Any) -> datetime:
    instant = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    if instant.tzinfo is None:
        raise ValueError("to: expected a time with a zone, such as 2026-03-02T09:00:00Z")
    return instant


def _json(status: int, body: Any) -> Response:
    text = json.dumps(body, ensure_ascii=False, default=lambda value: value.isoformat())
    return Response(status, {"content-type": "application/json"}, text.encode())
