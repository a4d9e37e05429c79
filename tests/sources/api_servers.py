"""The APIs of vendors as far as sources read them, on a real port of this machine, with the faults they are known for.

Each answers as the vendor's documentation says: Shopify and WooCommerce page orders by when they changed, Stripe lists
events newest first, Calendly and Cal.com list bookings by their start. `faults` are answers given before the next ones.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Fault = tuple[int, bytes]
Headers = Mapping[str, str]
PAGE = 3


class Vendor:
    """What every vendor's server has: objects by id, a key that opens it, and faults."""

    secret: tuple[str, str]

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        self.revoked = False
        self.url = ""

    def answer(self, path: str, query: Mapping[str, str], headers: Headers) -> tuple[int, bytes, Headers]:
        """Answer one GET."""
        self.asked.append(path)
        if self.faults:
            status, body = self.faults.pop(0)
            return status, body, {"retry-after": "2"}
        name, value = self.secret
        if self.revoked or headers.get(name) != value:
            return 401, b'{"message": "Unauthenticated"}', {}
        found, more = self.read(path, query)
        return (404, b"{}", {}) if found is None else (200, json.dumps(found).encode(), more)

    def read(self, path: str, query: Mapping[str, str]) -> tuple[Any, Headers]:
        """Return the JSON at a path and more headers; None where there is nothing."""
        raise NotImplementedError

    def by(self, key: str, since: str = "", until: str = "9") -> list[dict[str, Any]]:
        """Return the objects between two instants of one key, in its order."""
        found = [one for one in self.objects.values() if since <= one[key] <= until]
        return sorted(found, key=lambda one: (one[key], str(one.get("id"))))


class ShopifyServer(Vendor):
    secret = ("x-shopify-access-token", "shpat_key")

    def read(self, path: str, query: Mapping[str, str]) -> tuple[Any, Headers]:
        if not path.endswith("/orders.json"):
            return None, {}
        since, until, start = query["updated_at_min"], query["updated_at_max"], int(query.get("page_info", "0"))
        orders = self.by("updated_at", since, until)
        more: Headers = {}
        if start + PAGE < len(orders):
            asked = f"updated_at_min={since}&updated_at_max={until}&page_info={start + PAGE}&limit={PAGE}"
            more = {"link": f'<{self.url}{path}?page_info=0>; rel="previous", <{self.url}{path}?{asked}>; rel="next"'}
        return {"orders": orders[start : start + PAGE]}, more


class WooCommerceServer(Vendor):
    secret = ("authorization", "Basic Y2tfa2V5OmNzX2tleQ==")

    def read(self, path: str, query: Mapping[str, str]) -> tuple[Any, Headers]:
        if path != "/wp-json/wc/v3/orders":
            return None, {}
        size, number = int(query["per_page"]), int(query["page"])
        orders = [
            one
            for one in self.by("date_modified_gmt", until=query["modified_before"])
            if one["date_modified_gmt"] > query["modified_after"]
        ]
        return orders[(number - 1) * size : number * size], {}


class StripeServer(Vendor):
    secret = ("authorization", "Bearer rk_key")

    def read(self, path: str, query: Mapping[str, str]) -> tuple[Any, Headers]:
        if path != "/v1/events":
            return None, {}
        least, most = int(query["created[gte]"]), int(query["created[lte]"])
        events = sorted(self.objects.values(), key=lambda one: (one["created"], one["id"]), reverse=True)
        found = [one for one in events if least <= one["created"] <= most]
        after = [one["id"] for one in found].index(query["starting_after"]) + 1 if "starting_after" in query else 0
        return {"object": "list", "data": found[after : after + PAGE], "has_more": after + PAGE < len(found)}, {}


class CalendlyServer(Vendor):
    secret = ("authorization", "Bearer pat_key")

    def __init__(self) -> None:
        super().__init__()
        self.invitees: dict[str, list[dict[str, Any]]] = {}
        self.hook = "active"

    def read(self, path: str, query: Mapping[str, str]) -> tuple[Any, Headers]:
        if path == "/users/me":
            mine = {"uri": f"{self.url}/users/U", "current_organization": f"{self.url}/organizations/O"}
            return {"resource": mine}, {}
        if path == "/webhook_subscriptions":
            return _collection([{"state": self.hook}], query), {}
        if path == "/scheduled_events":
            return _collection(self.by("start_time", query["min_start_time"]), query), {}
        id = path.removeprefix("/scheduled_events/").removesuffix("/invitees")
        return (_collection(self.invitees[id], query), {}) if id in self.invitees else (None, {})


