"""Products and Catalogue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.aws.products import KEPT_FOR, DynamoProducts
from kairos.memory import MemoryClock, MemoryProducts
from tests.aws.cloud import Cloud

CLOCK = MemoryClock(datetime(2026, 11, 22, 4, 10, tzinfo=UTC))
ROSE = {"title": "장미", "price": "3000"}


@pytest.fixture
def products(kind: str, cloud: Cloud) -> Any:
    if kind == "memory":
        return MemoryProducts()
    return DynamoProducts(cloud.client("dynamodb"), cloud.table("messages"), CLOCK)


def test_what_was_put_in_is_known_and_what_was_not_is_left_out(products: Any) -> None:
    assert products.put([("7", ROSE), ("8", {"title": "튤립"})]) == 2
    assert products.of(["7", "9"]) == {"7": ROSE}
    assert products.of([]) == {}
    assert products.put([]) == 0


def test_the_newer_word_on_a_product_is_known_within_minutes(products: Any) -> None:
    products.put([("7", ROSE)])
    assert products.of(["7"]) == {"7": ROSE}
    products.put([("7", {"title": "Rose"})])
    CLOCK.advance(KEPT_FOR + timedelta(seconds=1))
    assert products.of(["7"]) == {"7": {"title": "Rose"}}


def test_what_is_looked_at_together_is_kept_beside_what_the_shop_says(products: Any) -> None:
    products.put([("7", ROSE)])
    assert products.relate({"7": ["8", "9"], "unknown": ["7"]}) == 1
    CLOCK.advance(KEPT_FOR + timedelta(seconds=1))
    products.put([("7", {"title": "Rose"})])
    assert products.of(["7", "unknown"]) == {"7": {"title": "Rose", "also": ["8", "9"]}}
