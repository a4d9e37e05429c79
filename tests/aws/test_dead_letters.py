"""What lies in each dead-letter queue, read: what it is, why it is there, and no person's name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kairos.app.redrive import QUEUES, Letter
from kairos.aws.dead_letters import Nowhere, ToInbox, ToIngest, read_letter
from kairos.domain.announcement import ANNOUNCED

PROFILE = "a" * 26
WAKE = {"profile": PROFILE, "wake": "scheduler"}


def read(queue: str, body: Any, **attributes: str) -> Letter:
    message = {
        "MessageId": "m-1",
        "ReceiptHandle": "r-1",
        "Body": body if isinstance(body, str) else json.dumps(body),
        "Attributes": {"SentTimestamp": "1795310000000"},
        "MessageAttributes": {name: {"StringValue": value} for name, value in attributes.items()},
    }
    return read_letter(queue, message)


UNREADABLE = (
    "not json",
    "[]",
    "{}",
    "null",
    "[" * 2_000,
    '{"requestPayload": {"detail": "planted"}, "requestContext": {}}',
    '{"parked": {"effect": {"do": "dance"}}, "reason": "x", "group": 3}',
)
# Effects of which nothing is left wake their profile instead, which knows what is outstanding.
CUT = (
    '{"parked": {}, "reason": "cut to fit", "group": "g", "cut": "x"}',
    '{"parked": {"body": "still not json"}, "reason": "BadInput", "group": "g"}',
)


@pytest.mark.parametrize(
    ("queue", "body"),
    [(queue, body) for queue in QUEUES for body in (UNREADABLE if queue == "effects-dlq" else UNREADABLE + CUT)],
)
def test_what_nobody_can_read_is_stuck_and_not_an_error(queue: str, body: str) -> None:
    letter = read(queue, body)
    assert letter.stuck == "it cannot be read by this version"
    assert letter.reason


def test_a_message_that_sqs_itself_moved_goes_back_word_for_word() -> None:
    letter = read("inbox-parked", WAKE)
    assert letter.handle.way == ToInbox(json.dumps(WAKE), PROFILE)
    assert (letter.what, letter.profile) == ("wake-up", PROFILE)


def test_an_alarm_tells_the_error_of_its_delivery() -> None:
    assert read("schedule-dlq", WAKE, ERROR_CODE="AccessDenied").reason == "AccessDenied"


def test_effects_that_nobody_could_read_wake_the_profile_that_knows_what_is_outstanding() -> None:
    body = {"parked": {"keys": {}, "image": {"B": "x"}}, "reason": "effects: expected", "group": PROFILE}
    way = read("effects-dlq", body).handle.way
    assert json.loads(way.text) == {"profile": PROFILE, "wake": "redrive"}


def test_an_alarm_that_could_not_be_armed_wakes_its_profile() -> None:
    effect = {"do": "arm", "profile": PROFILE, "at": "2026-11-22T03:00:00Z"}
    way = read("effects-dlq", {"parked": {"effect": effect, "version": 1}, "reason": "no", "group": PROFILE}).handle.way
    assert json.loads(way.text)["wake"] == "redrive"


def test_what_could_not_be_announced_is_announced_under_an_id_of_its_own() -> None:
    effect = {"do": "announce", "profile": PROFILE, "to": "crm", "type": "unsubscribed", "at": "2026-11-22T03:00:00Z"}
    body = {"parked": {"effect": {**effect, "data": {}}, "version": 1}, "reason": "no", "group": PROFILE}
    letter = read("effects-dlq", body)
    assert letter.what == "unsubscribed for webhook crm"
    way = letter.handle.way
    assert (way.channel, way.said["to"], way.message) == (
        ANNOUNCED,
        "crm",
        read("effects-dlq", body).handle.way.message,
    )


def test_what_may_have_been_announced_is_announced_again_under_the_id_that_it_had() -> None:
    effect = {"do": "announce", "profile": PROFILE, "to": "crm", "type": "unsubscribed", "at": "2026-11-22T03:00:00Z"}
    parked = {"effect": {**effect, "data": {}}, "version": 1, "id": "theirs"}
    letter = read("effects-dlq", {"parked": parked, "reason": "no", "group": PROFILE})
    assert letter.handle.way.message == "theirs"


def test_feedback_is_told_by_its_kind_and_the_errors_type_alone() -> None:
    event = {"detail-type": "Email Bounced", "detail": {"mail": {"destination": ["planted.person@example.com"]}}}
    record = {
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": event,
        "responsePayload": {"errorType": "Unavailable", "errorMessage": "planted.person@example.com"},
    }
    letter = read("feedback-dlq", record)
    assert (letter.what, letter.reason) == ("Email Bounced", "RetriesExhausted: Unavailable")
    assert letter.handle.way == ToIngest(event)
    assert "planted" not in repr(letter)
    assert read("feedback-dlq", event, ERROR_CODE="SdkClientError").reason == "SdkClientError"


def test_a_notice_of_the_stream_needs_nothing_but_to_be_taken_away() -> None:
    notice = {"requestContext": {"condition": "RecordAgeExceeded"}, "DDBStreamBatchInfo": {"batchSize": 3}}
    letter = read("stream-dlq", notice)
    assert (letter.what, letter.reason, letter.handle.way) == ("3 writes", "RecordAgeExceeded", Nowhere())
