"""SuppressionScan in DynamoDB: for the operator's own credentials; no function may list who refused."""

from __future__ import annotations

import json
from typing import Any

from kairos.app.export import StopPage
from kairos.aws.errors import calling


class DynamoSuppressionScan:
    """SuppressionScan. A place is the last key, as JSON."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def page(self, after: str) -> StopPage:
        start = {"ExclusiveStartKey": json.loads(after)} if after else {}
        with calling("suppressions"):
            found = self._client.scan(TableName=self._table, Limit=1_000, **start)
        rows = []
        for item in found["Items"]:
            channel, _, purpose = item["scope"]["S"].rpartition("#")
            told = {"address_hash": item["address"]["S"], "channel": channel, "purpose": purpose}
            rows.append({**told, "reason": item["reason"]["S"], "at": item["at"]["S"]})
        last = found.get("LastEvaluatedKey")
        return StopPage(rows, json.dumps(last) if last else None)
