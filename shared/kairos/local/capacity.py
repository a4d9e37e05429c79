"""What DynamoDB would charge: request units from the size of the items that a call touched.

A write costs one unit for each kilobyte of the larger of the old and new item, and the same again for each index whose
entry changes (two where it moves); a strongly consistent read one for each four kilobytes, an eventual one half of
that; a transaction twice.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from kairos.local.errors import AwsError
from kairos.local.items import item_size, stored

WRITE_UNIT, READ_UNIT = 1024, 4096


@dataclass(slots=True)
class Capacity:
    """What one table has consumed: read and write request units, and requests by operation."""

    reads: float = 0.0
    writes: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Measured:
    """One call's units by table; `result` is the call's answer, set before leaving the measure."""

    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    result: dict[str, Any] = field(default_factory=dict)
    many: bool = False

    def consumed(self, kind: str) -> dict[str, Any]:
        """Return the `ConsumedCapacity` of an answer, a list for operations over several tables."""
        tables = sorted({*self.reads, *self.writes})
        found = [_consumed(name, float(self.reads[name] + self.writes[name]), kind) for name in tables]
        return {"ConsumedCapacity": found if self.many else found[0]} if found else {}


class Meter:
    """Capacity by table name."""

    def __init__(self, table: Callable[[str], Any]) -> None:
        self._table = table
        self.tables: dict[str, Capacity] = {}

    @contextmanager
    def measure(self, operation: str, body: Mapping[str, Any]) -> Iterator[Measured]:
        """Count what happens inside; a failed condition costs what a write would."""
        measured = Measured(many=operation.startswith(("Batch", "Transact")))
        keys = list(_written_keys(operation, body))
        before = [(name, key, stored(self._table(name), key)) for name, key in keys]
        factor = 2 if operation.startswith("Transact") else 1
        try:
            yield measured
        except AwsError as error:
            if error.code in ("ConditionalCheckFailedException", "TransactionCanceledException"):
                for name, _, old in before:
                    measured.writes[name] += factor * _units(item_size(old), WRITE_UNIT)
                self._book(operation, measured)
            raise
        for name, key, old in before:
            new = stored(self._table(name), key)
            measured.writes[name] += factor * self._write_units(self._table(name), old, new)
        self._count_reads(operation, body, measured, factor)
        self._book(operation, measured)

    def _write_units(self, table: Any, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> int:
        units = _units(max(item_size(old), item_size(new)), WRITE_UNIT)
        for index in table.global_indexes:
            before, after = _projected(table, index, old), _projected(table, index, new)
            if before == after:
                continue
            moved = before and after and any(before[name] != after[name] for name in index.schema_key_attrs)
            sizes = [item_size(before), item_size(after)] if moved else [max(item_size(before), item_size(after))]
            units += sum(_units(size, WRITE_UNIT) for size in sizes)
        return units

    def _count_reads(self, operation: str, body: Mapping[str, Any], measured: Measured, factor: int) -> None:
        for name, key, consistent in _read_keys(operation, body):
            size = item_size(stored(self._table(name), key))
            measured.reads[name] += factor * _units(size, READ_UNIT) * (1 if consistent or factor == 2 else 0.5)  # type: ignore[assignment]
        if operation in ("Query", "Scan"):
            # What a filter hides is paid for too, but moto does not say what it was.
            size = sum(item_size(item) for item in measured.result.get("Items", []))
            units = _units(size, READ_UNIT) * (1 if body.get("ConsistentRead") else 0.5)
            measured.reads[body["TableName"]] += units  # type: ignore[assignment]

    def _book(self, operation: str, measured: Measured) -> None:
        for name in {*measured.reads, *measured.writes}:
            capacity = self.tables.setdefault(name, Capacity())
            capacity.reads += measured.reads[name]
            capacity.writes += measured.writes[name]
            capacity.requests[operation] += 1


def _units(size: int, unit: int) -> int:
    return max(1, ceil(size / unit))


def _consumed(name: str, units: float, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"TableName": name, "CapacityUnits": units}
    return {**found, "Table": {"CapacityUnits": units}} if kind == "INDEXES" else found


def _projected(table: Any, index: Any, item: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if item is None or any(name not in item for name in index.schema_key_attrs):
        return None
    if index.projection.get("ProjectionType") == "ALL":
        return dict(item)
    keep = {table.hash_key_attr, table.range_key_attr, *index.schema_key_attrs}
    keep |= set(index.projection.get("NonKeyAttributes") or ())
    return {name: value for name, value in item.items() if name in keep}


def _written_keys(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        yield body["TableName"], body.get("Key") or body["Item"]
    elif operation == "BatchWriteItem":
        for name, requests in body["RequestItems"].items():
            for request in requests:
                yield (
                    name,
                    request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"],
                )
    elif operation == "TransactWriteItems":
        for entry in body["TransactItems"]:
            for op in entry.values():
                yield op["TableName"], op.get("Key") or op["Item"]


def _read_keys(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    if operation == "GetItem":
        yield body["TableName"], body["Key"], bool(body.get("ConsistentRead"))
    elif operation == "BatchGetItem":
        for name, spec in body["RequestItems"].items():
            for key in spec["Keys"]:
                yield name, key, bool(spec.get("ConsistentRead"))
    elif operation == "TransactGetItems":
        for entry in body["TransactItems"]:
            yield entry["Get"]["TableName"], entry["Get"]["Key"], True
