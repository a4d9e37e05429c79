"""What SQS refuses: sizes, characters, delays, identifiers.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kairos.local.errors import AwsError
from kairos.local.queue import Queue

BATCH_MAX = 10
DELAY_MAX_SECONDS = 900
VISIBILITY_MAX_SECONDS = 43_200
# Alphanumeric characters and punctuation, up to 128.
_ID = re.compile(r"^[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}$")
_ENTRY_ID = re.compile(r"^[A-Za-z0-9_-]{1,80}$")
# XML 1.0's characters: SQS refuses others. https://www.w3.org/TR/REC-xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def visibility_of(seconds: Any) -> timedelta:
    """Return a visibility time-out of that many seconds."""
    if not 0 <= int(seconds) <= VISIBILITY_MAX_SECONDS:
        raise AwsError("InvalidParameterValue", f"VisibilityTimeout {seconds} must be between 0 and 43200")
    return timedelta(seconds=int(seconds))


def check_batch(entries: list[Mapping[str, Any]]) -> None:
    """Refuse a batch that has no, too many, or confusable entries."""
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


def check_size(queue: Queue, entries: list[Mapping[str, Any]]) -> None:
    """Refuse a message, or a batch, of more bytes than the queue takes: bodies and attributes."""
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


def check_message(queue: Queue, entry: Mapping[str, Any]) -> timedelta | None:
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
