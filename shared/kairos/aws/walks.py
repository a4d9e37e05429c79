"""Walks in the config table: one row each, of kind "walk", written whole on condition of its revision."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.paging import all_items
from kairos.domain.errors import AlreadyDone, VersionConflict
from kairos.domain.walk import Walk, walk_from_json, walk_to_json

KIND = {"S": "walk"}


class DynamoWalks:
    """Walks."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, walk: Walk) -> None:
        try:
            self._put(walk, ConditionExpression="attribute_not_exists(id)")
        except ConditionFailed as error:
            raise AlreadyDone(f"walk {walk.id} is there") from error

    def read(self, id: str) -> Walk | None:
        key = {"kind": KIND, "id": {"S": id}}
        with calling("config"):
            item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _walk(item) if item else None

    def save(self, walk: Walk) -> Walk:
        following = replace(walk, revision=walk.revision + 1)
        values = {":revision": {"N": str(walk.revision)}}
        try:
            self._put(following, ConditionExpression="revision = :revision", ExpressionAttributeValues=values)
        except ConditionFailed as error:
            raise VersionConflict(f"walk {walk.id}") from error
        return following

    def all(self) -> list[Walk]:
        return [_walk(item) for item in self._rows()]

    def remove(self, id: str) -> None:
        with calling("config"):
            self._client.delete_item(TableName=self._table, Key={"kind": KIND, "id": {"S": id}})

    def _rows(self) -> Iterator[dict[str, Any]]:
        return all_items(
            "config",
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": KIND},
            ScanIndexForward=False,
            ConsistentRead=True,
        )

    def _put(self, walk: Walk, **condition: Any) -> None:
        item = {
            "kind": KIND,
            "id": {"S": walk.id},
            "revision": {"N": str(walk.revision)},
            "walk": {"S": json.dumps(walk_to_json(walk), ensure_ascii=False, separators=(",", ":"))},
        }
        with calling("config"):
            self._client.put_item(TableName=self._table, Item=item, **condition)


def _walk(item: Mapping[str, Any]) -> Walk:
    return walk_from_json(json.loads(item["walk"]["S"]))
