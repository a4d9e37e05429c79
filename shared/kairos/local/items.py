"""DynamoDB's item operations: moto's method for each, what an answer may hold, and the size of an item.

Sizes follow the developer guide: names and strings in UTF-8 bytes, numbers about a byte for two digits, 3 bytes and
one per element for a list or map.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ItemOperation:
    """An operation's method in moto's handler and the keys of its answer."""

    method: str
    answer: frozenset[str]


def _operation(method: str, *answer: str) -> ItemOperation:
    return ItemOperation(method, frozenset(answer))


_PAGE = ("Items", "Count", "ScannedCount", "LastEvaluatedKey")
ITEM_OPERATIONS = {
    "GetItem": _operation("get_item", "Item"),
    "PutItem": _operation("put_item", "Attributes", "ItemCollectionMetrics"),
    "UpdateItem": _operation("update_item", "Attributes", "ItemCollectionMetrics"),
    "DeleteItem": _operation("delete_item", "Attributes", "ItemCollectionMetrics"),
    "Query": _operation("query", *_PAGE),
    "Scan": _operation("scan", *_PAGE),
    "BatchGetItem": _operation("batch_get_item", "Responses", "UnprocessedKeys"),
    "BatchWriteItem": _operation("batch_write_item", "UnprocessedItems", "ItemCollectionMetrics"),
    "TransactGetItems": _operation("transact_get_items", "Responses"),
    "TransactWriteItems": _operation("transact_write_items", "ItemCollectionMetrics"),
}


def item_size(item: Mapping[str, Any] | None) -> int:
    """Return the bytes that an item takes, attributes as {"S": …}; 0 for None."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items()) if item else 0


def value_size(value: Mapping[str, Any]) -> int:
    """Return the bytes of one attribute value."""
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(content)
    if kind == "N":
        return _number_size(content)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return 3 + sum(1 + value_size(item) for item in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + value_size(item) for name, item in content.items())
    return sum(_number_size(item) if kind == "NS" else len(item if kind == "BS" else item.encode()) for item in content)


def _number_size(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def stored(table: Any, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the item that moto's `table` holds under `key`, attributes as {"S": …}, or None.

    `key` may hold more attributes than the key's.
    """
    from moto.dynamodb.models.dynamo_type import DynamoType

    try:
        names = [name for name in (table.hash_key_attr, table.range_key_attr) if name]
        item = table.get_item(*[DynamoType(key[name]) for name in names])
    except Exception:  # noqa: BLE001  a malformed key has no item; moto's own check names the fault
        return None
    return None if item is None else attributes(item)


def attributes(item: Any) -> dict[str, Any]:
    """Return the attributes of moto's item as {"name": {"S": …}}, sharing nothing with it."""
    from moto.dynamodb.models.utilities import dynamo_to_dict

    return {name: dynamo_to_dict(value) for name, value in item.attrs.items()}
