"""A message that brings a coupon: one code for one person, however often it is tried, or a reason why none goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.preferences.coupon import CouponLinks
from kairos.domain.errors import Refused, Unavailable
from kairos.domain.offer import COUPON
from kairos.domain.profile import Entry
from tests.app.delivery import BRAND, NOON, World
from tests.app.preferences.test_unsubscribe import OLD

HELLO = {"offer": "spring", "email": {"subject": "{{ coupon.code }}", "text": "{{ coupon.ends_at | local: 'day' }}"}}


def _world(codes: tuple[str, ...] = ("A", "B"), **offer: Any) -> World:
    world = World()
    publish(world, offer)
    world.coupons.add("spring", codes)
    return world


def publish(world: World, offer: Mapping[str, Any]) -> None:
    world.publish({**BRAND, "offers": {"spring": {"valid_for": "14d", **offer}}}, {"hello": HELLO})


def _reason(world: World) -> str:
    [event] = [event for event in world.reports() if event.name == "message_not_sent"]
    return str(event.properties["reason"])


def test_the_code_is_in_the_message_and_the_customers_profile_hears_of_it() -> None:
    world = _world()
    world.run()
    [delivery] = world.channel.taken
    assert delivery.rendered.parts == {"subject": "A", "text": "12월 6일(일)"}
    given, sent = world.reports()
    assert (given.name, given.entry and (given.entry.kind, given.entry.id)) == ("entry_updated", (COUPON, "A"))
    assert given.entry is not None
    assert given.entry.ends_at == NOON + timedelta(days=14)
    assert (sent.properties["offer"], sent.properties["coupon"]) == ("spring", "A")


def test_the_coupon_has_a_page_of_its_own_until_it_ends() -> None:
    world = _world()
    template = {"offer": "spring", "email": {"subject": "Hi", "text": "{{ coupon.url }}"}}
    world.publish({**BRAND, "offers": {"spring": {"valid_for": "14d"}}}, {"hello": template})
    world.run()
    url = world.channel.taken[0].rendered.parts["text"]
    link = CouponLinks(lambda: OLD).read(url.removeprefix("https://api.example.com/m/"))
    assert link is not None
    assert (link.code, link.ends_at - NOON) == ("A", timedelta(days=14))
    assert (link.profile, link.message, link.sent_at) == ("p1", "m1", NOON)


def test_a_message_told_again_tells_of_its_coupon_again_and_takes_no_other() -> None:
    world = _world()
    world.run()
    world.clock.advance(timedelta(hours=1))
    world.run()
    assert len(world.channel.taken) == 1
    first, _, again, _ = world.reports()
    assert first.id == again.id
    assert world.coupons.standing("spring").given == 1


def test_a_message_that_is_tried_again_brings_the_same_code() -> None:
    world = _world()
    world.channel.refusing(Refused("email", "not now"))
    world.run()
    world.run()
    assert [delivery.rendered.parts["subject"] for delivery in world.channel.taken] == ["A"]
    assert world.coupons.standing("spring").given == 1


def test_a_stop_while_the_code_is_set_aside_is_heeded() -> None:
    """Setting aside is followed by another look at every gate."""
    world = _world()
    give = world.coupons.give

    def stop_and_give(*args: Any) -> Any:
        world.suppressions.suppress("email", "ann@example.com", "all", "said so", NOON)
        return give(*args)

    world.coupons.give = stop_and_give  # type: ignore[method-assign, assignment]
    world.run()
    assert world.channel.taken == []
    assert _reason(world) == "suppressed"


def test_a_dry_pool_is_a_reason_or_gives_its_fallback() -> None:
    world = _world(())
    world.run()
    assert (world.channel.taken, _reason(world)) == ([], "no code of spring is left")
    world = _world((), fallback="WELCOME")
    world.run()
    assert world.channel.taken[0].rendered.parts["subject"] == "WELCOME"


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_coupon_that_was_redeemed_is_not_sent_again(cancelled: bool) -> None:
    world = _world()
    world.coupons.give("spring", "spring", "p1", NOON + timedelta(days=3), "", NOON)
    entry = Entry(COUPON, "A", NOON, NOON + timedelta(days=3), {"offer": "spring"}, NOON, cancelled)
    world.customer.entries[entry.key] = entry
    world.save()
    world.run()
    assert len(world.channel.taken) == (0 if cancelled else 1)
    if cancelled:
        assert _reason(world) == "the coupon of spring was redeemed"


def test_a_coupon_that_has_ended_and_an_offer_that_is_over_are_reasons() -> None:
    world = _world()
    world.coupons.give("spring", "spring", "p1", NOON, "", NOON - timedelta(days=3))
    world.run()
    assert _reason(world) == "the coupon of spring has expired"
    world = _world(until="2026-11-21")
    world.run()
    assert _reason(world) == "the offer spring is over"
    assert world.coupons.standing("spring").given == 0


def test_who_became_another_keeps_the_code_they_had() -> None:
    world = _world()
    world.coupons.give("spring", "spring", "former", NOON + timedelta(days=3), "", NOON)
    world.customer.former = ("p1", "former")
    world.save()
    world.run()
    assert world.channel.taken[0].rendered.parts["subject"] == "A"
    assert world.coupons.standing("spring").given == 1


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_that_was_lost_while_the_code_was_set_aside_costs_nobody_a_second_code(done: bool) -> None:
    world = _world()
    give = world.coupons.give

    def lose(*args: Any) -> Any:
        if done:
            give(*args)
        raise Unavailable("messages", "a lost answer")

    world.coupons.give = lose  # type: ignore[method-assign, assignment]
    [failed] = world.run()
    assert (failed.outcome.kind, world.ledger.rows) == ("failed", {})  # the claim is given back, nothing was sent
    world.coupons.give = give  # type: ignore[method-assign]
    world.run()
    assert [delivery.rendered.parts["subject"] for delivery in world.channel.taken] == ["A"]
    assert world.coupons.standing("spring").given == 1
