"""A table as tests and tools look into it: past the wire, for nothing is charged or refused here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boto3.dynamodb.types import Binary, TypeDeserializer

from kairos.local.items import attributes

_DESERIALIZER = TypeDeserializer()


class Table:
    """One table; items as Python values (numbers as Decimal, binaries as bytes)."""

    def __init__(self, table: Any) -> None:
        self._table = table

    @property
    def name(self) -> str:
        return str(self._table.name)

    def items(self) -> list[dict[str, Any]]:
        """Return all items, in order of their keys."""
        return [{name: _python(value) for name, value in attributes(item).items()} for item in self._table.all_items()]

    def get(self, *key: str) -> dict[str, Any] | None:
        """Return the item under a partition key and, where the table has one, a sort key."""
        names = [name for name in (self._table.hash_key_attr, self._table.range_key_attr) if name]
        wanted = dict(zip(names, key, strict=True))
        return next((item for item in self.items() if all(item[name] == wanted[name] for name in names)), None)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.items())

    def __len__(self) -> int:
        return len(self._table.all_items())


def _python(value: Any) -> Any:
    found = _DESERIALIZER.deserialize(value)
    return bytes(found.value) if isinstance(found, Binary) else found  # type: ignore[attr-defined]
