"""What templates know of products, beside what an event says of its items."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kairos.app.products import PRODUCTS_PER_MESSAGE, browsed, described, named_in
from kairos.app.related import TOGETHER_MIN, Together, related
from kairos.domain.profile import Profile
from kairos.memory import MemoryProducts
from tests.app.delivery import BRAND, NOON, World

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


# ---- what a customer looked at and bought ----------------------------------------------------------------------

CATALOGUE = {id: {"title": id.upper()} for id in ("a", "b", "c", "d", "e", "f", "g")}


def _browser(*rows: tuple[str, str, int]) -> Profile:
    return Profile("p1", NOON, products=[list(row) for row in rows])


def _titles(found: list[dict[str, Any]]) -> str:
    return "".join(one["title"] for one in found)


def test_what_was_looked_at_bought_and_related_is_shown_as_far_as_it_is_known() -> None:
    products = MemoryProducts()
    products.put(CATALOGUE.items())
    products.relate({"a": ["b", "e", "f"], "c": ["g", "e"], "unknown": ["a"]})
    shown = browsed(_browser(("a", "v", 9), ("gone", "v", 8), ("b", "v", 7), ("c", "b", 5)), {}, products)
    assert {name: _titles(listed) for name, listed in shown.items()} == {
        "viewed": "AB",
        "last_order": "C",
        "also_viewed": "EFG",
    }
    about = browsed(_browser(("a", "v", 9)), {"product_id": "c"}, products)
    assert _titles(about["also_viewed"]) == "GEBF"  # what the event is about goes first


def test_nobody_who_browsed_nothing_is_shown_anything() -> None:
    assert browsed(_browser(), {}, MemoryProducts()) == {"viewed": [], "last_order": [], "also_viewed": []}


def test_a_message_compares_what_was_looked_at() -> None:
    world = World()
    line = "{% for item in products.viewed limit: 2 %}{{ item.title }} {{ item.price | money }}|{% endfor %}"
    world.publish(BRAND, {"hello": {"email": {"subject": "x", "text": line}}})
    world.products.put([("7", ROSE), ("8", {"title": "튤립", "price": 2000})])
    world.customer.products = [["8", "v", 9], ["7", "v", 8], ["9", "v", 7]]
    world.save()
    world.run()
    assert world.channel.taken[0].rendered.parts["text"] == "튤립 2,000원|장미 3,000원|"


def test_products_are_related_by_the_customers_who_looked_at_both() -> None:
    rows = {"a": ("v", 3), "b": ("v", 2), "c": ("b", 1)}
    everybody = [_browser(*((id, kind, second) for id, (kind, second) in rows.items())) for _ in range(TOGETHER_MIN)]
    assert related(everybody) == {"a": ["b"], "b": ["a"]}  # what was bought was not looked at
    assert related(everybody[1:]) == {}


def test_the_most_often_seen_together_go_first_and_few_of_them() -> None:
    many = [_browser(("a", "v", 2), (other, "v", 1)) for other in "bcdefg" for _ in range(3 + (other == "f"))]
    assert related(many)["a"] == ["f", "b", "c", "d"]


def test_of_more_pairs_than_there_is_room_for_the_rare_ones_go() -> None:
    together = Together(most=50)
    often = _browser(("a", "v", 2), ("b", "v", 1))
    for number in range(400):
        together.add(often)
        together.add(_browser((f"x{number}", "v", 2), (f"y{number}", "v", 1)))
        assert len(together) <= 50
    assert together.found() == {"a": ["b"], "b": ["a"]}


def test_of_many_products_those_most_looked_at_are_told() -> None:
    together = Together()
    for number, count in (("1", 3), ("2", 9), ("3", 5)):
        for _ in range(count):
            together.add(_browser((f"a{number}", "v", 2), (f"b{number}", "v", 1)))
    assert set(together.found(2)) == {"a2", "b2"}
