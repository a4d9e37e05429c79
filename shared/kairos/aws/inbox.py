"""The inbox in SQS FIFO, one group per profile: how messages are put, and how a consumer reads them.

The body is {"profile", "events": [event, …], "wake", "correlation"}; a schedule puts the same, without events.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kairos.app.ports import Clock, InboxMessage, Parking, Received
from kairos.app.queueing import deduplication_id
from kairos.aws.queue import BYTES_MAX, body, send
from kairos.domain.errors import BadInput, Rejected, Unavailable
from kairos.domain.event import Event, event_from_json, event_to_json

WAKE_CHARACTERS_MAX = 64


class SqsInbox:
    """Inbox."""

    def __init__(self, client: Any, url: str, clock: Clock) -> None:
        self._client = client
        self._url = url
        self._clock = clock

    def put(self, messages: Sequence[InboxMessage]) -> None:
        now = self._clock.now()
        entries = [
            {
                "MessageBody": message_body(part),
                "MessageGroupId": part.profile,
                "MessageDeduplicationId": deduplication_id(part, now),
            }
            for message in messages
            for part in split(message)
        ]
        send(self._client, self._url, "inbox", entries)


def message_body(message: InboxMessage) -> str:
    """Return the text of one queue message."""
    out: dict[str, Any] = {"profile": message.profile}
    if message.events:
        out["events"] = [event_to_json(event) for event in message.events]
    else:
        out["wake"] = message.wake or "inbox"
    if message.correlation:
        out["correlation"] = message.correlation
    return body(out)


def split(message: InboxMessage) -> Iterator[InboxMessage]:
    """Yield the message in parts that fit a queue message each, its events in order."""
    if len(message.events) < 2:
        yield message  # there is nothing to part it at
        return
    room = BYTES_MAX - len(message_body(replace(message, events=(), wake="inbox")).encode()) - len(',"events":[]')
    part: list[Event] = []
    size = 0
    for event in message.events:
        bytes_ = len(body(event_to_json(event)).encode()) + 1
        if part and size + bytes_ > room:
            yield replace(message, events=tuple(part))
            part, size = [], 0
        part.append(event)
        size += bytes_
    yield replace(message, events=tuple(part))


def read_inbox(record: Mapping[str, Any]) -> Received:
    """Return what one SQS record of a Lambda event says. Raises BadInput for a body that is none of ours."""
    message = read_body(record["body"])
    attributes = record["attributes"]
    if message.profile != attributes.get("MessageGroupId", message.profile):
        raise BadInput("profile", "the message group's own profile")
    return Received(record["messageId"], message, record["eventSourceARN"], attributes["SequenceNumber"])


def read_batch(records: Sequence[Mapping[str, Any]], parking: Parking) -> tuple[list[Received], list[str]]:
    """Return what the records of one Lambda event say, and the ids of those that must come again.

    A body that is none of ours is parked as it is. Where even that cannot be done now, it and everything behind it of
    the same group come again, so that the group keeps its order.
    """
    received: list[Received] = []
    failed: list[str] = []
    stuck: set[str] = set()
    for record in records:
        group = record["attributes"].get("MessageGroupId", "")
        try:
            if group in stuck:
                failed.append(record["messageId"])
            elif found := _read_or_park(record, parking, group):
                received.append(found)
        except Unavailable:
            stuck.add(group)
            failed.append(record["messageId"])
    return received, failed


def _read_or_park(record: Mapping[str, Any], parking: Parking, group: str) -> Received | None:
    try:
        return read_inbox(record)
    except Rejected as error:
        parking.park({"body": record["body"]}, str(error), group=group)
        return None


def read_body(text: str) -> InboxMessage:
    """Read what `message_body` wrote, or what a schedule's input says. Raises BadInput naming the field."""
    raw = _object(text)
    profile = raw.get("profile")
    if not isinstance(profile, str) or not profile:
        raise BadInput("profile", "a profile id")
    events = raw.get("events", [])
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise BadInput("events", "a list of events")
    wake = raw.get("wake")
    if not events and (not isinstance(wake, str) or not 0 < len(wake) <= WAKE_CHARACTERS_MAX):
        raise BadInput("wake", "who rang, where there are no events")
    correlation = raw.get("correlation", "")
    if not isinstance(correlation, str):
        raise BadInput("correlation", "a text")
    return InboxMessage(profile, tuple(map(event_from_json, events)), None if events else wake, correlation)


def _object(text: str) -> dict[str, Any]:
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("body", "JSON") from error
    if not isinstance(raw, dict):
        raise BadInput("body", "a JSON object")
    return raw
