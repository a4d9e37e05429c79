"""When connections were last heard of: one row each of kind "heard" in the config table, on condition of its revision.

A row is written by UpdateItem, which names its key: so a policy can say that `ingest` writes rows of this kind alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kairos.app.heard import Heard, heard_from_json, heard_to_json
from kairos.aws.errors import ConditionFailed, calling
from kairos.domain.errors import VersionConflict

KIND = {"S": "heard"}


class DynamoHeardOf:
    """HeardOf."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, source: str, connection: str) -> Heard:
        with calling("config"):
            item = self._client.get_item(
                TableName=self._table, Key=_key(f"{source}/{connection}"), ConsistentRead=True
            ).get("Item")
        return _heard(item) if item else Heard(source, connection)

    def save(self, heard: Heard) -> Heard:
        following = replace(heard, revision=heard.revision + 1)
        condition = "revision = :before" if heard.revision else "attribute_not_exists(id)"
        values = {
            ":revision": {"N": str(following.revision)},
            ":state": {"S": json.dumps(heard_to_json(heard), ensure_ascii=False, separators=(",", ":"))},
            **({":before": {"N": str(heard.revision)}} if heard.revision else {}),
        }
        try:
            with calling("config"):
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(heard.key),
                    UpdateExpression="SET revision = :revision, #state = :state",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues=values,
                )
        except ConditionFailed as error:
            raise VersionConflict(f"what was heard of {heard.key}") from error
        return following

    def all(self) -> list[Heard]:
        return [_heard(item) for item in self._rows()]

    def _rows(self) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            with calling("config"):
                page = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="kind = :kind",
                    ExpressionAttributeValues={":kind": KIND},
                    ConsistentRead=True,
                    **start,
                )
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _key(id: str) -> dict[str, Any]:
    return {"kind": KIND, "id": {"S": id}}


def _heard(item: Mapping[str, Any]) -> Heard:
    source, _, connection = item["id"]["S"].partition("/")
    return heard_from_json(source, connection, int(item["revision"]["N"]), json.loads(item["state"]["S"]))
