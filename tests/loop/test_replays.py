"""The same bytes again, clocks that are wrong, and what comes too late: one fact stays one fact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kairos.local import demo_shop as shop
from tests.loop.shop import (
    CALENDLY,
    HOUR,
    MINUTE,
    PERSON,
    START,
    cart,
    honest,
    is_clean,
    messages,
    open_shop,
    profiles,
    send,
)


def test_the_same_bytes_again_are_one_fact_for_as_long_as_the_sender_repeats(template: dict[str, Any]) -> None:
    """At once (SQS knows it), after six minutes (SQS has forgotten), after hours (Calendly's stamp is then dead)."""
    with open_shop(template) as cloud:
        send(cloud, shop.customer_saved(cloud.now, PERSON, new=True))
        calls = honest(cloud)
        for wait in (timedelta(), timedelta(), 6 * MINUTE, 3 * HOUR):
            cloud.advance(by=wait)
            for path, call in calls.items():
                late = path == CALENDLY and wait > timedelta()
                assert send(cloud, call).status == (401 if late else 202), path
        profile = profiles(cloud)[PERSON.address]
        assert len(profile.enrollments) == 3  # one cart and two bookings
        assert len(profile.entries) == 2
        cloud.advance(by=HOUR)
        assert [text for _, _, text in messages(cloud)] == [
            "Moran, your cart is waiting",
            "Your cart is kept until tonight.",
        ]
        assert is_clean(cloud)


def test_a_day_later_the_same_bytes_start_nothing(template: dict[str, Any]) -> None:
    """Beyond what any sender repeats: a replay by somebody who recorded it. Freshness and the subject stop it."""
    with open_shop(template, rates={"SweepRule": HOUR}) as cloud:
        send(cloud, shop.customer_saved(cloud.now, PERSON, new=True))
        calls = honest(cloud)
        for call in calls.values():
            assert send(cloud, call).status == 202
        cloud.advance(by=25 * HOUR)
        before = messages(cloud)
        assert len(before) == 2
        for path, call in calls.items():
            assert send(cloud, call).status == (401 if path == CALENDLY else 202)
        cloud.advance(by=25 * HOUR)
        assert messages(cloud) == before
        assert is_clean(cloud)


def test_a_clock_that_runs_ahead_cannot_plan_from_the_future(template: dict[str, Any]) -> None:
    """`occurred_at` later than five minutes from now is now: the coupon comes half an hour after the webhook did."""
    with open_shop(template) as cloud:
        send(cloud, shop.customer_saved(cloud.now, PERSON, new=True))
        ahead = shop.checkout_started(START + 7 * 24 * HOUR, cart("ahead"))
        assert send(cloud, ahead).status == 202
        cloud.advance(by=31 * MINUTE)
        assert [email.at for email in cloud.emails] == [START + 30 * MINUTE]


def test_a_clock_that_lags_starts_nothing_that_is_over(template: dict[str, Any]) -> None:
    """An event older than its journey's `fresh_for` changes what is known and starts nothing."""
    with open_shop(template) as cloud:
        send(cloud, shop.customer_saved(cloud.now, PERSON, new=True))
        assert send(cloud, shop.checkout_started(START - 2 * HOUR, cart("late"))).status == 202
        cloud.advance(by=2 * HOUR)
        assert messages(cloud) == []
        assert is_clean(cloud)
