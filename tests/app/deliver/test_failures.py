"""What fails beside the provider: nothing is lost, nothing goes twice, and no other message is spoilt."""

from __future__ import annotations

import pytest

from kairos.app.ports import OutboxMessage
from kairos.domain.errors import Unavailable
from tests.app.delivery import NOON, World, profile


def _fail_at(world: World, moment: tuple[str, str, str], error: BaseException) -> None:
    def fail(*call: str) -> None:
        if call == moment:
            world.on = lambda *call: None
            raise error

    world.on = fail


@pytest.mark.parametrize("marketing", [True, False])
@pytest.mark.parametrize(
    "moment",
    [
        ("releases", "pointer", "before"),
        ("tokens", "lease", "before"),
        ("ledger", "claim", "before"),
        ("customers", "read", "before"),
        ("contacts", "fetch", "before"),
        ("suppressions", "suppressed", "before"),
    ],
)
def test_a_gate_that_cannot_be_read_fails_the_request_and_loses_nothing(
    moment: tuple[str, str, str], marketing: bool
) -> None:
    world = World(marketing=marketing)
    _fail_at(world, moment, Unavailable("dynamodb"))
    [done] = world.run()
    assert (done.outcome.kind, world.channel.taken, world.ledger.rows) == ("failed", [], {})
    [done] = world.run()
    assert done.outcome.kind == "sent"


def test_journeys_that_cannot_be_told_hear_of_it_when_the_request_comes_again() -> None:
    world = World()
    _fail_at(world, ("inbox", "put", "before"), Unavailable("inbox"))
    [done] = world.run()
    assert done.outcome.kind == "failed"
    [done] = world.run()
    assert done.outcome.kind == "sent"
    assert world.told() == [("message_sent", None)]
    assert len(world.channel.taken) == 1


def test_a_ledger_that_cannot_record_does_not_keep_the_journeys_from_hearing() -> None:
    world = World()
    _fail_at(world, ("ledger", "record", "before"), Unavailable("messages"))
    [done] = world.run()
    assert done.outcome.kind == "sent"
    assert world.told() == [("message_sent", None)]
    assert world.run()[0].outcome.kind == "idle"
    assert len(world.channel.taken) == 1


def test_a_request_that_cannot_be_put_back_fails_and_so_comes_again() -> None:
    world = World(brand={"rates": {"email": {"per_second": 1, "per_day": 0}}})
    _fail_at(world, ("outbox", "put", "before"), Unavailable("outbox"))
    [done] = world.run()
    assert done.outcome.kind == "failed"


def test_one_bad_message_of_ten_spoils_no_other() -> None:
    world = World()
    requests = []
    for number in range(10):
        customer = profile(f"q{number}", message=f"n{number}")
        world.customers.write(customer, (), None, None)
        world.contacts.put(customer.id, "profile", {"email": f"q{number}@example.com", "first_name": "Q"}, NOON)
        requests.append(OutboxMessage(customer.id, f"n{number}", "email", True, 1))
    world.customers.profiles["q4"].consents = None  # type: ignore[assignment]
    done = world.run(*requests)
    kinds = {one.request.message.message: one.outcome.kind for one in done}
    assert kinds.pop("n4") == "failed"
    assert set(kinds.values()) == {"sent"}
    assert "n4" not in world.ledger.rows


def test_nothing_new_is_begun_when_the_time_is_up() -> None:
    world = World()
    [done] = world.run(until=NOON)
    assert (done.outcome.kind, done.outcome.code) == ("waiting", "out of time")
    assert [message for _, message in world.queued()] == [world.request]
    assert (world.channel.taken, world.ledger.rows) == ([], {})
