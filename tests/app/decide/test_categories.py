"""Each kind of thing has a rhythm of its own: coffee runs out, a machine does not, and socks do not brew."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

from kairos.app.decide.categories import rhythm_in
from kairos.app.decide.predictions import MOVES_MAX
from kairos.aws.codec import read_state, write_state
from kairos.domain.budget import BUDGETS
from kairos.domain.event import Event
from kairos.domain.profile import SCHEMA
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, make_event, release_of

D = timedelta(days=1)
COFFEE = {"predicted": "next_order", "category": "coffee"}
KEEP = {"timing": {"keep": ["categories"]}}


def refill(anchor: dict[str, Any] = COFFEE, *steps: str, **more: Any) -> dict[str, Any]:
    timeline = [{"at": at, "send": "hello"} for at in steps or ("-3d 10:00",)]
    return {"id": "refill", "class": "transactional", "anchor": anchor, "timeline": timeline, **more}


def order(at: datetime, *categories: str, **more: Any) -> Event:
    items = [{"category": category, "quantity": 1} for category in categories]
    more.setdefault("id", f"order@{at.isoformat()}/{categories}")
    return make_event("order_completed", at, properties={"items": items}, **more)


def expected_day(world: World) -> date:
    (known,) = world.known.predicted.values()
    return date.fromordinal(known.day)


def brewer(days: int, *, noise: bool) -> list[Event]:
    """Return the orders of somebody who buys coffee every two weeks, a machine once, and `noise` all the while."""
    draw = random.Random(7)
    orders = [order(NOON + n * D, "Coffee") for n in range(0, days, 14)]
    orders.append(order(NOON + 15 * D, "machine"))
    if noise:
        orders += [
            order(NOON + n * D, draw.choice(("socks", "tea", "mugs"))) for n in range(days) if draw.random() < 0.4
        ]
    return sorted(orders, key=lambda each: each.occurred_at)


def test_who_buys_coffee_every_two_weeks_is_reminded_before_it_runs_out_whatever_else_they_order() -> None:
    world = World(refill())
    for event in brewer(200, noise=True):
        world.hear(event)
    world.live_until(NOON + 200 * D)
    reminders = [at for at, _, _ in world.messages if at > NOON + 70 * D]
    runs_out = [NOON + n * D for n in range(70, 200, 14)]
    before = [[at for at in reminders if end - 7 * D < at < end] for end in runs_out[1:]]
    assert [len(each) for each in before] == [1] * len(before), "one reminder in the week before each coffee"
    assert len(reminders) <= len(before) + 1


def test_orders_of_other_things_change_nothing_of_what_is_expected() -> None:
    said = []
    for noise in (False, True):
        world = World(refill())
        for event in brewer(150, noise=noise):
            world.hear(event)
        world.live_until(NOON + 150 * D)
        said.append((world.messages, expected_day(world)))
    assert said[0] == said[1]


def test_the_next_coffee_ends_the_passage_and_another_kind_does_not() -> None:
    world = World(refill(COFFEE, "-3d 10:00", "+3d 10:00"))
    for n in range(8):
        world.hear(order(NOON + 14 * n * D, "coffee"))
    last = NOON + 98 * D
    world.live_until(last + 13 * D)
    world.reasons.clear()
    world.hear(order(last + 13 * D, "socks"))
    assert world.said("exited") == []
    world.hear(order(last + 14 * D, "socks", "COFFEE"))
    assert world.said("exited") == ["a new order came"]


def test_two_kinds_in_two_orders_of_one_day_are_both_known() -> None:
    world = World(brand=KEEP)
    world.hear(order(NOON, "coffee"), order(NOON + timedelta(hours=1), "tea"))
    assert {name: rhythm_in(world.known, name).days for name in ("coffee", "tea")} == dict.fromkeys(
        ("coffee", "tea"), (NOON.toordinal(),)
    )


def test_the_order_of_arrival_does_not_matter() -> None:
    events = [
        order(NOON + n * D, kind, received_at=NOON + 60 * D) for n, kind in ((0, "a"), (9, "b"), (20, "a"), (33, "b"))
    ]
    found = []
    for arrived in permutations(events):
        world = World(brand=KEEP)
        for event in arrived:
            world.hear(event)
        found.append(world.known.categories)
    assert all(each == found[0] for each in found)


def test_a_late_order_moves_the_day_only_so_often() -> None:
    world = World(refill(COFFEE, "0d 10:00"))
    at = NOON + 300 * D
    world.hear(order(at, "coffee"))
    days = {expected_day(world)}
    for n in range(1, 30):
        world.hear(order(at - 5 * n * D, "coffee", received_at=at + timedelta(hours=n)))
        days.add(expected_day(world))
    assert 1 < len(days) <= 1 + MOVES_MAX


def test_items_remember_what_a_live_journey_asks_for_and_forget_what_none_asks_for_any_more() -> None:
    world = World(refill())
    world.hear(order(NOON, "coffee", "tea"))
    assert list(world.known.categories) == ["coffee"]
    assert world.known.rhythm == [], "the rhythm of all orders is another question"
    world.release = release_of(refill({"predicted": "next_order", "category": "tea"}))
    world.hear(order(NOON + D, "tea"))
    assert list(world.known.categories) == ["tea"]


def test_beyond_the_budget_those_that_nobody_asks_for_go_first_and_then_the_longest_not_bought() -> None:
    most = BUDGETS["categories"].most
    world = World(refill(), brand=KEEP)
    world.hear(order(NOON, "coffee"))
    for n in range(most + 3):
        world.hear(order(NOON + (n + 1) * D, f"kind {n}"))
    assert set(world.known.categories) == {"coffee", *(f"kind {n}" for n in range(4, most + 3))}


def test_a_category_of_many_orders_is_as_large_as_was_promised() -> None:
    world = World(brand=KEEP)
    for n in range(60):
        world.hear(order(NOON + 13 * n * D, "coffee"))
    kept = write_state(world.known)
    assert len(str(world.known.categories["coffee"]).replace(" ", "")) <= BUDGETS["categories"].bytes_each
    assert read_state(kept, SCHEMA, world.known.version).categories == world.known.categories


def test_a_brand_may_name_another_field_of_its_items() -> None:
    world = World(refill({"predicted": "next_order", "category": "A-7"}), brand={"timing": {"category": "sku"}})
    event = make_event("order_completed", NOON, properties={"items": [{"sku": "a-7", "category": "coffee"}]})
    world.hear(event)
    assert list(world.known.categories) == ["a-7"]


def test_when_two_customers_turn_out_to_be_one_their_days_of_each_kind_join() -> None:
    company = Company(brand=KEEP)
    company.hear("a", order(NOON, "coffee"), at=NOON)
    company.hear("b", order(NOON + D, "coffee", "tea"), at=NOON + D)
    company.merge("b", "a")
    day = NOON.toordinal()
    assert rhythm_in(company["a"], "coffee").days == (day, day + 1)
    assert rhythm_in(company["a"], "tea").days == (day + 1,)
