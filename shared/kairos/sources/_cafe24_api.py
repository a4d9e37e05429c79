"""Cafe24's Admin API: what its unsigned webhooks hint at is read here, and believed only then.

An order is told by what it is now (paid, cancelled, on its way, delivered), each fact once, at the time that the order
itself gives for it. Beside the hints, orders of the last days are read regularly, for hints that never came.

Tokens live two hours. Each renewal gives a new refresh token and ends the former, so both are kept at once.
https://developers.cafe24.com/docs/api/admin/#authentication, #orders, #customersprivacy
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from kairos.domain.errors import Refused
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant, parse_instant
from kairos.sources._again import HEALED_FOR, Api, Row, api_key, base_url, moment, pages
from kairos.sources._listed_bookings import Booking, changes
from kairos.sources._pulling import Page, Pulling

PAGE_ITEMS = 100
IDS_PER_CALL = 50
PAGES_MAX = 50
EARLY = timedelta(minutes=5)
"""How long before its end a token counts as over."""

_CREDENTIALS = ("client_id", "client_secret", "refresh_token")
_KINDS = ("order_date", "pay_date", "cancel_date")
# Of items: N30 on its way, N40 arrived, N50 confirmed by the buyer; R40 returned, E40 exchanged.
_STATES = {"N30": "shipping_start", "N40": "shipping_end", "N50": "purchase_confirm"}
_BACK = {"R40": "return_order", "E40": "exchange_order"}


def pull(pulling: Pulling) -> Iterator[Page]:
    """Yield what became of the orders of the last days."""
    api = _open(pulling)
    listed: dict[str, Booking] = {}
    for kind in _KINDS:
        for order in _orders(api, pulling, kind):
            id = str(order.get("order_id"))
            listed[id] = Booking(id, order, pulling.now + HEALED_FOR, None)
    yield from changes(pulling, listed.values(), lambda one: list(_facts(one.state, pulling, fresh=False)))


def reread(subjects: Sequence[str], pulling: Pulling) -> Iterator[Page]:
    """Yield what is true of what a webhook hinted at: `order:<id>`, `member:<id>` or `left:<id>`."""
    api = _open(pulling)
    named = [subject.partition(":")[::2] for subject in subjects]
    ids = list(dict.fromkeys(id for kind, id in named if kind == "order"))
    rows: list[Row] = []
    for start in range(0, len(ids), IDS_PER_CALL):
        asked = {"order_id": ",".join(ids[start : start + IDS_PER_CALL]), "embed": "items,buyer", "limit": PAGE_ITEMS}
        for order in api.items(api.get("/api/v2/admin/orders", asked), "orders"):
            rows += _facts(order, pulling, fresh=True)
    for kind, id in dict.fromkeys((kind, id) for kind, id in named if kind in ("member", "left")):
        rows += _member(api, kind, id)
    yield from pages(rows)


def _orders(api: Api, pulling: Pulling, kind: str) -> Iterator[Mapping[str, Any]]:
    asked: dict[str, Any] = {
        "date_type": kind,
        "start_date": f"{pulling.now - HEALED_FOR:%Y-%m-%d}",
        "end_date": f"{pulling.now + timedelta(days=1):%Y-%m-%d}",  # Seoul is ahead of UTC
        "embed": "items,buyer",
        "limit": PAGE_ITEMS,
        "offset": 0,
    }
    for _ in range(PAGES_MAX):
        found = api.items(api.get("/api/v2/admin/orders", asked), "orders")
        yield from found
        if len(found) < PAGE_ITEMS:
            return
        api.late()
        asked["offset"] += PAGE_ITEMS


def _facts(order: Mapping[str, Any], pulling: Pulling, *, fresh: bool) -> Iterator[Row]:
    """Yield the webhooks that an order's state means; none of what is older than repeats are remembered for."""
    items = [one for one in order.get("items") or () if isinstance(one, Mapping)]
    states = {str(one.get("order_status")) for one in items}
    codes = [("create_order", moment(order, "order_date"))]
    if order.get("paid") == "T":
        codes.append(("paid_order", moment(order, "payment_date")))
    if order.get("canceled") == "T":
        codes.append(("cancel_order", moment(order, "cancel_date")))
    codes += [(code, _latest(items, code)) for state, code in _STATES.items() if state in states]
    codes += [(code, _latest(items, code)) for state, code in _BACK.items() if states == {state}]
    for code, at in codes:
        if at is not None and pulling.now - at < HEALED_FOR:
            id = f"{order.get('order_id')}:{code}"
            body = {"event_no": 90023, "resource": _resource(order, items, code, at)}
            yield Row(body, {"x-trace-id": f"order:{id}"}, fresh)


