"""How receivers of announcements do, in rows of the ledger's table: "receiver#<connection>"; `state` S is JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from kairos.app.deliver.receiver_state import ReceiverState
from kairos.aws.errors import calling
from kairos.domain.instant import format_instant, parse_instant

PREFIX = "receiver#"
_INSTANTS = ("failing_since", "retry_at", "gone_at")


class DynamoReceiverStates:
    """ReceiverStates."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, name: str) -> ReceiverState:
        with calling("messages"):
            item = self._client.get_item(TableName=self._table, Key=_key(name)).get("Item")
        if item is None:
            return ReceiverState()
        raw = json.loads(item["state"]["S"])
        return ReceiverState(**raw | {at: parse_instant(raw[at]) for at in _INSTANTS if at in raw})

    def save(self, name: str, state: ReceiverState) -> None:
        said = {field: value for field, value in asdict(state).items() if value}
        text = json.dumps(said | {at: format_instant(said[at]) for at in _INSTANTS if at in said}, ensure_ascii=False)
        with calling("messages"):
            self._client.put_item(TableName=self._table, Item=_key(name) | {"state": {"S": text}})


def _key(name: str) -> dict[str, Any]:
    return {"message": {"S": PREFIX + name}}
