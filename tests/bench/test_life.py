"""Lives on a shelf: the units of DynamoDB, and that growth is what it is said to be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bench import growth, people, shop
from bench.life import Life, Shelf
from kairos.aws.table import item_size


def _item(profile: str, size: int, wake: str = "") -> dict[str, dict[str, Any]]:
    key: dict[str, dict[str, Any]] = {"profile": {"S": profile}, "state": {"B": b"x" * size}}
    return {**key, "wake": {"S": wake}, "wake_at": {"S": f"{wake}T{profile}"}} if wake else key


def test_reads_and_writes_are_charged_by_the_size_of_the_item() -> None:
    shelf = Shelf()
    shelf.put_item(Item=_item("p", 2_500))
    assert shelf.write_units == 3
    shelf.put_item(Item=_item("p", 10))
    assert shelf.write_units == 6, "the larger of the old and the new item counts"
    shelf.put_item(Item=_item("q", 5_000))
    shelf.get_item(Key={"profile": {"S": "q"}})
    shelf.get_item(Key={"profile": {"S": "nobody"}})
    assert shelf.read_units == 2 + 1


@pytest.mark.parametrize(
    ("before", "after", "units"), [("", "", 1), ("", "h1", 2), ("h1", "", 2), ("h1", "h1", 1), ("h1", "h2", 3)]
)
def test_a_place_in_the_index_costs_a_unit_to_make_and_one_to_take_away(before: str, after: str, units: int) -> None:
    shelf = Shelf()
    shelf.put_item(Item=_item("p", 10, before))
    shelf.write_units = 0
    shelf.put_item(Item=_item("p", 10, after))
    assert shelf.write_units == units


def test_the_index_finds_what_lies_between_two_places() -> None:
    shelf = Shelf()
    for profile in "cab":
        shelf.put_item(Item=_item(profile, 1, "h1"))
    shelf.put_item(Item=_item("a", 1, "h2"))
    values = {":wake": {"S": "h1"}, ":lowest": {"S": "h1Tb"}, ":highest": {"S": "h1Tz"}}
    found = shelf.query(ExpressionAttributeValues=values, Limit=10)
    assert [row["wake_at"]["S"] for row in found["Items"]] == ["h1Tb", "h1Tc"]


def test_a_life_lived_twice_is_the_same_life() -> None:
    habits = people.HABITS[0]
    items = []
    for _ in range(2):
        life = Life(people.bundle())
        life.live(people.history(habits))
        items.append(life.item)
    assert items[0] == items[1]
    assert item_size(items[0]) > 500


@pytest.mark.parametrize("habits", people.HABITS, ids=lambda habits: habits.name)
def test_what_happens_to_somebody_happens_in_order_and_once(habits: people.Habits) -> None:
    events = list(people.history(habits))
    days = [event.received_at.date() for event in events]
    assert days == sorted(days)
    assert len({event.id for event in events}) == len(events)


def test_the_item_of_a_long_history_is_no_larger_than_that_of_a_shorter_one() -> None:
    sizes = []
    for hours in (150, 1_500):
        life = Life(people.bundle())
        start = people.START
        life.live(people.viewed(start + hour * timedelta(hours=1), str(hour)) for hour in range(hours))
        life.shelf.read_units = life.shelf.write_units = 0
        life.live([people.viewed(start + hours * timedelta(hours=1), "next")])
        sizes.append((item_size(life.item), life.shelf.read_units, life.shelf.write_units))
    (short, *units), (long, *more_units) = sizes
    assert long <= short * 1.05
    assert units == more_units


def test_sweep_asks_no_more_because_more_customers_wait() -> None:
    asked = []
    shelf = Shelf()
    for size in (1, 3_000):
        growth._fill(shelf, shop.bundle(), size)
        shelf.queries = 0
        assert growth._behind(shelf, 1) == []
        asked.append(shelf.queries)
    assert len(shelf.items) == 3_000
    assert asked[0] == asked[1] > 0
