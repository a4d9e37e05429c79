"""Cursor in the config table: how far `sweep` has come."""

from __future__ import annotations

from typing import Any

from kairos.app.ports import Marks
from kairos.aws.errors import calling
from kairos.aws.table import from_sortable, sortable

KEY = {"kind": {"S": "cursor"}, "id": {"S": "sweep"}}


class DynamoCursor:
    """Cursor."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> Marks | None:
        with calling("config"):
            item = self._client.get_item(TableName=self._table, Key=KEY, ConsistentRead=True).get("Item")
        if item is None:
            return None
        return Marks(
            hour=from_sortable(item["hour"]["S"]),
            armed_through=from_sortable(item["armed_through"]["S"]),
            at=from_sortable(item["at"]["S"]) if "at" in item else None,
            profile=item["profile"]["S"],
            armed_profile=item["armed_profile"]["S"],
        )

    def write(self, marks: Marks) -> None:
        item = {
            **KEY,
            "hour": {"S": sortable(marks.hour)},
            "armed_through": {"S": sortable(marks.armed_through)},
            "profile": {"S": marks.profile},
            "armed_profile": {"S": marks.armed_profile},
        }
        if marks.at is not None:
            item["at"] = {"S": sortable(marks.at)}
        with calling("config"):
            self._client.put_item(TableName=self._table, Item=item)
