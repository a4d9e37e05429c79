"""SendTokens in DynamoDB: a row per window counts what was taken, and refuses what would be too much."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kairos.app.deliver.rate import Allowance, allowances
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.table import to_ttl

TRIES_MAX = 4
"""How often a lease that others overtook is tried with less; after that the sender comes back later anyway."""


class DynamoSendTokens:
    """SendTokens, in rows of the ledger's table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def lease(self, channel: str, wanted: int, per_second: float, per_day: int | None, now: datetime) -> int:
        granted = wanted
        for row in allowances(channel, per_second, per_day, now):
            granted = self._take(row, granted)
        return granted

    def spend(self, row: Allowance, amount: int, *, capped: bool) -> bool:
        if capped and amount > row.most:
            return False
        try:
            self._add(row, amount, capped=capped)
        except ConditionFailed:
            return False
        return True

    def _take(self, row: Allowance, wanted: int) -> int:
        wanted = min(wanted, row.most)
        for _ in range(TRIES_MAX):
            if wanted <= 0:
                return 0
            try:
                self._add(row, wanted)
            except ConditionFailed as error:
                used = int(error.item.get("used", {}).get("N", "0"))
                wanted = min(wanted, row.most - used)
            else:
                return wanted
        return 0

    def _add(self, row: Allowance, wanted: int, *, capped: bool = True) -> None:
        values = {":ttl": {"N": str(to_ttl(row.until))}, ":wanted": {"N": str(wanted)}}
        most: dict[str, Any] = {}
        if capped:
            values[":left"] = {"N": str(row.most - wanted)}
            most["ConditionExpression"] = "attribute_not_exists(#used) OR #used <= :left"
            most["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        with calling("messages"):
            self._client.update_item(
                TableName=self._table,
                Key={"message": {"S": row.key}},
                UpdateExpression="SET #ttl = :ttl ADD #used :wanted",
                ExpressionAttributeNames={"#ttl": "ttl", "#used": "used"},
                ExpressionAttributeValues=values,
                **most,
            )
