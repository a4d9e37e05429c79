"""Everywhere that a running stack writes something down, as text: what a search for a person must not find."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from kairos.aws.dictionary import STATES
from kairos.local import LocalCloud
from kairos.local.call import Call

# Where personal data belongs (DESIGN 2, rule 7): the table of contacts, and what `deliver` hands to a provider.
MAY_HOLD = {("sesv2", "SendEmail"), ("sns", "Publish"), ("sns", "CreatePlatformEndpoint")}
APART = ("customers", "identities", "messages", "suppressions", "config", "consents", "insights", "board")


def surfaces(cloud: LocalCloud) -> Iterator[tuple[str, str]]:
    """Yield (where, text) of every log line, call, queued message, stream record, schedule, item and object."""
    for line in cloud.logs:
        yield f"log of {line.function}", line.text
    for call in cloud.parts.wire.calls:
        if call.function is not None and not may_hold(cloud, call):
            yield f"{call.function}: {call.service}.{call.operation}", readable(call.params)
    for name, queue in cloud.queues.items():
        if name != "feedback-dlq":  # SES's own words, before `ingest` reads them: under the contacts key
            for message in queue:
                yield f"queue {name}", readable([message.body, dict(message.attributes)])
    for name in APART:
        for item in cloud.tables[name].items():
            yield f"table {name}", readable(item)
    for source in cloud.parts.stream_sources:
        for record in source.shard.items:
            yield f"stream {source.arn}", readable(record.to_json())
    for group in cloud.parts.scheduler.groups.values():
        for schedule in group.values():
            yield f"schedule {schedule.name}", readable(dict(schedule.params))
    yield from _objects(cloud)


def handed(cloud: LocalCloud) -> Iterator[tuple[str, str]]:
    """Yield (service.operation, text) of the calls that may carry personal data."""
    for call in cloud.parts.wire.calls:
        if call.function is not None and may_hold(cloud, call):
            yield f"{call.service}.{call.operation}", readable(call.params)


def may_hold(cloud: LocalCloud, call: Call) -> bool:
    """Tell whether a call may carry personal data."""
    if call.service == "dynamodb":
        return call.params.get("TableName") == cloud.outputs["ContactsTable"]
    return (call.service, call.operation) in MAY_HOLD


def _objects(cloud: LocalCloud) -> Iterator[tuple[str, str]]:
    s3 = cloud.session.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            body = s3.get_object(Bucket=bucket["Name"], Key=entry["Key"])["Body"].read()
            yield f"object {entry['Key']}", entry["Key"] + readable(body)


def readable(value: Any) -> str:
    """Return a value as one text, with every binary in it inflated."""
    if isinstance(value, Mapping):
        return " ".join(f"{key} {readable(each)}" for key, each in value.items())
    if isinstance(value, (list, tuple, set)):
        return " ".join(map(readable, value))
    if isinstance(value, (bytes, bytearray)):
        return inflated(bytes(value))
    if hasattr(value, "value") and isinstance(value.value, bytes):
        return inflated(value.value)
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def inflated(data: bytes) -> str:
    """Return what bytes say: compressed, or as they are."""
    for inflate in (gzip.decompress, zlib.decompressobj(zdict=STATES).decompress):
        with suppress(OSError, zlib.error, EOFError):
            return inflate(data).decode("utf-8", "replace")
    with suppress(UnicodeDecodeError):
        return data.decode()
    return data.hex()
