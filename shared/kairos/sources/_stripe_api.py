"""Stripe's events, listed: the webhooks themselves, kept there for thirty days and of the same ids.

The list is newest first, so a reading goes back from now to where the last one ended and is told when it has come so
far, oldest first. https://docs.stripe.com/api/events/list
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from kairos.domain.instant import format_instant
from kairos.sources._again import PAGES_MAX, SETTLED, Api, Row, api_key, base_url, pages, since
from kairos.sources._pulling import Page, Pulling

PAGE_ITEMS = 100
OVERLAP = timedelta(minutes=5)
"""Events appear in the list a little out of order; what is read twice has the same id."""


def pull(pulling: Pulling, kinds: Mapping[str, Any]) -> Iterator[Page]:
    """Yield the events since the last reading that are of one of `kinds`."""
    headers = {"authorization": f"Bearer {api_key(pulling.settings)}"}
    api = Api("stripe", base_url(pulling.settings, "https://api.stripe.com"), headers, pulling)
    until = pulling.now - SETTLED
    asked: dict[str, Any] = {
        "limit": PAGE_ITEMS,
        "created[gte]": int((since(pulling) - OVERLAP).timestamp()),
        "created[lte]": int(until.timestamp()),
    }
    found: list[Row] = []
    for _ in range(PAGES_MAX):
        answer = api.get("/v1/events", asked)
        events = api.items(answer, "data")
        found += [Row(event) for event in events if event.get("type") in kinds]
        if not events or api.json(answer).get("has_more") is not True:
            break
        api.late()
        asked["starting_after"] = events[-1].get("id")
    yield from pages(reversed(found), cursor={"since": format_instant(until)})
