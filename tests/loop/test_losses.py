"""Schedules gone, queues emptied, stream records that nobody saw, half-dead items: the item itself heals it.

What is outstanding stays in the item (DESIGN, rule 4): `sweep` runs every five minutes here, as deployed, and finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kairos.local import demo_shop as shop
from kairos.local.cloud import LocalCloud
from tests.loop.shop import (
    HOUR,
    MINUTE,
    OTHER,
    PERSON,
    SHOPIFY,
    TRACK,
    cart,
    honest,
    is_clean,
    messages,
    open_shop,
    profiles,
    send,
)

COUPON = ("email", PERSON.address, "Moran, your cart is waiting")
HEALED_WITHIN = 15 * MINUTE
CHECKED_WITHIN = 35 * MINUTE
"""A request to deliver is looked after from 15 minutes on, by the sweep after that, and a queue may hold it once."""


def left_cart(cloud: LocalCloud) -> None:
    """Let a customer leave a cart behind, and wait until a minute before its mail is due."""
    send(cloud, shop.customer_saved(cloud.now, PERSON, new=True))
    send(cloud, shop.checkout_started(cloud.now, cart("left")))
    cloud.advance(by=29 * MINUTE)
    assert COUPON not in messages(cloud)


def test_without_any_schedule_the_sweep_rings(template: dict[str, Any]) -> None:
    with open_shop(template) as cloud:
        left_cart(cloud)
        armed = [group for group in cloud.parts.scheduler.groups.values() if group]
        assert armed
        for group in armed:
            group.clear()
        cloud.advance(by=MINUTE + HEALED_WITHIN)
        assert messages(cloud) == [COUPON]
        assert is_clean(cloud)


@pytest.mark.parametrize("queue", ["inbox", "outbox-marketing"])
def test_a_queue_that_is_purged_at_the_worst_moment_loses_nothing(template: dict[str, Any], queue: str) -> None:
    """The consumer is switched off, so that what is due waits in the queue; then the queue is emptied."""
    with open_shop(template) as cloud:
        left_cart(cloud)
        source = next(one for one in cloud.parts.queue_sources if one.queue is cloud.queues[queue])
        source.enabled = False
        cloud.advance(by=90 * timedelta(seconds=1))
        assert len(cloud.queues[queue]) > 0
        cloud.queues[queue].purge()
        source.enabled = True
        cloud.advance(by=HEALED_WITHIN if queue == "inbox" else CHECKED_WITHIN)
        assert messages(cloud)[0] == COUPON
        assert sum(message == COUPON for message in messages(cloud)) == 1
        assert is_clean(cloud)


def test_stream_records_that_nobody_sees_cost_only_time(template: dict[str, Any]) -> None:
    """Every effect of a customer's first hour is lost: neither the alarm nor the request to deliver ever left."""
    with open_shop(template) as cloud:
        [stream] = [one for one in cloud.parts.stream_sources if one.function.short == "dispatch"]
        stream.enabled = False
        left_cart(cloud)
        cloud.advance(by=10 * MINUTE)
        assert messages(cloud) == []
        stream._position = len(stream.shard.items)
        stream.enabled = True
        cloud.advance(by=CHECKED_WITHIN)
        assert messages(cloud)[0] == COUPON
        assert sum(message == COUPON for message in messages(cloud)) == 1
        assert is_clean(cloud)


def test_everything_at_once_is_lost_and_still_one_message_comes(template: dict[str, Any]) -> None:
    with open_shop(template) as cloud:
        left_cart(cloud)
        for group in cloud.parts.scheduler.groups.values():
            group.clear()
        cloud.advance(by=2 * MINUTE)
        for queue in cloud.queues.values():
            queue.purge()
        cloud.cool()
        cloud.advance(by=CHECKED_WITHIN)
        assert messages(cloud)[0] == COUPON
        assert sum(message == COUPON for message in messages(cloud)) == 1


# ---- messages that the provider may have ------------------------------------------------------------------------


def _after_the_claim(cloud: LocalCloud) -> int:
    """Return the place of the ledger's claim among a warm delivery's calls, learnt from one that went well."""
    send(cloud, shop.customer_saved(cloud.now, OTHER, new=True))
    send(cloud, shop.checkout_started(cloud.now, cart("probe", OTHER)))
    cloud.parts.wire.calls.clear()
    cloud.advance(by=31 * MINUTE)
    calls = [call for call in cloud.parts.wire.calls if call.function == "deliver"]
    cloud.cool("deliver")
    return next(call.nth for call in calls if call.operation == "PutItem")


