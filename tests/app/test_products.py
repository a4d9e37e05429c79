"""What templates know of products, beside what an event says of its items."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kairos.app.products import PRODUCTS_PER_MESSAGE, described, named_in
from tests.app.delivery import BRAND, World

ROSE = {"title": "장미", "price": "3000", "image": "https://example.com/rose.jpg"}


def test_the_items_of_an_event_have_what_is_known_of_them_beside_their_own_words() -> None:
    event = {"items": [{"product_id": 7, "price": 2500}, {"product_id": "8"}, "odd"], "total": 5000}
    assert named_in(event) == ["7", "8"]
    assert described(event, {"7": ROSE})["items"] == [
        {**ROSE, "product_id": 7, "price": 2500},
        {"product_id": "8"},
        "odd",
    ]


def test_what_names_a_variant_is_closer_than_what_names_a_product() -> None:
    event = {"product_id": "7", "sku": "R-7"}
    assert described(event, {"7": ROSE, "R-7": {"title": "빨간 장미"}})["product"]["title"] == "빨간 장미"


@pytest.mark.parametrize("event", [{}, {"items": None}, {"items": "x"}, {"items": [None, 5]}, {"product_id": {"a": 1}}])
def test_an_event_without_products_is_left_as_it_is(event: dict[str, Any]) -> None:
    assert named_in(event) == []
    assert described(event, {}).get("items") == event.get("items")


def test_a_huge_cart_asks_for_the_first_products_only() -> None:
    event = {"items": [{"product_id": str(number)} for number in range(10_000)]}
    assert named_in(event) == [str(number) for number in range(PRODUCTS_PER_MESSAGE)]


def test_a_message_shows_the_cart_that_started_its_journey() -> None:
    world = World()
    line = (
        "{% for item in event.items %}{{ item.title }} {{ item.price | money }};{% endfor %}{{ event.product.title }}"
    )
    world.publish(BRAND, {"hello": {"email": {"subject": "x", "text": line}}})
    world.products.put([("7", ROSE), ("8", {"title": "튤립", "price": 2000})])
    [passage] = world.customer.enrollments.values()
    items = [{"product_id": "7", "quantity": 1}, {"product_id": "8"}]
    world.customer.enrollments[passage.id] = replace(passage, properties={"items": items, "product_id": "8"})
    world.save()
    world.run()
    assert world.channel.taken[0].rendered.parts["text"] == "장미 3,000원;튤립 2,000원;튤립"