class CalComServer(Vendor):
    secret = ("authorization", "Bearer cal_key")

    def read(self, path: str, query: Mapping[str, str]) -> tuple[Any, Headers]:
        if path != "/v2/bookings":
            return None, {}
        start = int(query["skip"])
        return {
            "status": "success",
            "data": self.by("start", query["afterStart"])[start : start + int(query["take"])],
        }, {}


class Cafe24Server(Vendor):
    """A mall. Each renewal gives new tokens and ends the former ones, after two hours or at once."""

    def __init__(self) -> None:
        super().__init__()
        self.members: dict[str, dict[str, Any]] = {}
        self.renewals = 0
        self.now = datetime(2026, 11, 22, tzinfo=UTC)
        self.expires_at = self.now

    @property
    def secret(self) -> tuple[str, str]:  # type: ignore[override]
        """The access token that stands, if one does."""
        return "authorization", f"Bearer access-{self.renewals}" if self.now < self.expires_at else "none"

    def answer(self, path: str, query: Mapping[str, str], headers: Headers) -> tuple[int, bytes, Headers]:
        if path != "/api/v2/oauth/token" or self.faults:
            return super().answer(path, query, headers)
        self.asked.append(path)
        if self.revoked or query["refresh_token"] != f"refresh-{self.renewals}":
            return 400, b'{"error": "invalid_grant"}', {}
        self.renewals += 1
        self.expires_at = self.now + timedelta(hours=2)
        tokens = {"access_token": f"access-{self.renewals}", "refresh_token": f"refresh-{self.renewals}"}
        return 200, json.dumps(tokens | {"expires_at": self.expires_at.isoformat()}).encode(), {}

    def read(self, path: str, query: Mapping[str, str]) -> tuple[Any, Headers]:
        if path == "/api/v2/admin/customersprivacy":
            one = self.members.get(query["member_id"])
            return {"customersprivacy": [one] if one else []}, {}
        if path != "/api/v2/admin/orders":
            return None, {}
        if "order_id" in query:
            return {"orders": [self.objects[id] for id in query["order_id"].split(",") if id in self.objects]}, {}
        key = {"order_date": "order_date", "pay_date": "payment_date", "cancel_date": "cancel_date"}[query["date_type"]]
        found = [one for one in self.objects.values() if (one[key] or "")[:10] >= query["start_date"]]
        start = int(query["offset"])
        return {"orders": found[start : start + int(query["limit"])]}, {}


class SolapiServer(Vendor):
    """Messages by id. A call is opened by its signature: the key's name and an HMAC over date and salt."""

    key, api_secret = "NCS1", "api-secret"

    @property
    def secret(self) -> tuple[str, str]:  # type: ignore[override]
        """Nothing is the same in two calls: see `answer`."""
        return "authorization", "none"

    def answer(self, path: str, query: Mapping[str, str], headers: Headers) -> tuple[int, bytes, Headers]:
        signed = {"authorization": "none" if self._signed(headers.get("authorization", "")) else "forged"}
        return super().answer(path, query, signed)

    def _signed(self, header: str) -> bool:
        said = dict(part.split("=", 1) for part in header.removeprefix("HMAC-SHA256 ").split(", ") if "=" in part)
        text = (said.get("date", "") + said.get("salt", "")).encode()
        right = hmac.new(self.api_secret.encode(), text, hashlib.sha256).hexdigest()
        return said.get("apiKey") == self.key and said.get("signature") == right

    def read(self, path: str, query: Mapping[str, str]) -> tuple[Any, Headers]:
        if path != "/messages/v4/list":
            return None, {}
        if "messageId" in query:
            found = [one for id, one in self.objects.items() if id == query["messageId"]]
        else:
            assert (query["type"], query["dateType"]) == ("ATA", "UPDATED")
            found = self.by("dateUpdated", query["startDate"], query["endDate"])
        start = int(query.get("startKey", "0"))
        more = {"nextKey": str(start + PAGE)} if start + PAGE < len(found) else {"nextKey": None}
        page = found[start : start + PAGE]
        return {"limit": PAGE, "messageList": {one["messageId"]: one for one in page}, **more}, {}


def _collection(found: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    start = int(query.get("page_token", "0"))
    token = str(start + PAGE) if start + PAGE < len(found) else None
    return {"collection": found[start : start + PAGE], "pagination": {"next_page_token": token}}


def stamp(at: datetime) -> str:
    """Return an instant as these APIs write it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@contextmanager
def serving(vendor: Vendor) -> Iterator[Vendor]:
    """Let a vendor answer on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            self.tell(dict(parse_qsl(form)))

        def do_GET(self) -> None:
            self.tell(dict(parse_qsl(urlsplit(self.path).query)))

        def tell(self, query: dict[str, str]) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body, more = vendor.answer(urlsplit(self.path).path, query, headers)
            if status == 0:  # hangs up without a word
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**more, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        log_message: Callable[..., None] = lambda *given: None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
