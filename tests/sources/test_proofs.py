"""Two promises that behaviour alone does not show: how a signature is compared, and what makes two webhooks two."""

from __future__ import annotations

import hmac
import sys
from collections.abc import Callable
from typing import Any

import pytest

from kairos.domain.errors import BadSignature
from kairos.registry import Request, load
from tests.sources import bodies

SECRETS = ["in-force", "before", "long-before"]


def comparisons(run: Callable[[], Any]) -> int:
    """Return how often `hmac.compare_digest` was called: the only comparison whose time tells nothing."""
    seen = []

    def watch(frame: Any, event: str, argument: Any) -> None:
        if event == "c_call" and argument is hmac.compare_digest:
            seen.append(argument)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        run()
    except BadSignature:
        pass
    finally:
        sys.setprofile(before)
    return len(seen)


@pytest.mark.parametrize("source", ["shopify", "calcom", "calendly", "stripe", "woocommerce", "cafe24", "solapi"])
@pytest.mark.parametrize("right", [*SECRETS, "wrong"])
def test_every_secret_is_compared_in_constant_time_whichever_is_right(source: str, right: str) -> None:
    body = b"{}"
    headers = bodies.topic_headers("shopify", "orders-paid") | bodies.proof(source, body, right, bodies.NOW)
    request = Request(headers, body, bodies.NOW, "main", {"secrets": SECRETS})
    assert comparisons(lambda: load("sources", source).verify(request)) == len(SECRETS)


def test_one_action_of_a_merchant_told_under_two_topics_is_two_events() -> None:
    paid, updated = (
        load("sources", "shopify").parse(
            bodies.request("shopify", "orders-paid", None, {"x-shopify-event-id": "one", "x-shopify-topic": topic}),
            trusted=True,
        )
        for topic in ("orders/paid", "orders/updated")
    )
    assert {one.event.name for one in (*paid, *updated)} >= {"order_completed", "order_updated"}
    assert not {one.key for one in paid} & {one.key for one in updated}
