"""The HTTP API: the template's routes, answered by their functions in payload format 2.0.

A path or method without a route is 404, a body over 10 MB is 413, a function that fails is 500, as API Gateway has it.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kairos.local.function import SYNC_BYTES_MAX, Function, Result

BODY_BYTES_MAX = 10 * 1024 * 1024
HEADER_BYTES_MAX = 10_240
_NAMESPACE = uuid.UUID("59f0c33a-08a2-5c0b-8a52-6b6169726f73")
_TEXT = re.compile(r"^(text/.*|application/(json|xml|javascript|.*\+json|.*\+xml))$")


@dataclass(frozen=True, slots=True)
class Response:
    """What a client gets. Header names are lower-cased; `cookies` are Set-Cookie lines."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, slots=True)
class Route:
    """A method ("ANY" for all), a path with {variables}, and who answers."""

    key: str
    function: Function
    pattern: re.Pattern[str]
    names: tuple[str, ...]


@dataclass(slots=True)
class Routes:
    """All routes of one API and stage."""

    now: Callable[[], datetime]
    invoke: Callable[[Function, Any], Result]
    api_id: str
    domain: str
    account: str
    cors: Mapping[str, Any] = field(default_factory=dict)
    throttles: Mapping[str, Any] = field(default_factory=dict)
    throttling: bool = False
    _routes: list[Route] = field(default_factory=list)
    _buckets: dict[str, tuple[datetime, float]] = field(default_factory=dict)
    _count: int = 0

    def add(self, key: str, function: Function) -> None:
        """Add the route of `key`, such as "POST /v1/webhooks/{source}/{connection}" or "$default"."""
        path = "/{proxy+}" if key == "$default" else key.split(" ", 1)[1]
        names = tuple(re.findall(r"\{([^}+]+)\+?\}", path))
        parts = [_part(part) for part in re.split(r"(\{[^}]+\})", path)]
        self._routes.append(Route(key, function, re.compile("".join(parts) + r"\Z"), names))
        # The most specific route wins: a full path before variables, greedy variables and $default last.
        self._routes.sort(key=lambda route: (route.key == "$default", route.key.count("+}"), route.key.count("{")))

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes, ip: str) -> Response:
        """Answer one request; `target` is path and query as sent."""
        split = urlsplit(target)
        route = self._find(method, split.path)
        if method == "OPTIONS" and route is None and self.cors:
            return self._preflight(headers)
        if route is None:
            return _message(404, "Not Found")
        if len(body) > BODY_BYTES_MAX:
            return _message(413, "Request Entity Too Large")
        if sum(len(k) + len(v) for k, v in headers.items()) > HEADER_BYTES_MAX:
            return _message(431, "Request Header Fields Too Large")
        if self.throttling and not self._token(route.key):
            return _message(429, "Too Many Requests")
        event = self._event(route, method, split.path, split.query, headers, body, ip)
        if len(json.dumps(event)) > SYNC_BYTES_MAX:
            return _message(413, "Request Entity Too Large")
        return self._with_cors(_response(self.invoke(route.function, event)), headers)

    def _find(self, method: str, path: str) -> Route | None:
        for route in self._routes:
            wanted = route.key.split(" ", 1)[0]
            if wanted in (method, "ANY", "$default") and route.pattern.match(path):
                return route
        return None

    def _event(
        self, route: Route, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, ip: str
    ) -> dict[str, Any]:
        self._count += 1
        now = self.now()
        lowered: dict[str, str] = {}
        for name, value in headers.items():
            key = name.lower()
            lowered[key] = f"{lowered[key]},{value}" if key in lowered else value
        cookies = [part.strip() for part in lowered.pop("cookie", "").split(";") if part.strip()]
        lowered.setdefault("host", self.domain)
        lowered.setdefault("content-length", str(len(body)))
        match = route.pattern.match(path)
        variables = match.groups() if match else ()
        queried: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            queried[name] = f"{queried[name]},{value}" if name in queried else value
        text, encoded = _body(body, lowered.get("content-type", ""))
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": unquote(path),
            "rawQueryString": query,
            "headers": lowered,
            "requestContext": {
                "accountId": self.account,
                "apiId": self.api_id,
                "domainName": self.domain,
                "domainPrefix": self.domain.split(".")[0],
                "http": {
                    "method": method,
                    "path": unquote(path),
                    "protocol": "HTTP/1.1",
                    "sourceIp": ip,
                    "userAgent": lowered.get("user-agent", ""),
                },
                "requestId": str(uuid.uuid5(_NAMESPACE, str(self._count))),
                "routeKey": route.key,
                "stage": "$default",
                "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
                "timeEpoch": round(now.timestamp() * 1000),
            },
            "isBase64Encoded": encoded,
        }
        optional = {
            "cookies": cookies,
            "queryStringParameters": queried,
            "pathParameters": {name: unquote(value) for name, value in zip(route.names, variables, strict=True)},
            "body": text,
        }
        return {**event, **{name: value for name, value in optional.items() if value}}

    def _token(self, key: str) -> bool:
        own, default = self.throttles.get("RouteSettings") or {}, self.throttles.get("DefaultRouteSettings") or {}
        limits = own.get(key) or default
        rate, burst = limits.get("ThrottlingRateLimit"), limits.get("ThrottlingBurstLimit")
        if rate is None or burst is None:
            return True
        at, tokens = self._buckets.get(key, (self.now(), float(burst)))
        tokens = min(float(burst), tokens + (self.now() - at).total_seconds() * float(rate))
        self._buckets[key] = (self.now(), max(0.0, tokens - 1))
        return tokens >= 1

    def _preflight(self, headers: Mapping[str, str]) -> Response:
        answer = self._with_cors(Response(204, {}, b""), headers)
        allowed = {
            "access-control-allow-methods": ",".join(self.cors.get("AllowMethods", [])),
            "access-control-allow-headers": ",".join(self.cors.get("AllowHeaders", [])),
            "access-control-max-age": str(self.cors.get("MaxAge", 0)),
        }
        return Response(204, {**answer.headers, **allowed}, b"")

    def _with_cors(self, response: Response, headers: Mapping[str, str]) -> Response:
        origin = next((value for name, value in headers.items() if name.lower() == "origin"), None)
        origins = self.cors.get("AllowOrigins", [])
        if origin is None or not ("*" in origins or origin in origins):
            return response
        allowed = {"access-control-allow-origin": "*" if "*" in origins else origin}
        return Response(response.status, {**response.headers, **allowed}, response.body, response.cookies)


