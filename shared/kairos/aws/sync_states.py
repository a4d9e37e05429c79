"""States of connections that are read: one row each of kind "sync" in the config table, on condition of its revision.

What was told of entries is compressed beside the state: a busy calendar has a thousand of them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kairos.app.sync.state import SyncState, state_from_json, state_to_json, told_to_json
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.paging import all_items
from kairos.aws.table import check_size
from kairos.domain.errors import VersionConflict

KIND = {"S": "sync"}


class DynamoSyncStates:
    """SyncStates."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, source: str, connection: str) -> SyncState:
        key = {"kind": KIND, "id": {"S": f"{source}/{connection}"}}
        with calling("config"):
            item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _state(item) if item else SyncState(source, connection)

    def save(self, state: SyncState) -> SyncState:
        following = replace(state, revision=state.revision + 1)
        item = _item(following)
        check_size(f"the state of {state.key}", item)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if state.revision:
            condition = {
                "ConditionExpression": "revision = :revision",
                "ExpressionAttributeValues": {":revision": {"N": str(state.revision)}},
            }
        try:
            with calling("config"):
                self._client.put_item(TableName=self._table, Item=item, **condition)
        except ConditionFailed as error:
            raise VersionConflict(f"sync {state.key}") from error
        return following

    def all(self) -> list[SyncState]:
        return [_state(item) for item in self._rows()]

    def _rows(self) -> Iterator[dict[str, Any]]:
        return all_items(
            "config",
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": KIND},
            ConsistentRead=True,
        )


def _item(state: SyncState) -> dict[str, Any]:
    return {
        "kind": KIND,
        "id": {"S": state.key},
        "revision": {"N": str(state.revision)},
        "state": {"S": _text(state_to_json(state))},
        "told": {"B": zlib.compress(_text(told_to_json(state.told)).encode())},
    }


def _state(item: Mapping[str, Any]) -> SyncState:
    source, _, connection = item["id"]["S"].partition("/")
    told = json.loads(zlib.decompress(bytes(item["told"]["B"])))
    return state_from_json(source, connection, int(item["revision"]["N"]), json.loads(item["state"]["S"]), told)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
