"""All or nothing, once per token: what moto's transactions cost and forget.

moto deep-copies every touched table to be able to roll back. Here a table copies to itself, and a cancelled
transaction is undone key by key, its stream records with it. A `ClientRequestToken` is remembered for ten minutes.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from kairos.local.errors import AwsError

TOKEN_SECONDS = 600


class Transactions:
    """TransactWriteItems, with memory."""

    def __init__(self, table: Callable[[str], Any]) -> None:
        self._table = table
        self._tokens: dict[str, tuple[float, str, dict[str, Any]]] = {}

    def run(self, body: Mapping[str, Any], act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Run `act`, undoing what it wrote if it raises; answer a repeated token from memory."""
        token = body.get("ClientRequestToken")
        known = self._recall(token, body)
        if known is not None:
            return known
        with self._undo(body), _tables_copy_to_themselves():
            answer = act()
        if token:
            self._tokens[token] = (time.time(), _digest(body), answer)
        return answer

    def _recall(self, token: str | None, body: Mapping[str, Any]) -> dict[str, Any] | None:
        if token is None or token not in self._tokens:
            return None
        at, digest, answer = self._tokens[token]
        if time.time() - at >= TOKEN_SECONDS:
            return None
        if digest != _digest(body):
            raise AwsError("IdempotentParameterMismatchException", "The token was used with other parameters")
        return answer

    @contextmanager
    def _undo(self, body: Mapping[str, Any]) -> Iterator[None]:
        keys = [(self._table(op["TableName"]), op) for entry in body["TransactItems"] for op in entry.values()]
        before = [(table, *_key(table, op), copy.deepcopy(_find(table, *_key(table, op)))) for table, op in keys]
        shards = [(table.stream_shard, len(table.stream_shard.items)) for table, _ in keys if table.stream_shard]
        try:
            yield
        except AwsError:
            for table, hash_key, range_key, item in before:
                _restore(table, hash_key, range_key, item)
            for shard, length in shards:
                del shard.items[length:]
            raise


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(repr(body["TransactItems"]).encode()).hexdigest()


def _key(table: Any, op: Mapping[str, Any]) -> tuple[DynamoType, DynamoType | None]:
    key = op.get("Key") or op.get("Item") or {}
    if table.hash_key_attr not in key or (table.range_key_attr and table.range_key_attr not in key):
        raise AwsError("ValidationException", "The provided key element does not match the schema")
    return DynamoType(key[table.hash_key_attr]), DynamoType(key[table.range_key_attr]) if table.range_key_attr else None


def _find(table: Any, hash_key: DynamoType, range_key: DynamoType | None) -> Any:
    found = table.items.get(hash_key)
    return found.get(range_key) if range_key is not None and found is not None else found


def _restore(table: Any, hash_key: DynamoType, range_key: DynamoType | None, item: Any) -> None:
    if range_key is None:
        holder, key = table.items, hash_key
    else:
        holder, key = table.items[hash_key], range_key
    if item is None:
        holder.pop(key, None)
    else:
        holder[key] = item


@contextmanager
def _tables_copy_to_themselves() -> Iterator[None]:
    kind: Any = Table
    kind.__deepcopy__ = lambda self, memo: self
    try:
        yield
    finally:
        del kind.__deepcopy__