def _part(part: str) -> str:
    if part.startswith("{"):
        return "(.+)" if part.endswith("+}") else "([^/]+)"
    return re.escape(part)


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return a body as the event carries it, and whether in base64: only text that is UTF-8 goes as it is."""
    if not body:
        return "", False
    if _TEXT.match(content_type.split(";")[0].strip().lower()) or not content_type:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _response(result: Result) -> Response:
    payload = result.payload
    if not result.ok:
        return _message(500, "Internal Server Error")
    if not isinstance(payload, dict) or "statusCode" not in payload:
        # Format 2.0 takes anything else for a 200 with that body.
        text = payload if isinstance(payload, str) else json.dumps(payload)
        return Response(200, {"content-type": "application/json"}, text.encode())
    text = payload.get("body") or ""
    try:
        body = base64.b64decode(text, validate=True) if payload.get("isBase64Encoded") else str(text).encode()
        status = int(payload["statusCode"])
    except (binascii.Error, TypeError, ValueError):
        return _message(500, "Internal Server Error")
    headers = {str(name).lower(): str(value) for name, value in (payload.get("headers") or {}).items()}
    headers.setdefault("content-type", "text/plain;charset=UTF-8")
    return Response(status, headers, body, tuple(payload.get("cookies") or ()))


def _message(status: int, text: str) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps({"message": text}).encode())
