"""Let a query look at one partition only.

moto sorts and searches the whole table for each query, which makes a sweep of an empty index cost as much as the table
is long. While a query runs, its table holds just the items that its partition key can match.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType

_EQUALS = re.compile(r"([#\w.\-]+)\s*=\s*(:\w+)")


@contextmanager
def one_partition(table: Any, body: Mapping[str, Any]) -> Iterator[bool]:
    """Show a query no more than its partition of `table`, or of the index that it names; yield whether it has items."""
    index = body.get("IndexName")
    name = table.hash_key_attr if index is None else _index_key(table, index)
    value = None if name is None else _asked(body, name)
    if name is None or value is None:
        yield True
        return
    kept = table.items
    table.items = _partition(kept, value) if index is None else _matching(table, name, value)
    try:
        yield bool(table.items)
    finally:
        table.items = kept


def _index_key(table: Any, index: str) -> str | None:
    for known in table.global_indexes:
        if known.name == index:
            return str(known.schema[0]["AttributeName"])
    return None


def _asked(body: Mapping[str, Any], name: str) -> DynamoType | None:
    names = body.get("ExpressionAttributeNames") or {}
    values = body.get("ExpressionAttributeValues") or {}
    for left, right in _EQUALS.findall(body.get("KeyConditionExpression") or ""):
        if names.get(left, left) == name and right in values:
            value = DynamoType(values[right])
            # Numbers are equal in more than one spelling: moto compares those itself.
            return value if value.type in ("S", "B") else None
    return None


def _partition(items: Any, value: DynamoType) -> Any:
    found: Any = defaultdict(dict)
    if value in items:
        found[value] = items[value]
    return found


def _matching(table: Any, name: str, value: DynamoType) -> Any:
    found: Any = defaultdict(dict)
    wanted = value.value

    def matches(item: Any) -> bool:
        held = item.attrs.get(name)
        return held is not None and held.value == wanted

    for hash_key, held in table.items.items():
        if table.range_key_attr is None:
            if matches(held):
                found[hash_key] = held
            continue
        rows = {range_key: item for range_key, item in held.items() if matches(item)}
        if rows:
            found[hash_key] = rows
    return found
