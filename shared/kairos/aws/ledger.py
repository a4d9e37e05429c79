"""Ledger in DynamoDB: one row per message id, which is taken before the provider is called and never twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from kairos.app.ports import NOTHING, Claim
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.table import from_sortable, sortable, to_ttl
from kairos.domain.canonical import canonical

KEPT = timedelta(days=400)
"""How long a row stays: longer than any message can still be asked for, and a year of numbers for the operator."""

_NOT_FINAL = "attribute_not_exists(#state) OR #state = :state OR NOT (#state IN (:sent, :refused))"


class DynamoLedger:
    """Ledger. `new_claimant` draws a text per claim.

    A write that succeeded but whose answer was lost is tried again by botocore and then finds its own row; by the
    claimant it is known as ours. Without it such a message would wait as if somebody else had it.
    """

    def __init__(self, client: Any, table: str, new_claimant: Callable[[], str]) -> None:
        self._client = client
        self._table = table
        self._new_claimant = new_claimant

    def claim(self, message: str, details: Mapping[str, Any], now: datetime, *, again: bool = False) -> Claim | None:
        claimant = self._new_claimant()
        item = {
            "message": {"S": message},
            "state": {"S": "claimed"},
            "claimed_at": {"S": sortable(now)},
            "claimant": {"S": claimant},
            "details": {"S": canonical(dict(details))},
            "ttl": {"N": str(to_ttl(now + KEPT))},
        }
        try:
            self._put(item, again)
        except ConditionFailed as error:
            if error.item.get("claimant") == item["claimant"]:
                return None
            return _claim(error.item)
        return None

    def record(
        self, message: str, state: str, now: datetime, provider_id: str = "", words: Mapping[str, str] = NOTHING
    ) -> None:
        sets = "SET #state = :state, recorded_at = :at, #ttl = :ttl"
        values = {
            ":state": {"S": state},
            ":at": {"S": sortable(now)},
            ":ttl": {"N": str(to_ttl(now + KEPT))},
            ":sent": {"S": "sent"},
            ":refused": {"S": "refused"},
        }
        if provider_id:
            sets += ", provider_id = :provider"
            values[":provider"] = {"S": provider_id}
        if words:
            sets += ", words = :words"
            values[":words"] = {"S": canonical(dict(words))}
        try:
            with calling("messages"):
                self._client.update_item(
                    TableName=self._table,
                    Key={"message": {"S": message}},
                    UpdateExpression=sets,
                    ConditionExpression=_NOT_FINAL,
                    ExpressionAttributeNames={"#state": "state", "#ttl": "ttl"},
                    ExpressionAttributeValues=values,
                )
        except ConditionFailed:
            return  # sent and refused are final: a late "unknown" must not undo them

    def free(self, message: str) -> None:
        try:
            with calling("messages"):
                self._client.delete_item(
                    TableName=self._table,
                    Key={"message": {"S": message}},
                    ConditionExpression="#state = :claimed",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues={":claimed": {"S": "claimed"}},
                )
        except ConditionFailed:
            return  # gone already, or something came of it: then it is not ours to give back

    def _put(self, item: dict[str, Any], again: bool) -> None:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(message)"}
        if again:
            condition = {
                "ConditionExpression": "attribute_not_exists(message) OR #state = :claimed",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {":claimed": {"S": "claimed"}},
            }
        with calling("messages"):
            self._client.put_item(
                TableName=self._table, Item=item, ReturnValuesOnConditionCheckFailure="ALL_OLD", **condition
            )


def _claim(item: Mapping[str, Any]) -> Claim:
    # A row that `record` made without a claim has no instant of claiming; when it was recorded stands for it.
    at = item.get("claimed_at") or item["recorded_at"]
    return Claim(
        message=item["message"]["S"],
        state=item["state"]["S"],
        claimed_at=from_sortable(at["S"]),
        provider_id=item.get("provider_id", {}).get("S", ""),
        details=json.loads(item.get("details", {}).get("S", "{}")),
        words=json.loads(item.get("words", {}).get("S", "{}")),
    )
