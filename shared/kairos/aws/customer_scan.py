"""CustomerScan in DynamoDB: a parallel scan, a page at a time.

A scan is paid by what it reads, not by what it returns, so the state comes along: whoever walks can see who is
concerned. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.ParallelScan
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kairos.app.walk.ports import Page, Population, Row
from kairos.aws.codec import read_state
from kairos.aws.errors import calling

FEW_BYTES = 1_000_000
"""A table this small is counted: one page of a scan holds it. Its statistics are hours old, and zero when it is new."""

NAMES = {"#profile": "profile", "#state": "state", "#schema": "schema", "#version": "version"}


class DynamoCustomerScan:
    """CustomerScan."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def page(self, segment: int, of: int, after: str, most: int, *, waking: bool = False) -> Page:
        request: dict[str, Any] = {
            "ProjectionExpression": ", ".join(NAMES),
            "ExpressionAttributeNames": dict(NAMES),
            "ReturnConsumedCapacity": "TOTAL",
        }
        if waking:
            request["FilterExpression"] = "attribute_exists(#wake)"
            request["ExpressionAttributeNames"]["#wake"] = "wake"
        if after:
            request["ExclusiveStartKey"] = {"profile": {"S": after}}
        with calling("customers"):
            found = self._client.scan(TableName=self._table, Segment=segment, TotalSegments=of, Limit=most, **request)
        last = found.get("LastEvaluatedKey")
        return Page(
            rows=[_row(item) for item in found["Items"]],
            last=last["profile"]["S"] if last else None,
            looked_at=found["ScannedCount"],
            units=float(found.get("ConsumedCapacity", {}).get("CapacityUnits", 0.5)),
        )

    def population(self) -> Population:
        with calling("customers"):
            table = self._client.describe_table(TableName=self._table)["Table"]
        told = Population(int(table.get("ItemCount", 0)), int(table.get("TableSizeBytes", 0)))
        return told if told.size > FEW_BYTES else self._counted(told)

    def _counted(self, told: Population) -> Population:
        """Count one page; where the table has more, it grew since its statistics were made, and they are a floor."""
        with calling("customers"):
            found = self._client.scan(TableName=self._table, Select="COUNT", ReturnConsumedCapacity="TOTAL")
        # Half a unit is up to 4 kB.
        size = int(found.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0) * 8_192)
        if "LastEvaluatedKey" in found:
            return Population(max(told.profiles, found["Count"]), max(told.size, size))
        return Population(found["Count"], max(told.size, size), exact=True)


def _row(item: Mapping[str, Any]) -> Row:
    profile = item["profile"]["S"]
    try:
        state = read_state(item["state"]["B"], int(item["schema"]["N"]), int(item["version"]["N"]))
    except Exception:  # noqa: BLE001 - one item that cannot be read is for the inbox to find; the others are walked on
        return Row(profile, None)
    return Row(profile, state)
