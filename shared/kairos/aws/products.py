"""Products in DynamoDB, in the ledger's table, which `deliver` reads anyhow: "product#<id>" holds a product as JSON.

What the shop says of it and what customers looked at beside it are written apart, so neither undoes the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kairos.app.ports import Clock
from kairos.app.products import ALSO, Facts
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.table import check_size
from kairos.domain.canonical import canonical

KEPT_FOR = timedelta(minutes=5)
KEPT_MAX = 2_000


class DynamoProducts:
    """Products and Catalogue. What was read is kept for a while: a campaign shows the same few to everybody."""

    def __init__(self, client: Any, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._kept: dict[str, tuple[datetime, Facts | None]] = {}

    def of(self, ids: Sequence[str]) -> Mapping[str, Facts]:
        found = {id: self._known(id) for id in ids}
        return {id: facts for id, facts in found.items() if facts is not None}

    def put(self, products: Iterable[tuple[str, Facts]]) -> int:
        number = 0
        for number, (id, facts) in enumerate(products, 1):  # noqa: B007 - the last number is how many there were
            said = {"S": canonical(dict(facts))}
            check_size("product", {**_key(id), "facts": said})
            with calling("messages"):
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(id),
                    UpdateExpression="SET facts = :facts",
                    ExpressionAttributeValues={":facts": said},
                )
        return number

    def relate(self, also: Mapping[str, Sequence[str]]) -> int:
        return sum(self._relate(id, others) for id, others in also.items())

    def _relate(self, id: str, others: Sequence[str]) -> bool:
        try:
            with calling("messages"):
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(id),
                    UpdateExpression="SET also = :also",
                    ConditionExpression="attribute_exists(facts)",
                    ExpressionAttributeValues={":also": {"S": canonical(list(others))}},
                )
        except ConditionFailed:
            return False
        return True

    def _known(self, id: str) -> Facts | None:
        now = self._clock.now()
        kept = self._kept.get(id)
        if kept is not None and now - kept[0] < KEPT_FOR:
            return kept[1]
        with calling("messages"):
            item = self._client.get_item(TableName=self._table, Key=_key(id)).get("Item")
        facts: Facts | None = _facts(item) if item else None
        while len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[id] = (now, facts)
        return facts


def _facts(item: Mapping[str, Any]) -> dict[str, Any]:
    also = {ALSO: json.loads(item["also"]["S"])} if "also" in item else {}
    return {**json.loads(item["facts"]["S"]), **also}


def _key(id: str) -> dict[str, dict[str, str]]:
    return {"message": {"S": f"product#{id}"}}
