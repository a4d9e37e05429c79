"""The board in DynamoDB: one item for each profile that has something on it, changed as a whole.

`deliver` posts while `ingest` takes away, so each change is conditional on what was read. Reading is not consistent:
the tag asks more than once, and half the price is half the price.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from kairos.app.board import read_board, ready, with_notice, without, write_board
from kairos.app.ports import Notice
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.table import check_size, to_ttl
from kairos.domain.errors import Throttled

ATTEMPTS = 4
EMPTY_KEPT = timedelta(hours=1)


class DynamoBoard:
    """Board."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def post(self, profile: str, notice: Notice, now: datetime) -> None:
        self._change(profile, lambda board: with_notice(board, notice, now), now)

    def read(self, profile: str, now: datetime) -> list[Notice]:
        return ready(self._read(profile, consistent=False)[0], now)

    def remove(self, profile: str, messages: Collection[str], now: datetime) -> None:
        self._change(profile, lambda board: without(board, messages, now), now)

    def _change(self, profile: str, change: Callable[[Sequence[Notice]], list[Notice]], now: datetime) -> None:
        for _ in range(ATTEMPTS):
            board, revision = self._read(profile, consistent=True)
            changed = change(board)
            if changed == board:
                return
            try:
                self._write(profile, changed, revision, now)
            except ConditionFailed:
                continue
            return
        raise Throttled("board", "others keep changing it")

    def _read(self, profile: str, *, consistent: bool) -> tuple[list[Notice], int]:
        with calling("board"):
            answer = self._client.get_item(
                TableName=self._table, Key={"profile": {"S": profile}}, ConsistentRead=consistent
            )
        item = answer.get("Item")
        return (read_board(item["notices"]["S"]), int(item["revision"]["N"])) if item else ([], 0)

    def _write(self, profile: str, board: Sequence[Notice], revision: int, now: datetime) -> None:
        until = max((one.expires_at for one in board), default=now + EMPTY_KEPT)
        item = {
            "profile": {"S": profile},
            "notices": {"S": write_board(board)},
            "revision": {"N": str(revision + 1)},
            "ttl": {"N": str(to_ttl(until))},
        }
        check_size("board", item)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(profile)"}
        if revision:
            condition = {
                "ConditionExpression": "revision = :read",
                "ExpressionAttributeValues": {":read": {"N": str(revision)}},
            }
        with calling("board"):
            self._client.put_item(TableName=self._table, Item=item, **condition)
