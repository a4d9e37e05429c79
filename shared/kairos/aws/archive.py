"""The archive: lines into Firehose, objects out of S3, and the notices between them.

Firehose bills each record as at least 5 kB and joins records as they are, so lines travel packed into as few records as
they fit: a batch of the inbox is one record.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import unquote_plus

from kairos.app.archive import line_of
from kairos.aws.errors import calling
from kairos.domain.errors import BadInput, TooLarge, Unavailable

OBJECTS = "decisions/"
"""Where Firehose puts what it joins, by UTC date and hour (`infra/archive.py`)."""

RECORDS_MAX = 500
RECORD_BYTES_MAX = 1_024_000
CALL_BYTES_MAX = 4 * 1024 * 1024
PACKED_BYTES = 256_000
"""Where a record of several lines is closed: far beyond the 5 kB it is billed for, and cheap to send again."""

ATTEMPTS = 4
OBJECT_BYTES_MAX = 256_000_000
"""Unpacked; Firehose closes an object at 5 MB, so a larger one is none of ours."""


class FirehoseArchive:
    """Archive. `client` makes Firehose's client when it is first needed: `ingest` seldom archives anything."""

    def __init__(self, client: Callable[[], Any], stream: str) -> None:
        self._client = client
        self._stream = stream

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        for batch in _batches(pack([line_of(record) for record in records])):
            self._send(batch)

    def _send(self, batch: list[bytes]) -> None:
        """Send until everything is accepted: Firehose refuses single records when it is throttled."""
        codes: list[str] = []
        for _ in range(ATTEMPTS):
            with calling("archive"):
                answer = self._client().put_record_batch(
                    DeliveryStreamName=self._stream, Records=[{"Data": data} for data in batch]
                )
            if not answer.get("FailedPutCount"):
                return
            answers = list(zip(batch, answer["RequestResponses"], strict=True))
            batch = [data for data, each in answers if each.get("ErrorCode")]
            codes = [each["ErrorCode"] for _, each in answers if each.get("ErrorCode")]
        raise Unavailable("archive", f"{len(batch)} records refused: {codes[0]}")


def pack(lines: Iterable[bytes]) -> list[bytes]:
    """Return the lines, each with its end, as records of about PACKED_BYTES. Raises TooLarge for an endless line."""
    packed: list[list[bytes]] = []
    size = PACKED_BYTES
    for line in lines:
        if len(line) >= RECORD_BYTES_MAX:
            raise TooLarge("archive", len(line), RECORD_BYTES_MAX)
        if size + len(line) > PACKED_BYTES:
            packed.append([])
            size = 0
        packed[-1] += [line, b"\n"]
        size += len(line) + 1
    return [b"".join(parts) for parts in packed]


def _batches(data: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for record in data:
        if batch and (len(batch) == RECORDS_MAX or size + len(record) > CALL_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record)
    if batch:
        yield batch


class S3ArchiveReader:
    """ArchiveReader."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def lines(self, name: str) -> Iterator[bytes]:
        with calling("archive"):
            body = self._client.get_object(Bucket=self._bucket, Key=name)["Body"]
            packed = body.read()
        yield from unpack(packed).splitlines()

    def names(self, hour: datetime) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        with calling("archive"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{OBJECTS}{hour:%Y/%m/%d/%H}/"):
                yield from (row["Key"] for row in page.get("Contents", ()))


def unpack(packed: bytes) -> bytes:
    """Return what Firehose compressed, of one or several members. Raises BadInput for anything else."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(packed)) as file:
            data = file.read(OBJECT_BYTES_MAX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput("object", f"gzip ({error})") from error
    if len(data) > OBJECT_BYTES_MAX:
        raise BadInput("object", f"at most {OBJECT_BYTES_MAX} bytes unpacked")
    return data


def read_notice(body: str) -> list[str]:
    """Return the names of the new objects that a notice of S3 tells of; none for the one it sends as a test.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    Raises BadInput for anything else.
    """
    try:
        notice = json.loads(body)
        if notice.get("Event") == "s3:TestEvent":
            return []
        return [unquote_plus(record["s3"]["object"]["key"]) for record in notice["Records"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput("body", "a notice of S3") from error
