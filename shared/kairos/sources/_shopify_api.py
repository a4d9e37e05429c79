"""Shopify's orders, read by when they changed: for webhooks that were lost, and subscriptions that Shopify deleted.

`GET /admin/api/<version>/orders.json` answers the same order that webhooks send, pages by `Link: <…>; rel="next"`.
What an order's webhooks would have said is told of it, each fact at its own time, as far as it is young enough.
https://shopify.dev/docs/api/admin-rest/latest/resources/order
https://shopify.dev/docs/api/admin-rest/usage/pagination
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from kairos.domain.errors import Refused
from kairos.domain.instant import format_instant
from kairos.sources._again import HEALED_FOR, PAGES_MAX, SETTLED, Api, Row, api_key, base_url, moment, pages, since
from kairos.sources._pulling import Answer, Page, Pulling

VERSION = "2026-07"
PAGE_ITEMS = 100

_NEXT = re.compile(r"<([^<>]{1,4000})>\s*;\s*rel=\"?next\"?")


def pull(pulling: Pulling) -> Iterator[Page]:
    """Yield what became of the orders that changed since the last reading."""
    shop = str(pulling.settings.get("shop") or "")
    if not shop and not pulling.settings.get("api_url"):
        raise Refused("shopify", "the connection does not say which shop: set shop=….myshopify.com")
    api = Api("shopify", base_url(pulling.settings, f"https://{shop}"), _headers(pulling), pulling)
    began, until = since(pulling), pulling.now - SETTLED
    asked: Mapping[str, Any] | None = {
        "status": "any",
        "limit": PAGE_ITEMS,
        "order": "updated_at asc",
        "updated_at_min": format_instant(began),
        "updated_at_max": format_instant(until),
    }
    path = f"/admin/api/{VERSION}/orders.json"
    for _ in range(PAGES_MAX):
        answer = api.get(path, asked)
        orders = api.items(answer, "orders")
        following = _following(answer)
        reached = until if following is None else _last(orders) or began
        yield from pages(
            (row for order in orders for row in _rows(order, pulling.now)), cursor={"since": format_instant(reached)}
        )
        if following is None:
            return
        path, asked = following, None


def _headers(pulling: Pulling) -> dict[str, str]:
    return {"x-shopify-access-token": api_key(pulling.settings)}


def _following(answer: Answer) -> str | None:
    found = _NEXT.search(answer.headers.get("link", ""))
    return found[1] if found else None


def _last(orders: list[Mapping[str, Any]]) -> datetime | None:
    # A second earlier: of those that changed in one second, some may be on the next page.
    last = moment(orders[-1], "updated_at") if orders else None
    return last - timedelta(seconds=1) if last else None


def _rows(order: Mapping[str, Any], now: datetime) -> Iterator[Row]:
    """Yield the webhooks of an order whose facts are young; the key of each is the order's and the fact's own."""
    placed = _is_young(order, "created_at", now)
    if placed:
        yield _row("orders/create", order)
    if placed and order.get("financial_status") == "paid":
        yield _row("orders/paid", order)
    if _is_young(order, "cancelled_at", now):
        yield _row("orders/cancelled", order)
    parts = _objects(order, "fulfillments")
    if order.get("fulfillment_status") == "fulfilled" and any(_is_young(part, "created_at", now) for part in parts):
        yield _row("orders/fulfilled", order)
    for refund in _objects(order, "refunds"):
        if _is_young(refund, "created_at", now):
            yield _row("refunds/create", {"order_id": order.get("id"), **refund})


def _row(topic: str, body: Mapping[str, Any]) -> Row:
    return Row(body, {"x-shopify-topic": topic})


def _is_young(body: Mapping[str, Any], key: str, now: datetime) -> bool:
    at = moment(body, key)
    return at is not None and now - at < HEALED_FOR


def _objects(body: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = body.get(key)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
