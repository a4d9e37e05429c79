"""A coupon in a customer's life: given, redeemed by an order, or left unused until somebody reminds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.domain.event import Event
from kairos.domain.offer import COUPON, Coupon, given_event
from kairos.domain.profile import Entry
from tests.app.decide.world import NOON, World, make_event

DAY = timedelta(days=1)
REMIND = {
    "id": "remind",
    "class": "marketing",
    "anchor": {"entry": "coupon", "at": "starts_at"},
    "timeline": [{"at": "+3d", "send": "hello", "if": {"entry": "coupon", "field": "offer", "eq": "spring"}}],
}
THANK = {
    "id": "thank",
    "class": "marketing",
    "trigger": {"event": "coupon_redeemed", "where": {"field": "offer", "eq": "spring"}},
    "steps": [{"send": "second"}],
}


def given(code: str = "SPRING-7", offer: str = "spring", at: datetime = NOON) -> Event:
    return given_event(Coupon(offer, code, at, at + 14 * DAY), "u1", at, "c")


def bought(at: datetime, name: str = "order_completed", **properties: Any) -> Event:
    return make_event(name, at, properties=properties)


def lived(*events: Event) -> list[tuple[datetime, str]]:
    world = World(REMIND, THANK)
    for event in events:
        world.hear(event)
    world.live_until(NOON + 10 * DAY)
    return [(at, template) for at, template, _ in world.messages]


def test_a_coupon_that_nobody_used_for_three_days_is_reminded_of() -> None:
    assert lived(given()) == [(NOON + 3 * DAY, "hello")]
    assert lived(given(offer="winter")) == []


@pytest.mark.parametrize(
    "properties",
    [
        {"discount_codes": ["OTHER", "spring-7"]},
        {"discount_codes": [" SPRING-7 "]},
        {"coupon": "SPRING-7"},
        {"coupon_codes": "SPRING-7"},
    ],
)
@pytest.mark.parametrize("name", ["order_completed", "order_created"])
def test_an_order_that_names_the_code_redeems_it(properties: Mapping[str, Any], name: str) -> None:
    assert lived(given(), bought(NOON + DAY, name, **properties)) == [(NOON + DAY, "second")]


def test_the_shop_may_say_so_itself() -> None:
    assert lived(given(), bought(NOON + DAY, "coupon_redeemed", code="SPRING-7", offer="spring")) == [
        (NOON + DAY, "second")
    ]


@pytest.mark.parametrize(
    "event",
    [
        bought(NOON + DAY, discount_codes=["SPRING-8"]),
        bought(NOON + DAY, discount_codes=[5, None, {"code": "SPRING-7"}]),
        bought(NOON + DAY, discount_codes="x" * 10_000),
        bought(NOON + DAY, "checkout_updated", discount_codes=["SPRING-7"]),  # not bought yet
        bought(NOON + DAY),
    ],
)
def test_what_names_no_code_of_theirs_redeems_nothing(event: Event) -> None:
    assert lived(given(), event) == [(NOON + 3 * DAY, "hello")]


def test_an_order_told_twice_or_in_two_events_redeems_once() -> None:
    order = bought(NOON + DAY, discount_codes=["SPRING-7"])
    paid = bought(NOON + DAY, "order_created", discount_codes=["SPRING-7"])
    assert lived(given(), order, order, paid) == [(NOON + DAY, "second")]


def test_a_coupon_told_again_after_it_was_redeemed_stays_redeemed() -> None:
    world = World(REMIND)
    world.hear(given())
    world.hear(bought(NOON + DAY, discount_codes=["SPRING-7"]))
    again = given()
    world.hear(replace(again, id="told again", received_at=NOON + 2 * DAY))
    assert world.known.entries[COUPON, "SPRING-7"].cancelled


# ---- whichever is heard first --------------------------------------------------------------------------------------

OFFERS = {"offers": {"spring": {"valid_for": "14d"}}}


def told(*heard: tuple[Event, datetime], brand: dict[str, Any] = OFFERS) -> tuple[list[tuple[datetime, str]], World]:
    world = World(REMIND, THANK, brand=brand)
    for event, at in heard:
        world.hear(event, at=at)
    world.live_until(NOON + 10 * DAY)
    return [(at, template) for at, template, _ in world.messages], world


ORDER = bought(NOON + DAY, discount_codes=["spring-7"])
PAID = bought(NOON + DAY + timedelta(minutes=3), "order_created", discount_codes=["spring-7"])
LATE = NOON + DAY + timedelta(hours=2)


@pytest.mark.parametrize("heard", list(permutations([given(), ORDER, PAID])))
def test_in_whatever_order_they_are_heard_it_is_redeemed_once_and_nobody_is_reminded(heard: tuple[Event, ...]) -> None:
    messages, world = told(*((event, LATE + n * timedelta(minutes=1)) for n, event in enumerate(heard)))
    assert [template for _, template in messages] == ["second"]
    assert {kind for kind, _ in world.known.entries} == {"coupon"}, "nothing is left to remember"
    assert world.known.entries[COUPON, "SPRING-7"].cancelled


def test_what_the_shop_told_itself_before_the_coupon_was_known_is_told_once() -> None:
    said = bought(NOON + DAY, "coupon_redeemed", code="SPRING-7", offer="spring")
    for heard in permutations([said, ORDER, given()]):
        messages, _ = told(*((event, LATE) for event in heard))
        assert [template for _, template in messages].count("hello") == 0
        assert [template for _, template in messages].count("second") == 1
    messages, _ = told((said, LATE), (given(), LATE))
    assert [template for _, template in messages] == ["second"]


def test_an_order_from_before_the_coupon_was_given_was_another_use_of_a_code_that_many_have() -> None:
    earlier = bought(NOON - DAY, discount_codes=["SPRING-7"])
    for heard in ((earlier, given()), (given(), earlier)):
        messages, world = told(*((event, NOON) for event in heard))
        assert [template for _, template in messages] == ["hello"]
        assert not world.known.entries[COUPON, "SPRING-7"].cancelled
    behind = bought(NOON - timedelta(minutes=59), discount_codes=["SPRING-7"])
    assert [template for _, template in told((behind, NOON), (given(), NOON))[0]] == ["second"], "clocks differ"


def test_codes_that_nobody_is_given_are_remembered_for_two_weeks_and_no_more_than_ten() -> None:
    many = [bought(NOON + n * timedelta(minutes=1), discount_codes=[f"CODE-{n}", "x" * 65]) for n in range(15)]
    world = World(REMIND, brand=OFFERS)
    for event in many:
        world.hear(event)
    assert sorted(id for _, id in world.known.entries) == sorted(f"code-{n}" for n in range(5, 15))
    world.hear(make_event("page_viewed", NOON + 15 * DAY), at=NOON + 15 * DAY)
    assert world.known.entries == {}


def test_a_brand_without_offers_remembers_no_codes() -> None:
    _, world = told((ORDER, LATE), brand={})
    assert world.known.entries == {}


def test_a_code_that_an_anonymous_basket_named_counts_once_both_are_one_customer() -> None:
    world = World(REMIND, THANK, brand=OFFERS)
    world.hear(given())
    named = {("coupon_named", "spring-7"): Entry("coupon_named", "spring-7", None, None, {}, NOON + DAY, True)}
    world.known.entries.update(named)  # what a merge brings along
    world.hear(make_event("page_viewed", LATE), at=LATE)
    assert [template for _, template, _ in world.messages] == ["second"]
