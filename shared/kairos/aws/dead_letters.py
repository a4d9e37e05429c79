"""Dead letters in SQS: six queues, what lies in each, and the way back.

A body in `inbox-parked` is what `SqsParking` wrote, or a queue message that SQS itself moved there; in `schedule-dlq`
the alarm's input; in `feedback-dlq` EventBridge's event, or Lambda's record around one; in `effects-dlq` a parked
effect; in `outbox-dlq` a message; in `stream-dlq` Lambda's notice, which names records of the stream and holds none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from kairos.app.ports import InboxMessage, OutboxMessage
from kairos.app.redrive import Letter
from kairos.aws.errors import calling
from kairos.aws.inbox import message_body, read_body
from kairos.aws.outbox import SqsOutbox, read_outbox
from kairos.aws.queue import send
from kairos.domain.announcement import ANNOUNCED
from kairos.domain.effects import Announce, Send, Tell, announced, effect_from_json
from kairos.domain.errors import KairosError, Unavailable
from kairos.domain.event import event_from_json
from kairos.domain.ids import digest

FIFO = ("inbox-parked",)
BATCH = 10
HIDDEN_SECONDS = 300
"""How long a letter is out of sight while it is looked at: whoever is killed in between loses nothing but this time."""


@dataclass(frozen=True, slots=True)
class ToInbox:
    """The text of a queue message and its group."""

    text: str
    group: str


@dataclass(frozen=True, slots=True)
class ToIngest:
    """An event for the function itself: nobody but AWS may put one of SES onto the bus."""

    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nothing to send: what was lost is still outstanding in the customer's item, and `sweep` asks for it again."""


Way = ToInbox | OutboxMessage | ToIngest | Nowhere


@dataclass(frozen=True, slots=True)
class _Handle:
    receipt: str
    way: Way | None


@dataclass(frozen=True, slots=True)
class _Read:
    what: str
    reason: str
    profile: str
    way: Way


class SqsDeadLetters:
    """DeadLetters (see `kairos.app.redrive`). `client(service)` gives clients; `prefix` begins the queues' names,
    `outbox_urls` are `SqsOutbox`'s."""

    def __init__(self, client: Callable[[str], Any], prefix: str, inbox_url: str, *outbox_urls: str) -> None:
        self._client = client
        self._prefix = prefix
        self._inbox_url = inbox_url
        self._outbox = SqsOutbox(client("sqs"), *outbox_urls)
        self._urls: dict[str, str] = {}

    def take(self, queue: str) -> Iterator[Sequence[Letter]]:
        while True:
            with calling(queue):
                answer = self._client("sqs").receive_message(
                    QueueUrl=self._url(queue),
                    MaxNumberOfMessages=BATCH,
                    VisibilityTimeout=HIDDEN_SECONDS,
                    MessageSystemAttributeNames=["All"],
                    MessageAttributeNames=["All"],
                )
            messages = answer.get("Messages", [])
            if not messages:
                return
            yield [read_letter(queue, message) for message in messages]

    def send_back(self, letter: Letter) -> None:
        way = letter.handle.way
        if isinstance(way, ToInbox):
            # The letter's own id: fresh for the inbox, and the same if this is done again because it was half done.
            again = digest("redrive", letter.queue, letter.id)
            entry = {"MessageBody": way.text, "MessageGroupId": way.group, "MessageDeduplicationId": again}
            send(self._client("sqs"), self._inbox_url, "inbox", [entry])
        elif isinstance(way, OutboxMessage):
            self._outbox.put([way])
        elif isinstance(way, ToIngest):
            self._invoke(way.event)

    def _invoke(self, event: Mapping[str, Any]) -> None:
        with calling("ingest"):
            answer = self._client("lambda").invoke(
                FunctionName=f"{self._prefix}-ingest", Payload=json.dumps(event).encode()
            )
        if answer.get("FunctionError"):
            raise Unavailable("ingest", "it failed on what it was given; its log says why")

    def remove(self, letters: Sequence[Letter]) -> None:
        entries = [{"Id": str(n), "ReceiptHandle": each.handle.receipt} for n, each in enumerate(letters)]
        if entries:
            with calling(letters[0].queue):
                self._client("sqs").delete_message_batch(QueueUrl=self._url(letters[0].queue), Entries=entries)

    def give_back(self, letters: Sequence[Letter]) -> None:
        for start in range(0, len(letters), BATCH):
            part = letters[start : start + BATCH]
            entries = [
                {"Id": str(n), "ReceiptHandle": each.handle.receipt, "VisibilityTimeout": 0}
                for n, each in enumerate(part)
            ]
            with calling(part[0].queue):
                self._client("sqs").change_message_visibility_batch(QueueUrl=self._url(part[0].queue), Entries=entries)

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            name = f"{self._prefix}-{queue}{'.fifo' if queue in FIFO else ''}"
            with calling(queue):
                self._urls[queue] = self._client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[queue]


