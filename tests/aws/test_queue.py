"""Queue messages keep SQS's bounds, and bodies that are none of ours are told apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.ports import InboxMessage, OutboxMessage
from kairos.aws.inbox import SqsInbox, message_body, read_batch, read_body, read_inbox, split
from kairos.aws.outbox import outbox_body, read_outbox
from kairos.aws.parking import SqsParking
from kairos.aws.queue import BYTES_MAX, send
from kairos.domain.errors import BadInput, Rejected, Throttled, TooLarge, Unavailable
from kairos.domain.event import Event
from kairos.memory import MemoryClock, MemoryParking
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient, aws_error

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:kairos-dev-inbox.fifo"


def _event(id: str, size: int = 0) -> Event:
    return Event(id, "cart_updated", "p1", NOW, NOW, {"note": "가" * (size // 3)})


def _record(body: str, *, id: str = "r1", group: str = "p1") -> dict[str, Any]:
    return {
        "messageId": id,
        "receiptHandle": "handle",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1764130800000",
            "SequenceNumber": "18901234567890123456",
            "MessageGroupId": group,
            "MessageDeduplicationId": "d1",
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
        "awsRegion": "eu-west-1",
    }


def test_a_batch_is_at_most_ten_entries_and_one_body_long() -> None:
    client = FakeClient(send_message_batch=[{}] * 9)
    send(client, "url", "inbox", [{"MessageBody": "x" * 100_000}] * 5 + [{"MessageBody": "y"}] * 21)
    sizes = [[len(entry["MessageBody"]) for entry in call["Entries"]] for _, call in client.calls]
    assert [len(batch) for batch in sizes] == [2, 2, 10, 10, 2]
    assert all(sum(batch) <= BYTES_MAX for batch in sizes)
    assert all(len({entry["Id"] for entry in call["Entries"]}) == len(call["Entries"]) for _, call in client.calls)


def test_a_partial_failure_is_a_failure() -> None:
    client = FakeClient(send_message_batch=[{"Failed": [{"Id": "0", "Code": "InternalError"}]}])
    with pytest.raises(Unavailable, match="1 of 2"):
        send(client, "url", "inbox", [{"MessageBody": "x"}] * 2)


def test_a_throttled_queue_says_so() -> None:
    with pytest.raises(Throttled):
        send(
            FakeClient(send_message_batch=[aws_error("RequestThrottled", 403)]), "url", "inbox", [{"MessageBody": "x"}]
        )


def test_one_body_that_no_call_could_carry_is_too_large() -> None:
    with pytest.raises(TooLarge):
        send(FakeClient(), "url", "inbox", [{"MessageBody": "가" * (BYTES_MAX // 3 + 1)}])


def test_events_that_fit_no_message_together_are_split_in_order() -> None:
    message = InboxMessage("p1", tuple(_event(f"e{number}", 30_000) for number in range(40)), correlation="c1")
    parts = list(split(message))
    assert [event for part in parts for event in part.events] == list(message.events)
    assert len(parts) == 5
    assert all(len(message_body(part).encode()) <= BYTES_MAX and part.correlation == "c1" for part in parts)


def test_a_message_that_fits_is_not_split() -> None:
    assert list(split(InboxMessage("p1", wake="sweep"))) == [InboxMessage("p1", wake="sweep")]
    whole = InboxMessage("p1", (_event("e1"), _event("e2")))
    assert list(split(whole)) == [whole]


def test_large_requests_arrive_whole(cloud: Cloud) -> None:
    url = cloud.queue(fifo=True)
    message = InboxMessage("p1", tuple(_event(f"e{number}", 30_000) for number in range(20)))
    SqsInbox(cloud.client("sqs"), url, MemoryClock(NOW)).put([message])
    found = [read_body(each["Body"]) for each in cloud.drain(url)]
    assert [event for each in found for event in each.events] == list(message.events)


def test_a_record_is_read_with_its_place_in_the_queue() -> None:
    message = InboxMessage("p1", (_event("e1"),), correlation="c1")
    received = read_inbox(_record(message_body(message)))
    assert (received.id, received.queue, received.sequence) == ("r1", QUEUE, "18901234567890123456")
    assert received.message == message


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("{", "body"),
        ("[" * 100_000, "body"),
        ("[]", "body"),
        ("null", "body"),
        ("{}", "profile"),
        ('{"profile": 7, "wake": "sweep"}', "profile"),
        ('{"profile": ""}', "profile"),
        ('{"profile": "p1"}', "wake"),
        ('{"profile": "p1", "wake": ""}', "wake"),
        ('{"profile": "p1", "wake": {"a": 1}}', "wake"),
        (json.dumps({"profile": "p1", "wake": "x" * 65}), "wake"),
        ('{"profile": "p1", "events": {}}', "events"),
        ('{"profile": "p1", "events": [1]}', "events"),
        ('{"profile": "p1", "events": [{"id": "e1"}]}', "event"),
        ('{"profile": "p1", "wake": "sweep", "correlation": 1}', "correlation"),
    ],
)
def test_a_body_that_is_none_of_ours_is_bad_input(body: str, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_body(body)
    assert caught.value.field == field


def test_a_message_in_a_group_that_is_not_its_profiles_is_bad_input() -> None:
    with pytest.raises(BadInput):
        read_inbox(_record('{"profile": "p1", "wake": "sweep"}', group="p2"))


def test_a_bad_body_is_parked_and_the_others_go_on() -> None:
    parking = MemoryParking()
    good = '{"profile": "p1", "wake": "sweep"}'
    received, failed = read_batch([_record(good), _record("{", id="r2"), _record(good, id="r3")], parking)
    assert ([one.id for one in received], failed) == (["r1", "r3"], [])
    assert parking.parked == [("p1", {"body": "{"}, "body: expected JSON")]


def test_a_bad_body_that_cannot_be_parked_holds_back_its_own_group_only() -> None:
    class Full:
        def park(self, what: Any, reason: str, *, group: str) -> None:
            raise Unavailable("parking")

    wake = '{"profile": "%s", "wake": "sweep"}'
    records = [
        _record(wake % "p1", id="r1"),
        _record("{", id="r2"),
        _record(wake % "p1", id="r3"),
        _record(wake % "p2", id="r4", group="p2"),
    ]
    received, failed = read_batch(records, Full())
    assert ([one.id for one in received], failed) == (["r1", "r4"], ["r2", "r3"])


REQUEST = OutboxMessage("p1", "m1", "email", True, 1, "c1")


def test_a_request_to_deliver_comes_back_as_it_was() -> None:
    assert read_outbox(outbox_body(REQUEST)) == REQUEST


@pytest.mark.parametrize("change", [{"profile": 1}, {"asks": True}, {"asks": "1"}, {"marketing": 1}, {"message": None}])
def test_a_request_with_a_wrong_part_is_bad_input(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        read_outbox(json.dumps({**json.loads(outbox_body(REQUEST)), **change}))
    assert caught.value.field == next(iter(change))


@pytest.mark.parametrize("body", ["", "[]", "7"])
def test_a_request_that_is_no_object_is_rejected(body: str) -> None:
    with pytest.raises(Rejected):
        read_outbox(body)


def test_what_no_message_can_hold_is_parked_by_its_beginning(cloud: Cloud) -> None:
    url = cloud.queue()
    SqsParking(cloud.client("sqs"), url).park({"body": "나" * 200_000}, "too large", group="p1")
    (parked,) = cloud.bodies(url)
    assert (parked["parked"], parked["reason"], parked["group"]) == ({}, "too large", "p1")
    assert parked["cut"].startswith('{"body":"나나나')


def test_a_standard_queue_gets_no_group(cloud: Cloud) -> None:
    url = cloud.queue()
    parking = SqsParking(cloud.client("sqs"), url)
    parking.park({"id": "\ud800"}, "x" * 5_000, group="p1")
    (parked,) = cloud.bodies(url)
    assert (parked["parked"], len(parked["reason"])) == ({"id": "\ud800"}, 1_000)
