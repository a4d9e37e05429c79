"""Cafe24's webhooks (Korea): hints. Nothing signs them, so nothing of them reaches a customer until it is read again.

`X-API-Key` is one fixed text per app, compared in constant time; it shows that the sender knows the app, not that the
body is Cafe24's. So `verify` answers that the request is not trusted: orders, consents and cancellations come from
signed sources only (DESIGN, "Becoming one"). Where the connection can read the Admin API, a webhook is a hint: `sync`
reads what it is about, at once, and believes that. Where it cannot, its facts are counted and none of them is kept.

`X-Trace-ID` is one per delivery. Bulk events join ids by commas (`"a,b"`, `"a, b"`), dates may be `0000-00-00`, and a
time without an offset is Seoul's. Some tries, then the endpoint is switched off until somebody switches it on.
Shapes: developers.cafe24.com, "Webhook", events 90023 to 90162.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from kairos.domain.errors import BadSignature
from kairos.registry import Parsed, Request
from kairos.sources import _again
from kairos.sources import _cafe24_member as members
from kairos.sources import _cafe24_order as orders
from kairos.sources._cafe24_values import ids
from kairos.sources._pulling import Page, Pulling
from kairos.sources._shape import ID_CHARS_MAX, Object, load_body, sound
from kairos.sources._signature import header_text, require_any, secrets

KEY = "x-api-key"
TRACE = "x-trace-id"

Reader = Callable[[Object, Request], list[Parsed]]

_EVENTS: Mapping[str, Reader] = {
    **dict.fromkeys(
        ("90023", "90024", "90025", "90026", "90027", "90028", "90029", "90031", "90064", "90070"), orders.read_order
    ),
    **dict.fromkeys(("90071", "90072", "90073", "90074"), orders.read_order),
    "90160": orders.read_return,
    "90162": orders.read_shipping_code,
    "90084": members.read_cart,
    "90032": members.read_registered,
    "90080": members.read_each("profile_updated"),
    "90143": members.read_each("customer_signed_in"),
    "90144": members.read_grade,
    "90145": members.read_each("customer_became_dormant"),
    "90146": members.read_each("customer_reactivated"),
    "90147": members.read_each("customer_redacted"),
    "90148": members.read_points,
    # Not a webhook: a member as the Admin API shows them.
    "member": members.read_again,
}

_HINTS = {
    **dict.fromkeys((number for number, reader in _EVENTS.items() if reader is orders.read_order), "order"),
    **dict.fromkeys(("90032", "90080", "90144"), "member"),
    **dict.fromkeys(("90160", "90162"), "order"),
    "90147": "left",
}


class Cafe24(_again.Reader):
    """See `kairos.registry.Source`. A connection's settings: `secrets` (the app's API key), `mall` (its id), and
    `api_key`: JSON with `client_id`, `client_secret` and `refresh_token` of the app in that mall.
    """

    name = "cafe24"
    key_is = "JSON with client_id, client_secret and refresh_token of the app"
    without_key = "its webhooks, which nothing signs, are counted and believed in nothing"
    retry_horizon = _again.HEALED_FOR + timedelta(hours=1)
    topic_at = ("body", "event_no")
    properties: Mapping[str, Sequence[str]] = {**orders.LISTED, **members.LISTED}

    def verify(self, request: Request) -> bool:
        """Check the key of the app, and that the body is of the registered mall. Never trusted: it is a hint."""
        require_any(header_text(request, KEY), secrets(request))
        mall = request.settings.get("mall")
        # One app has one key in all malls where it is installed.
        body = load_body(request.body, lenient=True) if isinstance(mall, str) and mall else None
        if body is not None and body.object("resource").text("mall_id", 64) != mall:
            raise BadSignature("the webhook is of another mall than this connection's")
        return False

    def hints(self, request: Request) -> list[str]:
        """Return what a webhook is about, to be read: orders, members, and who has left."""
        body = load_body(request.body, lenient=True)
        kind = _HINTS.get(body.need("event_no"))
        key = "order_id" if kind == "order" else "member_id"
        return [f"{kind}:{id}" for id in ids(body.object("resource"), key)] if kind else []

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read the orders of the last days."""
        from kairos.sources._cafe24_api import pull

        yield from pull(pulling)

    def reread(self, subjects: Sequence[str], pulling: Pulling) -> Iterator[Page]:
        """Read what webhooks hinted at."""
        from kairos.sources._cafe24_api import reread

        yield from reread(subjects, pulling)

    def read(self, request: Request, *, trusted: bool) -> Sequence[Parsed]:
        """Translate by event number; products, boards, coupons and the app's own affairs return nothing."""
        body = load_body(request.body, lenient=True)
        number = body.need("event_no")
        reader = _EVENTS.get(number)
        if reader is None:
            return ()
        resource = body.object("resource")
        trace = sound(request.headers.get(TRACE, "")).strip()[:ID_CHARS_MAX] or hashlib.sha256(request.body).hexdigest()
        return [replace(one, key=f"{trace}:{number}:{one.key}") for one in reader(resource, request)]


SOURCE = Cafe24()
