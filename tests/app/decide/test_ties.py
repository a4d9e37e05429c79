"""Boundaries of one instant, and of one subject among several: where `<` and `<=` are two different promises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.decide.alarm import time_to_live
from kairos.domain.profile import Profile
from tests.app.decide.world import NOON, World, booking, cancelled, consent, make_event

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CART: dict[str, Any] = {
    "id": "cart",
    "class": "marketing",
    "trigger": {"event": "cart_updated"},
    "subject": "cart_id",
    "goal": {"event": "order_completed", "within": "7d"},
    "steps": [
        {"send": "hello"},
        {"wait_for": {"event": "message_clicked", "timeout": "1d"}, "then": [{"send": "second"}]},
    ],
}
CARE: dict[str, Any] = {
    "id": "care",
    "class": "marketing",
    "anchor": {"entry": "booking", "at": "starts_at"},
    "timeline": [{"at": "-2h", "send": "hello"}],
}


@pytest.mark.parametrize("given_first", [True, False])
def test_given_and_withdrawn_in_one_instant_is_withdrawn_in_both_orders(given_first: bool) -> None:
    world = World(consents=False)
    for given in (given_first, not given_first):
        world.hear(consent(NOON, given=given))
    assert not world.known.consents["email", "marketing"].given


@pytest.mark.parametrize("ordered_first", [True, False])
def test_an_order_of_the_carts_own_instant_ends_it_in_both_orders(ordered_first: bool) -> None:
    world = World({**CART, "steps": [{"wait": "30m"}, {"send": "hello"}]})
    cart = make_event("cart_updated", NOON, properties={"cart_id": "c1"})
    order = make_event("order_completed", NOON, properties={"cart_id": "c1"})
    for event in (order, cart) if ordered_first else (cart, order):
        world.hear(event)
    world.live_until(NOON + D)
    assert world.sent == []


def test_a_click_answers_the_passage_whose_message_it_was_and_no_other() -> None:
    world = World(CART)
    for cart in ("c1", "c2"):
        world.hear(make_event("cart_updated", NOON, id=cart, properties={"cart_id": cart}))
    first = next(e for e in world.known.enrollments.values() if e.subject == "c1")
    world.hear(make_event("message_clicked", NOON + M, message=first.asked[0]))
    assert [reason.subject for reason in world.reasons if reason.template == "second"] == ["c1"]


def test_a_step_before_its_anchor_that_is_found_at_the_anchor_is_too_late() -> None:
    world = World(CARE)
    world.hear(booking(NOON, NOON + 5 * H))
    world.wake(NOON + 5 * H)
    assert world.sent == []
    assert world.said("not_sent") == ["expired"]


def test_what_is_held_for_the_morning_goes_when_its_booking_moves_in_the_night() -> None:
    world = World(CARE, brand={"quiet_hours": {"email": "21:00-08:00"}})
    starts = NOON + 12 * H  # midnight: the reminder is due at ten in the evening
    world.hear(booking(NOON, starts + 9 * H + 30 * M))  # 09:30, so the reminder of 07:30 is held until 08:00
    world.live_until(starts + 7 * H + 40 * M)
    assert world.said("held") == ["quiet hours"]
    world.hear(booking(starts + 7 * H + 45 * M, starts + 2 * D))
    assert not [message for message in world.known.messages.values() if message.state == "held"]
    assert world.said("not_sent") == ["the entry moved"]
    world.live_until(starts + 9 * H)
    assert world.sent == []


def test_a_tombstone_outlives_its_entry_by_what_the_source_may_still_repeat() -> None:
    world = World(CARE)
    ends = NOON + 3 * H
    made = booking(NOON, NOON + 2 * H, ends_at=ends, id="b1")
    world.hear(cancelled(NOON + M))
    world.hear(made)
    world.hear(make_event("page_viewed", ends + D), at=ends + D)  # evicts what may go by then
    world.hear(booking(NOON, ends + 2 * D, id="b1"), at=ends + D + M)
    world.live_until(ends + 4 * D)
    assert world.sent == []
    assert world.known.entries["booking", "b1"].cancelled


def test_whoever_is_to_be_woken_stays_whatever_else_is_known_of_them() -> None:
    nobody = Profile("p", NOON)
    assert time_to_live(nobody, None, NOON) is not None
    assert time_to_live(nobody, NOON + H, NOON) is None
