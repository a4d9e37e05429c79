"""Firehose with a bucket behind it: records join a buffer, and by size or age the buffer becomes an object.

Age is counted on the virtual clock from the buffer's first record. A write that is refused is tried again for a day, as
AWS does; what is lost then is counted. Objects are made in the name of the stream's role.
https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
"""

from __future__ import annotations

import gzip
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kairos.local.agenda import Agenda
from kairos.local.call import Call
from kairos.local.errors import AwsError, Unplayable
from kairos.local.notices import Notices
from kairos.local.wire import Caller, Wire

RECORDS_MAX, RECORD_BYTES_MAX, CALL_BYTES_MAX = 500, 1_024_000, 4 * 1024 * 1024
RETRY_EVERY, RETRY_FOR = timedelta(minutes=1), timedelta(days=1)
_NAMESPACE = uuid.UUID("9b0c7a31-4f0e-5d55-8c1c-6b6169726f73")
_TIMESTAMP = re.compile(r"!\{timestamp:([^}]*)\}")
_PATTERNS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M"}


@dataclass(slots=True)
class Stream:
    """One delivery stream. `opened` is when the buffer's first record came."""

    name: str
    arn: str
    bucket: str
    role: str
    prefix: str
    age: timedelta
    size: int
    gzipped: bool
    buffer: bytearray = field(default_factory=bytearray)
    opened: datetime | None = None
    objects: int = 0
    lost: int = 0


class Firehose:
    """All delivery streams, by name. `put` stores an object: (bucket, key, body)."""

    def __init__(
        self,
        wire: Wire,
        agenda: Agenda,
        notices: Notices,
        put: Callable[[str, str, bytes], None],
        arn: Callable[..., str],
    ) -> None:
        self._wire, self._agenda, self._notices, self._put, self._arn = wire, agenda, notices, put, arn
        self.streams: dict[str, Stream] = {}

    def add(self, name: str, properties: Mapping[str, Any]) -> Stream:
        """Add a stream as a template declares it; raise `Unplayable` for what is not played."""
        to = properties.get("ExtendedS3DestinationConfiguration")
        if properties.get("DeliveryStreamType", "DirectPut") != "DirectPut" or to is None:
            raise Unplayable(name, "only streams from PutRecordBatch to a bucket are played")
        for unknown in ("ProcessingConfiguration", "DynamicPartitioningConfiguration", "CustomTimeZone"):
            if to.get(unknown):
                raise Unplayable(name, f"{unknown} is not played")
        hints = to.get("BufferingHints", {})
        stream = Stream(
            name=name,
            arn=self._arn("firehose", f"deliverystream/{name}"),
            bucket=to["BucketARN"].rpartition(":")[2],
            role=to["RoleARN"],
            prefix=to.get("Prefix", "!{timestamp:yyyy/MM/dd/HH}/"),
            age=timedelta(seconds=int(hints.get("IntervalInSeconds", 300))),
            size=int(hints.get("SizeInMBs", 5)) * 1024 * 1024,
            gzipped=to.get("CompressionFormat", "UNCOMPRESSED") == "GZIP",
        )
        self.streams[name] = stream
        return stream

    def answers(self, operation: str, params: Mapping[str, Any]) -> bool:
        return True

    def answer(self, call: Call) -> dict[str, Any]:
        if call.operation != "PutRecordBatch":
            raise AwsError("InvalidArgumentException", f"{call.operation} is not played by the local cloud")
        stream = self.streams.get(str(call.params["DeliveryStreamName"]))
        if stream is None:
            raise AwsError("ResourceNotFoundException", f"Firehose {call.params['DeliveryStreamName']} not found")
        data = [bytes(record["Data"]) for record in call.params["Records"]]
        _check(data)
        for record in data:
            self._take(stream, record)
        answers = [{"RecordId": f"{stream.name}-{number}"} for number in range(len(data))]
        return {"FailedPutCount": 0, "Encrypted": True, "RequestResponses": answers}

    def _take(self, stream: Stream, record: bytes) -> None:
        now = self._wire.now()
        if stream.opened is None:
            stream.opened = opened = now
            self._agenda.add(now + stream.age, lambda: self._grown_old(stream, opened))
        stream.buffer += record
        if len(stream.buffer) >= stream.size:
            self._close(stream)

    def _grown_old(self, stream: Stream, opened: datetime) -> None:
        if stream.opened == opened:
            self._close(stream)

    def _close(self, stream: Stream) -> None:
        body, stream.buffer, stream.opened = bytes(stream.buffer), bytearray(), None
        stream.objects += 1
        key, now = self._key(stream), self._wire.now()
        # After whatever is running: an object is not written in the middle of somebody's call.
        self._agenda.add(now, lambda: self._store(stream, key, body, now))

    def _key(self, stream: Stream) -> str:
        now = self._wire.now()
        prefix = _TIMESTAMP.sub(lambda match: _written(now, match[1]), stream.prefix)
        number = uuid.uuid5(_NAMESPACE, f"{stream.name}#{stream.objects}")
        return f"{prefix}{stream.name}-1-{now:%Y-%m-%d-%H-%M-%S}-{number}" + (".gz" if stream.gzipped else "")

    def _store(self, stream: Stream, key: str, body: bytes, since: datetime) -> None:
        caller = Caller("firehose", source=stream.arn, role=stream.role)
        try:
            self._wire.permit(caller, "s3", "PutObject", {"Bucket": stream.bucket, "Key": key})
            stored = gzip.compress(body, mtime=0) if stream.gzipped else body
            self._put(stream.bucket, key, stored)
        except AwsError:
            if self._wire.now() - since >= RETRY_FOR:
                stream.lost += 1
                return
            self._agenda.add(self._wire.now() + RETRY_EVERY, lambda: self._store(stream, key, body, since))
            return
        self._notices.give(stream.bucket, key, len(stored))


def _check(data: list[bytes]) -> None:
    if not 1 <= len(data) <= RECORDS_MAX:
        raise AwsError("ValidationException", f"records must have length between 1 and {RECORDS_MAX}")
    if any(len(record) > RECORD_BYTES_MAX for record in data):
        raise AwsError("InvalidArgumentException", f"a record is larger than {RECORD_BYTES_MAX} bytes")
    if sum(map(len, data)) > CALL_BYTES_MAX:
        raise AwsError("InvalidArgumentException", f"the records are larger than {CALL_BYTES_MAX} bytes together")


def _written(now: datetime, pattern: str) -> str:
    return "".join(now.strftime(_PATTERNS[part]) if part in _PATTERNS else part for part in re.split(r"(\W)", pattern))
