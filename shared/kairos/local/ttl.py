"""Time to live: once an hour of the virtual clock, what has expired is deleted.

DynamoDB promises no more than "within a few days"; an item past its time may still be read, and a reader must look.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

EVERY = timedelta(hours=1)


class TimeToLive:
    """Deletes expired items of `tables`, at every full hour."""

    def __init__(self, tables: Callable[[], Iterable[Any]], start: datetime) -> None:
        self._tables = tables
        self._next = start.replace(minute=0, second=0, microsecond=0) + EVERY
        self.deleted = 0

    def next_due(self) -> datetime:
        """Return the next full hour."""
        return self._next

    def run_due(self, now: datetime) -> bool:
        """Delete what expired by `now` if an hour has passed; tell whether anything was deleted."""
        if now < self._next:
            return False
        self._next = now.replace(minute=0, second=0, microsecond=0) + EVERY
        before = self.deleted
        for table in self._tables():
            if table.ttl.get("TimeToLiveStatus") == "ENABLED":
                self._expire(table, table.ttl["AttributeName"], now.timestamp())
        return self.deleted > before

    def _expire(self, table: Any, attribute: str, now: float) -> None:
        shard = table.stream_shard
        for item in list(_stored(table)):
            expires = item.attrs.get(attribute)
            # A value that is no number, or more than five years ago, is left alone.
            if expires is None or expires.type != "N" or not now - 5 * 366 * 86_400 < float(expires.value) <= now:
                continue
            if shard is not None:
                shard.deleting_by_ttl = True
            try:
                table.delete_item(item.hash_key, item.range_key)
            finally:
                if shard is not None:
                    shard.deleting_by_ttl = False
            self.deleted += 1


def _stored(table: Any) -> Iterator[Any]:
    """Yield every item as moto keeps it: its own listing sorts them all first, which takes longer than what is done."""
    for held in table.items.values():
        if table.range_key_attr is None:
            yield held
        else:
            yield from held.values()
