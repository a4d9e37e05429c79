"""Sending to SQS: in batches of its size, all accepted or an error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from kairos.aws.errors import calling
from kairos.domain.errors import TooLarge, Unavailable

ENTRIES_MAX = 10
BYTES_MAX = 262_144  # of one message, and of one batch

# SQS takes the characters of XML 1.0; JSON escapes the rest only when asked to write ASCII.
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ASCII = json.JSONEncoder(separators=(",", ":")).encode
_REFUSED = re.compile("[\ud800-\udfff\ufffe\uffff]")


def body(value: Any) -> str:
    """Return compact JSON that SQS accepts, in as few bytes as it allows."""
    text = _JSON(value)
    return text if text.isascii() or not _REFUSED.search(text) else _ASCII(value)


def send(client: Any, url: str, what: str, entries: Sequence[dict[str, Any]]) -> None:
    """Send all entries (without Id), in order. Raises Unavailable when any was not accepted, TooLarge for one that
    no call could carry."""
    for batch in _batches(what, entries):
        numbered = [{"Id": str(number), **entry} for number, entry in enumerate(batch)]
        with calling(what):
            answer = client.send_message_batch(QueueUrl=url, Entries=numbered)
        if failed := answer.get("Failed"):
            raise Unavailable(what, f"{len(failed)} of {len(batch)} messages refused: {failed[0].get('Code', '')}")


def _batches(what: str, entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        bytes_ = len(entry["MessageBody"].encode())
        if bytes_ > BYTES_MAX:
            raise TooLarge(what, bytes_, BYTES_MAX)
        if batch and (len(batch) == ENTRIES_MAX or size + bytes_ > BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += bytes_
    if batch:
        yield batch
