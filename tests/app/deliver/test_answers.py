"""What a provider answers, or does not: a marketing message never leaves twice, a receipt is not lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.app.deliver.deliver import CLAIM_LEASE, REPEATS_MAX, UNKNOWN_AFTER
from kairos.domain.errors import Gone, Refused, Throttled, Unavailable
from kairos.domain.event import event_from_json, event_to_json
from tests.app.deliver.stops import leave
from tests.app.delivery import NOON, World

M = timedelta(minutes=1)


def test_a_refusal_frees_the_claim_and_says_refused_so_that_another_channel_is_tried() -> None:
    world = World()
    world.channel.refusing(Refused("ses", "MessageRejected"))
    world.run()
    assert world.told() == [("message_not_sent", "refused")]
    assert world.reports()[0].properties["detail"] == "MessageRejected"
    assert world.ledger.rows == {}


def test_a_throttled_call_frees_the_claim_and_waits() -> None:
    world = World()
    world.channel.refusing(Throttled("ses", "TooManyRequestsException"))
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("waiting", "throttled")
    assert world.ledger.rows == {}
    assert world.reports() == []
    world.run()
    assert len(world.channel.taken) == 1


@pytest.mark.parametrize("error", [Unavailable("ses", "ReadTimeoutError"), RuntimeError("a bug in the channel")])
def test_marketing_of_unknown_outcome_is_never_called_again_and_closed_after_three_days(error: Exception) -> None:
    world = World()
    world.channel.answers = [error]
    [done] = world.run()
    assert done.outcome.metrics == ("UnknownSends",)
    assert world.ledger.rows["m1"].state == "unknown"
    assert world.queued() == []
    for asks in range(2, 6):
        world.clock.advance(timedelta(hours=3))
        [done] = world.run(replace(world.request, asks=asks))
        assert done.outcome.kind == "idle"
    assert world.reports() == []
    world.clock.at = NOON + UNKNOWN_AFTER + timedelta(seconds=1)
    world.run(replace(world.request, asks=9))
    assert world.told() == [("message_not_sent", "unknown")]
    assert len(world.channel.taken) == 1


def test_a_receipt_of_unknown_outcome_is_tried_again_once_nobody_can_still_be_at_it() -> None:
    world = World(marketing=False)
    world.channel.answers = [Unavailable("ses", "ReadTimeoutError")]
    [done] = world.run()
    assert done.outcome.metrics == ("UnknownSends",)
    [(delay, message)] = world.queued()
    assert timedelta(seconds=delay) >= CLAIM_LEASE
    [early] = world.run(message)
    assert (early.outcome.kind, early.outcome.code) == ("waiting", "claimed")
    assert len(world.channel.taken) == 1
    world.clock.advance(timedelta(seconds=delay))
    [done] = world.run(message)
    assert done.outcome.metrics == ("Sent", "RepeatedSends")
    assert len(world.channel.taken) == 2
    assert world.ledger.rows["m1"].state == "sent"


def test_a_receipt_is_not_repeated_without_end() -> None:
    world = World(marketing=False)
    world.channel.answers = [Unavailable("ses")] * 20
    for _ in range(20):
        world.run()
        world.clock.advance(CLAIM_LEASE)
    assert len(world.channel.taken) == 1 + REPEATS_MAX
    assert ("message_not_sent", "unknown") in world.told()


def test_a_repetition_that_is_throttled_keeps_its_count() -> None:
    world = World(marketing=False)
    world.channel.answers = [Unavailable("ses")]
    world.run()
    for _ in range(REPEATS_MAX):
        world.clock.advance(CLAIM_LEASE)
        world.channel.refusing(Throttled("ses"))
        world.run()
    world.clock.advance(CLAIM_LEASE)
    world.run()
    assert len(world.channel.taken) == 1
    assert world.told() == [("message_not_sent", "unknown")]


def test_a_receipt_whose_sending_is_known_meanwhile_is_not_repeated() -> None:
    world = World(marketing=False)
    world.channel.answers = [Unavailable("ses")]
    world.run()
    leave(world)  # the provider's own event settled it
    world.clock.advance(CLAIM_LEASE)
    world.run()
    assert len(world.channel.taken) == 1


@pytest.mark.parametrize("marketing", [True, False])
def test_a_message_that_was_sent_is_reported_again_and_never_called_again(marketing: bool) -> None:
    world = World(marketing=marketing)
    world.run()
    [event] = world.reports()
    world.clock.advance(timedelta(days=2))
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.metrics) == ("sent", ())
    again = world.reports()[-1]
    assert (again.id, again.name, again.properties) == (event.id, event.name, event.properties)
    assert len(world.channel.taken) == 1


def test_two_deliveries_of_one_request_at_once_make_one_call() -> None:
    for marketing in (True, False):
        world = World(marketing=marketing)
        inner: list[str] = []

        def meanwhile(*call: str, world: World = world, inner: list[str] = inner) -> None:
            if call == ("provider", "send", "before") and not inner:
                inner.append("running")
                [done] = world.run()
                inner.append(done.outcome.kind)

        world.on = meanwhile
        world.run()
        assert len(world.channel.taken) == 1
        assert inner[1] == ("idle" if marketing else "waiting")


def test_an_address_that_has_died_closes_its_channel_and_the_claim_is_given_back() -> None:
    world = World()
    world.channel.refusing(Gone("sns", "EndpointDisabled"))
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("not_sent", "not reachable")
    [event] = world.reports()
    assert (event.name, event.reach) == ("message_not_sent", {"email": False})
    assert (event.properties["reason"], event.properties["bounce_type"]) == ("not reachable", "permanent")
    assert event.properties["detail"] == "EndpointDisabled"
    assert event_from_json(event_to_json(event)) == event
    assert world.ledger.rows == {}


def test_a_receiver_that_knows_messages_by_their_id_is_asked_again_with_pauses_that_grow() -> None:
    world = World()
    world.channel.repeatable = True
    world.deliver = world.build()
    waits = []
    for minutes in (0, 5, 9, 300):
        world.clock.at = NOON + minutes * M
        world.channel.refusing(Unavailable("webhook", "503"))
        [done] = world.run()
        assert (done.outcome.kind, done.outcome.code, done.outcome.detail) == ("waiting", "no answer", "503")
        assert world.ledger.rows == {}, "the claim is given back: the next try is a first one"
        waits.append(done.outcome.delay_seconds)
    assert waits[0] < 300
    assert waits[1:] == [300, 540, 900]
    assert world.reports() == []
    world.clock.at = NOON + timedelta(hours=24)
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("not_sent", "expired")
