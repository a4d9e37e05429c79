"""A coupon in a customer's life: given, redeemed by an order, or left unused until somebody reminds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kairos.domain.event import Event
from kairos.domain.offer import COUPON, Coupon, given_event
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