def read_letter(queue: str, message: Mapping[str, Any]) -> Letter:
    """Return what a received message is; one that nobody can read is stuck."""
    sent = int(message.get("Attributes", {}).get("SentTimestamp", "0"))
    letter = Letter(
        queue,
        message["MessageId"],
        "unreadable",
        "",
        datetime.fromtimestamp(sent / 1000, UTC),
        handle=_Handle(message["ReceiptHandle"], None),
    )
    try:
        raw = json.loads(message["Body"])
        read = _READERS[queue](raw, message)
    except (KairosError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return replace(letter, stuck="it cannot be read by this version", reason=_parked_reason(message["Body"]))
    handle = _Handle(message["ReceiptHandle"], read.way)
    return replace(letter, what=read.what, reason=read.reason, profile=read.profile, handle=handle)


def _parked_reason(body: str) -> str:
    try:
        return str(json.loads(body).get("reason", "unreadable"))
    except (ValueError, AttributeError, RecursionError):
        return "unreadable"


def _read_parked(raw: Mapping[str, Any], message: Mapping[str, Any]) -> _Read:
    """An event that `decide` refused, a body that it could not read, or a message that SQS gave up on."""
    if "parked" not in raw:
        return _read_moved(message, "received too often without success")
    parked, reason, group = raw["parked"], str(raw["reason"]), str(raw["group"])
    if "body" in parked:
        found = read_body(parked["body"])
        return _Read(_what(found), reason, found.profile, ToInbox(parked["body"], found.profile))
    event = event_from_json(parked)
    found = InboxMessage(group, (event,), correlation=event.correlation)
    return _Read(_what(found), reason, group, ToInbox(message_body(found), group))


def _read_moved(message: Mapping[str, Any], reason: str) -> _Read:
    found = read_body(message["Body"])
    return _Read(_what(found), reason, found.profile, ToInbox(message["Body"], found.profile))


def _what(message: InboxMessage) -> str:
    return ", ".join(event.name for event in message.events) or "wake-up"


def _read_alarm(raw: Mapping[str, Any], message: Mapping[str, Any]) -> _Read:
    return _read_moved(message, _attribute(message, "ERROR_CODE"))


def _attribute(message: Mapping[str, Any], name: str) -> str:
    return str(message.get("MessageAttributes", {}).get(name, {}).get("StringValue", "unknown"))


def _read_feedback(raw: Mapping[str, Any], message: Mapping[str, Any]) -> _Read:
    """SES's own words, which name people: only their kind is told, and only the error's type."""
    event, reason = raw, _attribute(message, "ERROR_CODE")
    if "requestPayload" in raw:
        event = raw["requestPayload"]
        told = raw.get("responsePayload") or {}
        reason = f"{raw['requestContext']['condition']}: {told.get('errorType', 'unknown')}"
    if not isinstance(event["detail"], Mapping):
        raise TypeError("an event's detail is an object")
    return _Read(str(event["detail-type"]), reason, "", ToIngest(event))


def _read_effect(raw: Mapping[str, Any], message: Mapping[str, Any]) -> _Read:
    parked, reason, group = raw["parked"], str(raw["reason"]), str(raw["group"])
    wake = InboxMessage(group, wake="redrive")
    if "effect" not in parked:  # effects that no version could read: the item still knows what is outstanding
        return _Read("effects", reason, group, ToInbox(message_body(wake), group))
    effect = effect_from_json(parked["effect"])
    if isinstance(effect, Send):
        asked = OutboxMessage(
            effect.profile, effect.message, effect.channel, effect.marketing, effect.asks, effect.correlation
        )
        return _Read(f"message by {effect.channel}", reason, group, asked)
    if isinstance(effect, Tell):
        told = InboxMessage(effect.profile, effect.events)
        return _Read(_what(told), reason, group, ToInbox(message_body(told), effect.profile))
    if isinstance(effect, Announce):
        id = str(parked.get("id") or digest(ANNOUNCED, "redrive", str(message["MessageId"])))
        said = announced(effect)
        again = OutboxMessage(effect.profile, id, ANNOUNCED, False, 1, said=said)
        return _Read(f"{effect.type} for webhook {effect.to}", reason, group, again)
    # Its minute may be long past: whoever is woken looks at what is due, and arms what is not.
    return _Read("alarm", reason, group, ToInbox(message_body(wake), group))


def _read_message(raw: Mapping[str, Any], message: Mapping[str, Any]) -> _Read:
    found = read_outbox(message["Body"])
    return _Read(f"message by {found.channel}", "received too often without success", found.profile, found)


def _read_notice(raw: Mapping[str, Any], message: Mapping[str, Any]) -> _Read:
    batch = raw["DDBStreamBatchInfo"]
    return _Read(f"{batch['batchSize']} writes", str(raw["requestContext"]["condition"]), "", Nowhere())


_READERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], _Read]] = {
    "inbox-parked": _read_parked,
    "schedule-dlq": _read_alarm,
    "feedback-dlq": _read_feedback,
    "effects-dlq": _read_effect,
    "outbox-dlq": _read_message,
    "stream-dlq": _read_notice,
}