def _latest(items: Sequence[Mapping[str, Any]], code: str) -> datetime | None:
    key = {
        "shipping_start": "shipped_date",
        "shipping_end": "delivered_date",
        "purchase_confirm": "purchaseconfirmation_date",
        "return_order": "return_date",
        "exchange_order": "exchange_date",
    }[code]
    return max((at for one in items if (at := moment(one, key)) is not None), default=None)


def _resource(order: Mapping[str, Any], items: Sequence[Mapping[str, Any]], code: str, at: datetime) -> dict[str, Any]:
    buyer = order.get("buyer") if isinstance(order.get("buyer"), Mapping) else {}
    amounts = order.get("actual_order_amount")
    amount = amounts if isinstance(amounts, Mapping) else {}
    methods = order.get("payment_method")
    products = ",".join(str(one["product_code"]) for one in items if one.get("product_code"))
    return {
        "order_id": order.get("order_id"),
        "event_code": code,
        "event_shop_no": order.get("shop_no"),
        "member_id": order.get("member_id"),
        "buyer_name": buyer.get("name") if isinstance(buyer, Mapping) else None,
        "buyer_email": buyer.get("email") if isinstance(buyer, Mapping) else None,
        "buyer_cellphone": buyer.get("cellphone") if isinstance(buyer, Mapping) else None,
        "happened_at": format_instant(at),
        "actual_payment_amount": amount.get("payment_amount", order.get("payment_amount")),
        "order_price_amount": amount.get("order_price_amount"),
        "currency": order.get("currency"),
        "shipping_status": order.get("shipping_status"),
        "payment_method": ",".join(map(str, methods)) if isinstance(methods, list) else methods,
        "order_place_id": order.get("order_place_id"),
        "order_from_mobile": order.get("order_from_mobile"),
        "first_order": order.get("first_order"),
        "ordering_product_code": products or None,
    }


def _member(api: Api, kind: str, id: str) -> list[Row]:
    found = api.items(api.get("/api/v2/admin/customersprivacy", {"member_id": id}), "customersprivacy")
    member = next((one for one in found if one.get("member_id") == id), None)
    if member is not None:  # who is still there has not left, whatever the webhook says
        state = digest("cafe24", json.dumps(member, sort_keys=True, default=str))
        return [Row({"event_no": "member", "resource": member}, {"x-trace-id": f"member:{state}"}, True)]
    if kind == "left":
        return [Row({"event_no": 90147, "resource": {"member_id": id}}, {"x-trace-id": f"left:{id}"}, True)]
    return []


def _open(pulling: Pulling) -> Api:
    mall = str(pulling.settings.get("mall") or "")
    if not mall and not pulling.settings.get("api_url"):
        raise Refused("cafe24", "the connection does not say which mall: set mall=<its id>")
    base = base_url(pulling.settings, f"https://{mall}.cafe24api.com")
    token = _token(pulling, base)
    return Api("cafe24", base, {"authorization": f"Bearer {token}", "content-type": "application/json"}, pulling)


def _token(pulling: Pulling, base: str) -> str:
    """Return an access token: the one that is kept, or a new one. Raises Refused where the permission is over."""
    try:
        given = json.loads(api_key(pulling.settings))
        known = {name: str(given[name]) for name in _CREDENTIALS}
    except (ValueError, KeyError, TypeError):
        raise Refused("cafe24", "the API key is not JSON with client_id, client_secret and refresh_token") from None
    if given.get("access_token") and parse_instant(given["expires_at"]) - EARLY > pulling.now:
        return str(given["access_token"])
    proof = b64encode(f"{known['client_id']}:{known['client_secret']}".encode()).decode()
    headers = {"authorization": f"Basic {proof}", "content-type": "application/x-www-form-urlencoded"}
    form = urlencode({"grant_type": "refresh_token", "refresh_token": known["refresh_token"]}).encode()
    answer = pulling.fetch("POST", f"{base.rstrip('/')}/api/v2/oauth/token", headers, form)
    if answer.status in (400, 401):
        raise Refused("cafe24", "the permission no longer stands: install the app anew and connect it with its token")
    api = Api("cafe24", base, {}, pulling)
    api.require_ok(answer)
    renewed = api.json(answer)
    if not isinstance(renewed, Mapping) or not renewed.get("access_token"):
        raise Refused("cafe24", "it gave no access token")
    kept = known | {name: renewed[name] for name in ("access_token", "refresh_token") if renewed.get(name)}
    kept["expires_at"] = format_instant(moment(renewed, "expires_at") or pulling.now + timedelta(hours=1))
    pulling.keep({"api_key": json.dumps(kept)})
    return str(renewed["access_token"])
