"""Complaints in DynamoDB: one row of the ledger's table for each channel, "health#<channel>".

    s#<day>      N   how many were sent
    c#<day>      SS  the complaints, by a hash of the event that told of each: adding one again adds nothing
    stopped_at   S   while marketing is stopped

Whatever writes to the row takes the day that has left the window out of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kairos.app.deliver.breaker import WINDOW, Reception, days
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.table import from_sortable, sortable
from kairos.domain.ids import digest

PREFIX = "health#"
MARK_CHARACTERS = 12
FORGOTTEN = 3
"""How many days beyond the window a write clears away; after a longer silence a `read` does not count them anyway."""


class DynamoComplaints:
    """Complaints."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def note_sent(self, channel: str, count: int, now: datetime) -> None:
        self._add(channel, f"s#{now:%Y-%m-%d}", {"N": str(count)}, now)

    def note_complaint(self, channel: str, event: str, now: datetime) -> None:
        self._add(channel, f"c#{now:%Y-%m-%d}", {"SS": [digest("complaint", event)[:MARK_CHARACTERS]]}, now)

    def read(self, channel: str, now: datetime) -> Reception:
        with calling("messages"):
            answer = self._client.get_item(TableName=self._table, Key=_key(channel), ConsistentRead=True)
        row = answer.get("Item", {})
        stopped = row.get("stopped_at")
        return Reception(
            sent=sum(int(row.get(f"s#{day}", {}).get("N", "0")) for day in days(now)),
            complained=sum(len(row.get(f"c#{day}", {}).get("SS", ())) for day in days(now)),
            stopped_at=from_sortable(stopped["S"]) if stopped else None,
        )

    def stop(self, channel: str, now: datetime) -> None:
        try:
            with calling("messages"):
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(channel),
                    UpdateExpression="SET stopped_at = :now",
                    ConditionExpression="attribute_not_exists(stopped_at)",
                    ExpressionAttributeValues={":now": {"S": sortable(now)}},
                )
        except ConditionFailed:
            return  # somebody else stopped it first

    def lift(self, channel: str) -> None:
        with calling("messages"):
            self._client.delete_item(TableName=self._table, Key=_key(channel))

    def _add(self, channel: str, name: str, value: dict[str, Any], now: datetime) -> None:
        gone = [now - WINDOW - timedelta(days=back) for back in range(FORGOTTEN)]
        stale = {f"#{kind}{n}": f"{kind}#{day:%Y-%m-%d}" for kind in "sc" for n, day in enumerate(gone)}
        with calling("messages"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(channel),
                UpdateExpression=f"REMOVE {', '.join(stale)} ADD #today :more",
                ExpressionAttributeNames={**stale, "#today": name},
                ExpressionAttributeValues={":more": value},
            )


def _key(channel: str) -> dict[str, Any]:
    return {"message": {"S": PREFIX + channel}}
