"""WooCommerce's orders, read by when they changed: it repeats no webhook, and after five failures sends none.

`GET /wp-json/wc/v3/orders` answers the objects that webhooks send. What changes while it is paged moves on to the last
page and pulls others forward past the reader; so the next page is asked for by the last time seen and not by number.
https://woocommerce.github.io/woocommerce-rest-api-docs/#list-all-orders (modified_after since WooCommerce 5.8)
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from kairos.domain.errors import Refused
from kairos.domain.instant import format_instant
from kairos.sources._again import PAGES_MAX, SETTLED, Api, Row, api_key, base_url, moment, pages, since
from kairos.sources._pulling import Page, Pulling
from kairos.sources._woocommerce_time import TOLD_FOR

PAGE_ITEMS = 50


def pull(pulling: Pulling) -> Iterator[Page]:
    """Yield what became of the orders that changed since the last reading."""
    shop = str(pulling.settings.get("url") or "")
    if not shop and not pulling.settings.get("api_url"):
        raise Refused("woocommerce", "the connection does not say where the shop is: set url=https://shop.example.com")
    key = b64encode(api_key(pulling.settings).encode()).decode()
    api = Api("woocommerce", base_url(pulling.settings, shop), {"authorization": f"Basic {key}"}, pulling)
    reached, until, number = since(pulling), pulling.now - SETTLED, 1
    seen: set[tuple[Any, Any]] = set()
    for _ in range(PAGES_MAX):
        orders = api.items(api.get("/wp-json/wc/v3/orders", _query(reached, until, number)))
        changed = [one for one in orders if (one.get("id"), one.get("date_modified_gmt")) not in seen]
        seen |= {(one.get("id"), one.get("date_modified_gmt")) for one in changed}
        last = moment(orders[-1], "date_modified_gmt", utc=True) if len(orders) >= PAGE_ITEMS else until
        further = last is not None and last > reached
        # Where a whole page changed within one second, numbers must do.
        number = 1 if further else number + 1
        reached = last if further and last is not None else reached
        cursor = {"since": format_instant(reached)}
        yield from pages([_row(one, pulling.now) for one in changed], cursor=cursor)
        if len(orders) < PAGE_ITEMS:
            return


def _query(reached: datetime, until: datetime, number: int) -> dict[str, Any]:
    return {
        "modified_after": _gmt(reached - timedelta(seconds=1)),
        "modified_before": _gmt(until),
        "dates_are_gmt": "true",
        "orderby": "modified",
        "order": "asc",
        "per_page": PAGE_ITEMS,
        "page": number,
    }


def _gmt(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"


def _row(order: Mapping[str, Any], now: datetime) -> Row:
    placed = moment(order, "date_created_gmt", utc=True)
    young = placed is not None and now - placed < TOLD_FOR
    return Row(order, {"x-wc-webhook-topic": "order.created" if young else "order.updated"})
