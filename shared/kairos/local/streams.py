"""A table's stream: what changed, in order, as Lambda hands it to a function.

Moto records changes; ours leaves out those that change nothing, as DynamoDB does, says when and where they happened,
and keeps binaries as base64 text. One shard for a table: a record that cannot be processed holds up all that follow,
where AWS would hold up those of its own shard. That is the harder case.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from moto.dynamodb.models.table import StreamRecord, StreamShard

from kairos.local.items import attributes, item_size


class LocalShard(StreamShard):
    """Moto's shard, with our records. `deleting_by_ttl` marks removals that DynamoDB itself makes."""

    def __init__(self, account: str, table: Any, now: Callable[[], datetime]) -> None:
        super().__init__(account, table)
        self._now = now
        self._made = 0
        self.deleting_by_ttl = False

    def add(self, old: Any, new: Any) -> None:
        """Record a change, if it is one."""
        before = None if old is None else attributes(old)
        after = None if new is None else attributes(new)
        if before == after:
            return
        self._made += 1
        self.items.append(_Record(self._record(before, after)))

    def _record(self, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
        view = self.table.stream_specification["StreamViewType"]  # type: ignore[index]
        keys = (self.table.hash_key_attr, self.table.range_key_attr)
        sequence = f"{self.starting_sequence_number + self._made}"
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": float(int(self._now().timestamp())),
            "Keys": as_text({name: value for name, value in (new or old or {}).items() if name in keys}),
            "SequenceNumber": sequence,
            "SizeBytes": item_size(old) + item_size(new),
            "StreamViewType": view,
        }
        if new is not None and view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["NewImage"] = as_text(new)
        if old is not None and view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["OldImage"] = as_text(old)
        record = {
            "eventID": hashlib.md5(f"{self.table.table_arn}#{sequence}".encode(), usedforsecurity=False).hexdigest(),
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self.table.region_name,
            "dynamodb": change,
            "eventSourceARN": f"{self.table.table_arn}/stream/{self.table.latest_stream_label}",
        }
        if self.deleting_by_ttl:
            record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        return record


class _Record(StreamRecord):
    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record


def as_text(value: Any) -> Any:
    """Return an item as JSON carries it: binaries in base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {key: as_text(item) for key, item in value.items()}
    return [as_text(item) for item in value] if isinstance(value, list) else value


def watch(table: Any, account: str, now: Callable[[], datetime]) -> LocalShard:
    """Replace the shard of a table of moto's whose stream is on, and return ours."""
    shard = LocalShard(account, table, now)
    table.stream_shard = shard
    return shard
