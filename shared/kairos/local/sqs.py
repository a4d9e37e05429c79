"""SQS's API over our queues, with the checks that SQS makes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
A receive never waits: on a clock that stands still nothing would come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kairos.local.call import Call
from kairos.local.errors import AwsError
from kairos.local.queue import Message, Queue, Sent
from kairos.local.sqs_limits import BATCH_MAX, check_batch, check_message, check_size, visibility_of


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
        check_size(queue, [params])
        return _sent(self._send(queue, params))

    def send_batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        queue, entries = self._queue(params), params["Entries"]
        check_batch(entries)
        check_size(queue, entries)
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        for entry in entries:
            try:
                good.append({"Id": entry["Id"], **_sent(self._send(queue, entry))})
            except AwsError as error:
                bad.append({"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message})
        return {"Successful": good, **({"Failed": bad} if bad else {})}

    def _send(self, queue: Queue, entry: Mapping[str, Any]) -> Sent:
        delay = check_message(queue, entry)
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
        hidden = params.get("VisibilityTimeout")
        queue = self._queue(params)
        messages = queue.receive(self._now(), most, None if hidden is None else visibility_of(hidden))
        return {"Messages": [_received(message) for message in messages]} if messages else {}

    def delete(self, params: Mapping[str, Any]) -> dict[str, Any]:
        if not self._queue(params).delete(params["ReceiptHandle"]):
            raise AwsError("ReceiptHandleIsInvalid", f"The receipt handle {params['ReceiptHandle']!r} is not valid.")
        return {}

    def change_visibility(self, params: Mapping[str, Any]) -> dict[str, Any]:
        span = visibility_of(params["VisibilityTimeout"])
        if not self._queue(params).change_visibility(params["ReceiptHandle"], self._now(), span):
            raise AwsError("MessageNotInflight", "The specified message isn't in flight.")
        return {}

    def each(self, act: Callable[[Mapping[str, Any]], dict[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
        """Do `act` for each entry of a batch, which fail one by one."""
        check_batch(params["Entries"])
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
