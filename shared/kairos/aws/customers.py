"""Customers and WakeIndex in DynamoDB: one item, read whole and written whole."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.app.ports import Due
from kairos.aws.codec import read_state, write_effects, write_state
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.paging import all_items
from kairos.aws.table import (
    ITEM_BYTES_MAX,
    SHARDS,
    WAKE_INDEX,
    check_size,
    from_sortable,
    read_wake,
    sortable,
    to_ttl,
    wake_attributes,
    wake_key,
)
from kairos.domain.effects import Effect
from kairos.domain.errors import VersionConflict
from kairos.domain.profile import SCHEMA, Profile

ATTRIBUTES_BYTES_MAX = 4_096
"""More than all of an item but its binaries takes: below it nobody has to count."""

PAGE = 500
"""Rows of the index held per shard while they are merged."""


class DynamoCustomers:
    """Customers: one consistent GetItem to read, one conditional PutItem to write."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, profile: str) -> Profile | None:
        with calling("customers"):
            found = self._client.get_item(TableName=self._table, Key={"profile": {"S": profile}}, ConsistentRead=True)
        item = found.get("Item")
        if item is None:
            return None
        known = read_state(item["state"]["B"], int(item["schema"]["N"]), int(item["version"]["N"]))
        known.wake = read_wake(item)
        return known

    def write(
        self, profile: Profile, effects: Sequence[Effect], wake_at: datetime | None, ttl: datetime | None
    ) -> None:
        item = profile_item(profile, effects, wake_at, ttl)
        if _bytes(item) > ITEM_BYTES_MAX - ATTRIBUTES_BYTES_MAX:
            check_size(f"profile {profile.id}", item)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(profile)"}
        if profile.version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(profile.version)}},
            }
        try:
            with calling("customers"):
                self._client.put_item(TableName=self._table, Item=item, **condition)
        except ConditionFailed as error:
            raise VersionConflict(profile.id) from error


class DynamoWakeIndex:
    """WakeIndex: the shards of an hour queried side by side, merged into one order."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def due(self, hour: datetime, since: datetime, until: datetime, after: str = "") -> Iterable[Due]:
        lowest = f"{sortable(since)}#{after}"
        shards = [self._shard(wake_key(hour, number), lowest, sortable(until)) for number in range(SHARDS)]
        for place in heapq.merge(*shards):
            at, _, profile = place.partition("#")
            if place != lowest or not after:
                yield Due(profile, from_sortable(at))

    def _shard(self, key: str, lowest: str, highest: str) -> Iterator[str]:
        if lowest >= highest:  # DynamoDB refuses a BETWEEN whose bounds are the wrong way round
            return
        found = all_items(
            "customers",
            self._client.query,
            TableName=self._table,
            IndexName=WAKE_INDEX,
            KeyConditionExpression="wake = :wake AND wake_at BETWEEN :lowest AND :highest",
            ExpressionAttributeValues={":wake": {"S": key}, ":lowest": {"S": lowest}, ":highest": {"S": highest}},
            Limit=PAGE,
        )
        yield from (item["wake_at"]["S"] for item in found)


def _bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    return sum(len(item[name]["B"]) for name in ("state", "effects") if name in item)


def profile_item(
    profile: Profile, effects: Sequence[Effect], wake_at: datetime | None, ttl: datetime | None
) -> dict[str, dict[str, Any]]:
    """Return the item of the profile's next version."""
    version = profile.version + 1
    item: dict[str, dict[str, Any]] = {
        "profile": {"S": profile.id},
        "version": {"N": str(version)},
        "schema": {"N": str(SCHEMA)},
        "state": {"B": write_state(profile)},
        **wake_attributes(profile.id, wake_at),
    }
    if effects:
        item["effects"] = {"B": write_effects(effects, version)}
    if ttl is not None:
        item["ttl"] = {"N": str(to_ttl(ttl))}
    return item
