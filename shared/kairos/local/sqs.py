"""SQS's API over our queues, with the checks that SQS makes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
A receive never waits: on a clock that stands still nothing would come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from kairos.local.call import Call
from kairos.local.errors import AwsError
from kairos.local.queue import Message, Queue, Sent

BATCH_MAX = 10
DELAY_MAX_SECONDS = 900
VISIBILITY_MAX_SECONDS = 43_200
# Alphanumeric characters and punctuation, up to 128.
_ID = re.compile(r"^[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}$")
_ENTRY_ID = re.compile(r"^[A-Za-z0-9_-]{1,80}$")
# XML 1.0's characters: SQS refuses others. https://www.w3.org/TR/REC-xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Sqs:
    """All queues of the stack, by URL."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._queues: dict[str, Queue] = {}

    def add(self, queue: Queue) -> Queue:
        self._queues[queue.name] = queue
        return queue

    def by_arn(self, arn: str) -> Queue:
        """Return the queue; raise `AwsError` as a caller with a wrong ARN would meet it."""
        return self._named(arn.rsplit(":", 1)[-1])

    def __iter__(self) -> Any:
        return iter(self._queues.values())

    def answers(self, operation: str, params: Mapping[str, Any]) -> bool:
        return True

    def answer(self, call: Call) -> dict[str, Any]:
        act = _OPERATIONS.get(call.operation)
        if act is None:
            raise AwsError("UnsupportedOperation", f"{call.operation} is not played by the local cloud")
        return act(self, call.params)

    def _named(self, name: str) -> Queue:
        if name not in self._queues:
            raise AwsError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
        return self._queues[name]

    def _queue(self, params: Mapping[str, Any]) -> Queue:
        return self._named(str(params["QueueUrl"]).rsplit("/", 1)[-1])

    def send(self, params: Mapping[str, Any]) -> dict[str, Any]:
        queue = self._queue(params)
        _check_size(queue, [params])
        return _sent(self._send(queue, params))

    def send_batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        queue, entries = self._queue(params), params["Entries"]
        _check_batch(entries)
        _check_size(queue, entries)
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        for entry in entries:
            try:
                good.append({"Id": entry["Id"], **_sent(self._send(queue, entry))})
            except AwsError as error:
                bad.append({"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message})
        return {"Successful": good, **({"Failed": bad} if bad else {})}

    def _send(self, queue: Queue, entry: Mapping[str, Any]) -> Sent:
        delay = _check_message(queue, entry)
        return queue.send(
            entry["MessageBody"],
            self._now(),
            group=entry.get("MessageGroupId"),
            deduplication_id=entry.get("MessageDeduplicationId"),
            delay=delay,
            attributes=entry.get("MessageAttributes"),
            system=entry.get("MessageSystemAttributes"),
        )

    def receive(self, params: Mapping[str, Any]) -> dict[str, Any]:
        most = int(params.get("MaxNumberOfMessages", 1))
        if not 1 <= most <= BATCH_MAX:
            raise AwsError("InvalidParameterValue", "MaxNumberOfMessages must be between 1 and 10")
        visibility = params.get("VisibilityTimeout")
        queue = self._queue(params)
        messages = queue.receive(self._now(), most, None if visibility is None else _visibility(visibility))
        return {"Messages": [_received(message) for message in messages]} if messages else {}

    def delete(self, params: Mapping[str, Any]) -> dict[str, Any]:
        if not self._queue(params).delete(params["ReceiptHandle"]):
            raise AwsError("ReceiptHandleIsInvalid", f"The receipt handle {params['ReceiptHandle']!r} is not valid.")
        return {}

    def change_visibility(self, params: Mapping[str, Any]) -> dict[str, Any]:
        visibility = _visibility(params["VisibilityTimeout"])
        if not self._queue(params).change_visibility(params["ReceiptHandle"], self._now(), visibility):
            raise AwsError("MessageNotInflight", "The specified message isn't in flight.")
        return {}

    def each(self, act: Callable[[Mapping[str, Any]], dict[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
        """Do `act` for each entry of a batch, which fail one by one."""
        _check_batch(params["Entries"])
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        for entry in params["Entries"]:
            try:
                act({"QueueUrl": params["QueueUrl"], **entry})
                good.append({"Id": entry["Id"]})
            except AwsError as error:
                bad.append({"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message})
        return {"Successful": good, **({"Failed": bad} if bad else {})}

    def attributes(self, params: Mapping[str, Any]) -> dict[str, Any]:
        queue = self._queue(params)
        visible, in_flight, delayed = queue.counts(self._now())
        every = {
            "QueueArn": queue.arn,
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "VisibilityTimeout": str(int(queue.visibility.total_seconds())),
            "MessageRetentionPeriod": str(int(queue.retention.total_seconds())),
            "MaximumMessageSize": str(queue.most_bytes),
            "CreatedTimestamp": str(int(queue.created_at.timestamp())),
        }
        if queue.fifo:
            every |= {"FifoQueue": "true", "ContentBasedDeduplication": str(queue.content_based).lower()}
        names = params.get("AttributeNames", [])
        chosen = every if "All" in names else {name: every[name] for name in names if name in every}
        return {"Attributes": chosen} if chosen else {}

    def url(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {"QueueUrl": self._named(params["QueueName"]).url}

    def list(self, params: Mapping[str, Any]) -> dict[str, Any]:
        prefix = params.get("QueueNamePrefix", "")
        urls = [queue.url for name, queue in sorted(self._queues.items()) if name.startswith(prefix)]
        return {"QueueUrls": urls} if urls else {}

    def purge(self, params: Mapping[str, Any]) -> dict[str, Any]:
        self._queue(params).purge()
        return {}


_OPERATIONS: dict[str, Callable[[Sqs, Mapping[str, Any]], dict[str, Any]]] = {
    "SendMessage": Sqs.send,
    "SendMessageBatch": Sqs.send_batch,
    "ReceiveMessage": Sqs.receive,
    "DeleteMessage": Sqs.delete,
    "DeleteMessageBatch": lambda sqs, params: sqs.each(sqs.delete, params),
    "ChangeMessageVisibility": Sqs.change_visibility,
    "ChangeMessageVisibilityBatch": lambda sqs, params: sqs.each(sqs.change_visibility, params),
    "GetQueueAttributes": Sqs.attributes,
    "GetQueueUrl": Sqs.url,
    "ListQueues": Sqs.list,
    "PurgeQueue": Sqs.purge,
}


def system_attributes(message: Message) -> dict[str, str]:
    """Return the attributes that SQS adds to a received message, times in milliseconds of the epoch."""
    found = {
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": _milliseconds(message.sent_at),
        "SenderId": "LOCAL",
        "ApproximateFirstReceiveTimestamp": _milliseconds(message.first_received_at or message.sent_at),
    }
    if message.sequence is not None:
        found["SequenceNumber"] = message.sequence
        found["MessageDeduplicationId"] = message.deduplication_id or ""
    if message.group is not None:
        found["MessageGroupId"] = message.group
    if message.source_arn is not None:
        found["DeadLetterQueueSourceArn"] = message.source_arn
    trace = message.system.get("AWSTraceHeader", {}).get("StringValue")
    return {**found, **({"AWSTraceHeader": trace} if trace else {})}


def _received(message: Message) -> dict[str, Any]:
    found = {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": message.md5,
        "Body": message.body,
        "Attributes": system_attributes(message),
    }
    return {**found, **({"MessageAttributes": message.attributes} if message.attributes else {})}


def _sent(sent: Sent) -> dict[str, Any]:
    answer: dict[str, Any] = {"MessageId": sent.id, "MD5OfMessageBody": sent.md5}
    return {**answer, **({"SequenceNumber": sent.sequence} if sent.sequence else {})}


def _milliseconds(at: datetime) -> str:
    return str(round(at.timestamp() * 1000))


def _visibility(seconds: Any) -> timedelta:
    if not 0 <= int(seconds) <= VISIBILITY_MAX_SECONDS:
        raise AwsError("InvalidParameterValue", f"VisibilityTimeout {seconds} must be between 0 and 43200")
    return timedelta(seconds=int(seconds))


def _check_batch(entries: list[Mapping[str, Any]]) -> None:
    if not entries:
        raise AwsError("AWS.SimpleQueueService.EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(entries) > BATCH_MAX:
        raise AwsError(
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are 10. You have sent {len(entries)}.",
        )
    ids = [entry["Id"] for entry in entries]
    if len(set(ids)) < len(ids):
        raise AwsError("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Two entries have the same Id.")
    if not all(_ENTRY_ID.match(name) for name in ids):
        raise AwsError("AWS.SimpleQueueService.InvalidBatchEntryId", "An entry id may hold A-Z a-z 0-9 _ - only.")


def _check_size(queue: Queue, entries: list[Mapping[str, Any]]) -> None:
    size = sum(_size(entry) for entry in entries)
    if len(entries) > 1 and size > queue.most_bytes:
        raise AwsError("AWS.SimpleQueueService.BatchRequestTooLong", f"The batch is {size} bytes, over the limit.")
    if size > queue.most_bytes:
        raise AwsError(
            "InvalidParameterValue", f"One or more parameters are invalid. Reason: {size} bytes > {queue.most_bytes}."
        )


def _size(entry: Mapping[str, Any]) -> int:
    total = len(entry["MessageBody"].encode())
    for name, value in (entry.get("MessageAttributes") or {}).items():
        content = value.get("StringValue", "").encode() or value.get("BinaryValue", b"")
        total += len(name.encode()) + len(value.get("DataType", "").encode()) + len(content)
    return total


def _check_message(queue: Queue, entry: Mapping[str, Any]) -> timedelta | None:
    """Check one entry and return its own delay."""
    body, group, unique = entry["MessageBody"], entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if _FORBIDDEN.search(body):
        raise AwsError("InvalidMessageContents", "The message contains characters outside the allowed set.")
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", unique)):
        if value is not None and not _ID.match(value):
            raise AwsError("InvalidParameterValue", f"{name} can only include alphanumeric and punctuation characters.")
    delay = entry.get("DelaySeconds")
    if queue.fifo:
        _check_fifo(queue, group, unique, delay)
    elif unique is not None:
        raise AwsError("InvalidParameterValue", "MessageDeduplicationId is not valid for this queue type.")
    if delay is not None and not 0 <= int(delay) <= DELAY_MAX_SECONDS:
        raise AwsError("InvalidParameterValue", f"DelaySeconds {delay} must be >= 0 and <= 900.")
    return None if delay is None else timedelta(seconds=int(delay))


def _check_fifo(queue: Queue, group: str | None, unique: str | None, delay: Any) -> None:
    if group is None:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageGroupId.")
    if unique is None and not queue.content_based:
        raise AwsError(
            "InvalidParameterValue",
            "The queue needs ContentBasedDeduplication, or the message a MessageDeduplicationId.",
        )
    if delay is not None and int(delay) > 0:
        raise AwsError("InvalidParameterValue", "DelaySeconds is not valid for this queue type.")
