"""After a complaint, a refund or a cancellation marketing rests."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, booking, make_event

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def rests(**more: Any) -> dict[str, Any]:
    return {"rest": [{"after": {"event": "order_refunded"}, "for": "7d", **more}]}


def news(**send: Any) -> dict[str, Any]:
    step = {"send": "hello", **send}
    return {"id": "j", "class": "marketing", "trigger": {"event": "go"}, "reenter": "always", "steps": [step]}


def refund(at: Any, **more: Any) -> Any:
    return make_event("order_refunded", at, **more)


@pytest.mark.parametrize(("after", "goes"), [(7 * D - M, False), (7 * D, True)])
def test_for_the_chosen_time_after_it_no_marketing_is_sent_and_then_it_is(after: timedelta, goes: bool) -> None:
    world = World(news(), brand=rests(do="not_sent"))
    world.hear(refund(NOON))
    world.hear(make_event("go", NOON + after))
    assert world.sent == ["hello"] * goes
    assert world.said("not_sent") == ["rest after order_refunded"] * (not goes)


def test_a_message_that_may_wait_goes_when_the_rest_is_over() -> None:
    world = World(news(expires="30d"), brand=rests())
    world.hear(refund(NOON))
    world.hear(make_event("go", NOON + D))
    assert world.said("held") == ["rest after order_refunded"]
    world.live_until(NOON + 9 * D)
    assert [at for at, _, _ in world.messages] == [NOON + 7 * D]


def test_a_message_that_would_expire_meanwhile_says_so_at_once() -> None:
    world = World(news(), brand=rests())
    world.hear(refund(NOON), make_event("go", NOON))
    assert world.said("not_sent") == ["rest after order_refunded until after it expires"]


def test_what_the_customer_asked_for_does_not_rest() -> None:
    world = World({**news(), "class": "transactional"}, brand=rests(do="not_sent"))
    world.hear(refund(NOON), make_event("go", NOON + M))
    assert world.sent == ["hello"]


def test_a_rest_may_be_for_some_channels_and_some_events() -> None:
    brand = {"rest": [{"after": {"event": "order_refunded", "where": {"field": "total", "gte": 100}}, "for": "7d"}]}
    brand["rest"][0] |= {"channels": ["email"], "do": "not_sent"}
    world = World(news(channel="email"), {**news(channel="sms"), "id": "k"}, brand=brand)
    world.hear(refund(NOON, properties={"total": 5}))
    world.hear(make_event("go", NOON + M, id="1"))
    world.hear(refund(NOON + H, properties={"total": 500}))
    world.hear(make_event("go", NOON + 2 * H, id="2"))
    assert sorted(channel for _, _, channel in world.messages) == ["email", "sms", "sms"]


def test_what_is_on_its_way_is_taken_back_and_what_is_held_rests_longer() -> None:
    world = World(news(expires="30d"), brand=rests(), reporting=False)
    world.hear(make_event("go", NOON))
    world.hear(refund(NOON + M))
    (held,) = world.known.messages.values()
    assert (held.state, held.until, held.reason) == ("held", NOON + M + 7 * D, "rest after order_refunded")
    world.hear(refund(NOON + D))
    assert world.only_message().until == NOON + 8 * D


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_of_several_counts_in_any_order_of_arrival(order: tuple[int, ...]) -> None:
    events = [refund(NOON - days * D, received_at=NOON) for days in (1, 3, 6)]
    world = World(news(expires="30d"), brand=rests(), now=NOON - 10 * D)
    world.hear(*(events[index] for index in order), at=NOON)
    world.hear(make_event("go", NOON + M))
    assert world.only_message().until == NOON + 6 * D


def test_an_event_that_is_older_than_the_rest_starts_none() -> None:
    world = World(news(), brand=rests(do="not_sent"), now=NOON - 10 * D)
    world.hear(refund(NOON - 8 * D, received_at=NOON), make_event("go", NOON), at=NOON)
    assert world.sent == ["hello"]


def test_a_rest_survives_becoming_one() -> None:
    company = Company(news(), brand=rests(do="not_sent"))
    company.introduce("a", "b")
    company.hear("a", refund(NOON))
    company.merge("a", "b")
    company.hear("b", make_event("go", NOON + H), at=NOON + H)
    assert company.sends == []
    assert company.said("b", "not_sent") == ["rest after order_refunded"]


def test_a_complaint_may_start_one_too() -> None:
    brand = {"rest": [{"after": {"event": "message_complained"}, "for": "30d", "channels": ["sms"], "do": "not_sent"}]}
    world = World(news(channel="sms"), brand=brand)
    world.hear(make_event("message_complained", NOON, message="some"))
    world.hear(make_event("go", NOON + M))
    assert world.said("not_sent") == ["rest after message_complained"]


def test_a_step_that_was_taken_back_and_may_be_out_is_not_planned_again_when_the_entry_moves() -> None:
    care: dict[str, Any] = {"id": "care", "class": "marketing", "anchor": {"entry": "booking"}}
    care["timeline"] = [{"at": "-2d", "send": "hello", "expires": "60d"}]
    world = World(care, brand=rests(), reporting=False)
    world.hear(booking(NOON, NOON + 20 * D))
    world.live_until(NOON + 18 * D)
    message = world.only_message()
    world.hear(refund(NOON + 18 * D + M, received_at=NOON + 18 * D + M))
    world.hear(booking(NOON + 18 * D + 2 * M, NOON + 40 * D))
    told = {"channel": "email", "marketing": True}
    world.hear(make_event("message_sent", NOON + 18 * D, message=message.id, properties=told))
    world.live_until(NOON + 50 * D)
    assert world.sent == ["hello"]