def test_advertising_in_doubt_is_not_repeated_and_closed_as_unknown_after_three_days(
    template: dict[str, Any],
) -> None:
    with open_shop(template, rates={"SweepRule": HOUR}) as cloud:
        nth = _after_the_claim(cloud)
        left_cart(cloud)
        cloud.kill("deliver", nth, "after")
        cloud.advance(by=2 * HOUR)
        assert not cloud.parts.wire.trouble.crashes
        assert COUPON not in messages(cloud)
        assert [m.step for m in profiles(cloud)[PERSON.address].messages.values()] == ["cart-coupon-1"]
        cloud.advance(by=75 * HOUR)
        profile = profiles(cloud)[PERSON.address]
        assert not profile.messages
        closed = [reason for reason in profile.log if reason.kind == "not_sent" and reason.step == "cart-coupon-1"]
        assert [reason.reason for reason in closed] == ["unknown"]
        assert COUPON not in messages(cloud)
        assert is_clean(cloud)


# ---- poison ------------------------------------------------------------------------------------------------------


def _broken_state(cloud: LocalCloud, address: str) -> None:
    """Break a customer's item by hand, in the console: its state is no longer anything we wrote."""
    client, table = cloud.session.client("dynamodb"), cloud.outputs["CustomersTable"]
    client.update_item(
        TableName=table,
        Key={"profile": {"S": profiles(cloud)[address].id}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"B": b"not ours"}},
    )


def _unreadable_message(cloud: LocalCloud, address: str) -> None:
    """Put a message into a customer's group that is none of ours."""
    group = profiles(cloud)[address].id
    cloud.session.client("sqs").send_message(
        QueueUrl=cloud.outputs["InboxUrl"], MessageBody="{", MessageGroupId=group, MessageDeduplicationId="poison"
    )


def _wrong_event(cloud: LocalCloud, address: str) -> None:
    """Put an event into a customer's group that no source would ever write."""
    group = profiles(cloud)[address].id
    body = f'{{"profile": "{group}", "events": [{{"id": "x", "event": "y", "profile": 7}}]}}'
    cloud.session.client("sqs").send_message(
        QueueUrl=cloud.outputs["InboxUrl"], MessageBody=body, MessageGroupId=group, MessageDeduplicationId="poison"
    )


POISONS: dict[str, tuple[Callable[[LocalCloud, str], None], bool]] = {
    "a broken item": (_broken_state, False),
    "an unreadable message": (_unreadable_message, True),
    "an event of no shape": (_wrong_event, True),
}


@pytest.mark.parametrize(("poison", "parked"), POISONS.values(), ids=POISONS)
def test_one_poisoned_customer_in_a_batch_of_ten_harms_nobody_else(
    template: dict[str, Any], poison: Callable[[LocalCloud, str], None], parked: bool
) -> None:
    """All reach `decide` in one invocation: the others are served at once, the poisoned one keeps its own."""
    with open_shop(template) as cloud:
        send(cloud, shop.customer_saved(cloud.now, PERSON, new=True))
        [inbox] = [one for one in cloud.parts.queue_sources if one.queue is cloud.queues["inbox"]]
        inbox.enabled = False
        poison(cloud, PERSON.address)
        send(cloud, honest(cloud)[SHOPIFY])
        crowd = {"batch": [{"type": "page", "anonymousId": f"crowd-{n}", "messageId": f"m{n}"} for n in range(8)]}
        key = dict(honest(cloud)[TRACK].headers)
        assert cloud.http("POST", "/v1/batch", key, crowd).json()["accepted"] == 8
        before = cloud.invocations["decide"], len(cloud.tables["customers"])
        waiting = len(cloud.queues["inbox"])
        assert waiting == (10 if parked else 9)
        inbox.enabled = True
        cloud.settle()
        assert cloud.invocations["decide"] == before[0] + 1
        assert len(cloud.tables["customers"]) == before[1] + 8
        assert not cloud.parts.lambdas.errors
        if parked:
            assert len(cloud.queues["inbox-parked"]) == 1
            cloud.advance(by=31 * MINUTE)
            assert messages(cloud) == [COUPON]  # the sound event behind the poison was decided
        else:
            assert [message.group for message in cloud.queues["inbox"]]  # it comes again until somebody mends the item
