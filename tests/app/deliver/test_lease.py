"""Leases of sending: without a token a request waits, and receipts go before advertising."""

from __future__ import annotations

import pytest

from kairos.app.ports import OutboxMessage
from tests.app.delivery import NOON, World, profile


@pytest.mark.parametrize(("marketing", "low", "high"), [(True, 20, 300), (False, 1, 15)])
def test_without_a_token_a_request_goes_back_unclaimed_with_a_delay(marketing: bool, low: int, high: int) -> None:
    world = World(marketing=marketing, brand={"rates": {"email": {"per_second": 1, "per_day": 0}}})
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("waiting", "no token")
    [(delay, message)] = world.queued()
    assert low <= delay <= high
    assert message == world.request
    assert (world.channel.taken, world.reports(), world.ledger.rows) == ([], [], {})


@pytest.mark.parametrize("marketing", [True, False])
def test_a_batch_without_tokens_does_not_come_back_in_one_second(marketing: bool) -> None:
    world = World(marketing=marketing, brand={"rates": {"email": {"per_second": 1, "per_day": 0}}})
    world.run(*(OutboxMessage(f"p{n}", f"m{n}", "email", marketing, 1) for n in range(9)))
    delays = [delay for delay, _ in world.queued()]
    assert len(delays) == 9
    assert len(set(delays)) > 4, "they come back together"


def test_the_brands_rate_bounds_a_second_and_transactional_requests_go_first() -> None:
    world = World(brand={"rates": {"email": {"per_second": 1}}})
    receipt = profile("p3", marketing=False, message="m3")
    world.customers.write(receipt, (), None, None)
    world.contacts.put("p3", "profile", {"email": "bo@example.com", "first_name": "Bo"}, NOON)
    done = world.run(world.request, OutboxMessage("p3", "m3", "email", False, 1))
    assert [delivery.message for delivery in world.channel.taken] == ["m3"]
    assert {one.request.message.message: one.outcome.kind for one in done} == {"m3": "sent", "m1": "waiting"}
