"""Counting in the local cloud, with the deployed template: what DESIGN promises of requests holds."""

from __future__ import annotations

from collections import Counter

import pytest

from bench import mixes
from bench.mixes import Mix
from bench.usage import Usage

pytestmark = pytest.mark.xdist_group("mixes")


@pytest.fixture(scope="module")
def counted() -> dict[tuple[str, str], Usage]:
    return {(mix.name, mix.together): mix.usage for mix in mixes.measure(people=2)}


def _customers(usage: Usage) -> tuple[float, float]:
    def made(operation: str) -> float:
        return usage.calls["decide", "dynamodb", operation]

    return made("GetItem"), made("PutItem")


def test_an_event_costs_one_look_at_the_pointer_one_read_and_one_write(counted: dict[tuple[str, str], Usage]) -> None:
    for name in ("no-op behaviour", "starts a journey", "feedback of SES"):
        usage = counted[name, "one"]
        assert _customers(usage) == (2, 1), name
        assert usage.reads["customers"] == 1, name


def test_ten_events_of_one_customer_share_them(counted: dict[tuple[str, str], Usage]) -> None:
    usage = counted["no-op behaviour", "10 of one customer"]
    assert _customers(usage) == pytest.approx((0.2, 0.1))
    assert usage.invoked == pytest.approx(0.2)


def test_ten_customers_at_once_share_the_look_at_the_pointer(counted: dict[tuple[str, str], Usage]) -> None:
    usage = counted["no-op behaviour", "10 customers"]
    assert usage.calls["decide", "dynamodb", "PutItem"] == 1
    assert 1 < usage.calls["decide", "dynamodb", "GetItem"] < 2


def test_an_event_sets_an_alarm_only_where_a_timer_comes_first(counted: dict[tuple[str, str], Usage]) -> None:
    assert counted["no-op behaviour", "one"].alarms == 0
    assert counted["starts a journey", "one"].alarms == 1
    assert counted["starts a journey", "10 of one customer"].alarms == pytest.approx(0.1)


def test_a_wake_up_sends_one_message(counted: dict[tuple[str, str], Usage]) -> None:
    for together in ("one", "10 customers", "10 of one customer"):
        assert counted["wake-up that sends", together].calls["deliver", "sesv2", "SendEmail"] == 1, together


def test_every_ring_is_counted_once_and_pollers_are_counted_with_their_batches(
    counted: dict[tuple[str, str], Usage],
) -> None:
    usage = counted["wake-up that sends", "one"]
    assert usage.rings == 1
    assert usage.sqs == 1 + 2, "one message to the outbox; one receive and one delete"
    assert usage.sqs_fifo == 2 + 2 * 2, "the ring and the outcome; two receives and two deletes"


def test_a_batch_larger_than_64_kb_is_more_than_one_request() -> None:
    usage = Usage()
    url = "https://sqs.eu-west-1.amazonaws.com/1/inbox.fifo"
    mixes._count_queue(usage, {"QueueUrl": url, "Entries": [{"MessageBody": "x" * 40_000}] * 2})
    mixes._count_queue(usage, {"QueueUrl": url.removesuffix(".fifo"), "MessageBody": "x"})
    assert (usage.sqs_fifo, usage.sqs) == (2, 1)


def test_a_mix_is_named_by_what_is_done_and_how_much_of_it_at_once() -> None:
    assert Mix("a", "one", Usage(reads=Counter(t=1))).usage.read_units == 1


def test_a_message_moves_once_in_the_wake_index_and_fits_into_one_unit(counted: dict[tuple[str, str], Usage]) -> None:
    """Two writes of the item, and its leaving the index; the ledger's claim, its record, the token, and the count of
    what was sent that complaints are held against, once a batch."""
    for together in ("one", "10 customers"):
        assert counted["wake-up that sends", together].writes["customers"] == 3, together
    assert counted["wake-up that sends", "one"].writes["messages"] == 4
