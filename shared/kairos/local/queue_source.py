"""A queue that starts a function: batches, partial answers, and what was not done comes back.

Sequential, which keeps runs the same: concurrency of AWS shows in order and repetition, and those are played by faults
and crashes. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kairos.local.function import Function, Result
from kairos.local.patterns import Filters
from kairos.local.queue import Message, Queue
from kairos.local.sqs import system_attributes

Invoke = Callable[[Function, Any], Result]


@dataclass(slots=True)
class QueueSource:
    """One event source mapping from `queue` to `function`. `partial` is ReportBatchItemFailures."""

    queue: Queue
    function: Function
    invoke: Invoke
    region: str
    batch: int = 10
    partial: bool = False
    filters: Filters | None = None
    enabled: bool = True

    def run(self, now: datetime) -> bool:
        """Hand one batch to the function; tell whether there was one."""
        if not self.enabled or not self.queue.ready(now):
            return False
        messages = self.queue.receive(now, self.batch)
        records = {message.id: self._record(message) for message in messages}
        wanted = [m for m in messages if self.filters is None or self.filters.message(records[m.id])]
        for message in messages:
            if message not in wanted:
                self._delete(message)
        if wanted:
            result = self.invoke(self.function, {"Records": [records[message.id] for message in wanted]})
            self._settle(wanted, result)
        # A receive that only buried messages has changed the queue too.
        return True

    def next_due(self, now: datetime) -> datetime | None:
        """Return when something out of sight may be received."""
        return self.queue.next_due(now) if self.enabled else None

    def _settle(self, messages: list[Message], result: Result) -> None:
        failed = _failed(result, {message.id for message in messages}) if self.partial else set()
        if not result.ok or failed is None:
            return  # all of them come back when their visibility runs out
        for message in messages:
            if message.id not in failed:
                self._delete(message)

    def _delete(self, message: Message) -> None:
        if message.receipt is not None:
            self.queue.delete(message.receipt)

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": system_attributes(message),
            "messageAttributes": {name: _attribute(value) for name, value in message.attributes.items()},
            "md5OfBody": message.md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self.queue.arn,
            "awsRegion": self.region,
        }


def _failed(result: Result, sent: set[str]) -> set[str] | None:
    """Return the ids that the function reports, or None where its answer makes the whole batch a failure."""
    if not result.ok:
        return None
    answer = result.payload
    if answer is None or (isinstance(answer, dict) and not answer.get("batchItemFailures")):
        return set()
    try:
        failed = {entry["itemIdentifier"] for entry in answer["batchItemFailures"]}
    except (TypeError, KeyError):
        return None
    return failed if failed <= sent else None


def _attribute(value: Any) -> dict[str, Any]:
    return {
        "stringValue": value.get("StringValue"),
        "dataType": value.get("DataType"),
        "stringListValues": [],
        "binaryListValues": [],
    }
