"""Suppressions in DynamoDB: a stop is there before whoever asked for it is answered, and outlives the profile."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.paging import all_items
from kairos.aws.secret import Keys
from kairos.aws.table import from_sortable, sortable
from kairos.domain.suppression import UNSUBSCRIBED, is_lifted

PURPOSES = ("marketing", "all")


class DynamoSuppressions:
    """Suppressions, by a keyed hash of the address that nothing else uses."""

    def __init__(self, client: Any, table: str, keys: Keys) -> None:
        self._client = client
        self._table = table
        self._keys = keys

    def hash_address(self, address: str) -> str:
        """Return what `suppress_hashed` takes: "<key id>#<hash>" under the current key."""
        return self._keys().hash("address", _same_for_all_spellings(address))

    def is_of(self, address_hash: str, address: str) -> bool:
        hashes = self._keys().hashes("address", _same_for_all_spellings(address))
        return any(hmac.compare_digest(address_hash, each) for each in hashes)

    def suppress(self, channel: str, address: str, purpose: str, reason: str, now: datetime) -> None:
        self.suppress_hashed(channel, self.hash_address(address), purpose, reason, now)

    def suppress_hashed(self, channel: str, address_hash: str, purpose: str, reason: str, now: datetime) -> None:
        if purpose not in PURPOSES:
            raise ValueError(f"a stop is for marketing or all, not {purpose!r}")
        item = {
            "address": {"S": address_hash},
            "scope": {"S": f"{channel}#{purpose}"},
            "reason": {"S": reason},
            "at": {"S": sortable(now)},
        }
        try:
            with calling("suppressions"):
                self._client.put_item(TableName=self._table, Item=item, **_unless_it_stands(reason, now))
        except ConditionFailed:
            return  # stopped before, as firmly and as lately

    def suppressed(self, channel: str, address: str, consented_at: datetime | None = None) -> frozenset[str]:
        rows = (
            row
            for hashed in self._keys().hashes("address", _same_for_all_spellings(address))
            for row in self._stops(hashed, channel)
        )
        return frozenset(purpose for row in rows if (purpose := _stopped(row, consented_at)) is not None)

    def _stops(self, address_hash: str, channel: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of one hash on one channel: a query of all is half the price of a look for each purpose."""
        yield from all_items(
            "suppressions",
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="address = :address AND begins_with(#scope, :channel)",
            ExpressionAttributeNames={"#scope": "scope"},
            ExpressionAttributeValues={":address": {"S": address_hash}, ":channel": {"S": f"{channel}#"}},
            ConsistentRead=True,
        )


def _stopped(row: Mapping[str, Any], consented_at: datetime | None) -> str | None:
    purpose: str = row["scope"]["S"].rpartition("#")[2]
    lifted = is_lifted(purpose, row["reason"]["S"], from_sortable(row["at"]["S"]), consented_at)
    return None if lifted else purpose


def _unless_it_stands(reason: str, now: datetime) -> dict[str, Any]:
    """Return the condition that says what `kairos.domain.suppression.replaces` does."""
    there = "attribute_not_exists(address) OR #reason = :unsubscribed"
    names, values = {"#reason": "reason"}, {":unsubscribed": {"S": UNSUBSCRIBED}}
    if reason == UNSUBSCRIBED:
        there += " AND #at < :at"
        names["#at"] = "at"
        values[":at"] = {"S": sortable(now)}
    return {
        "ConditionExpression": there,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _same_for_all_spellings(address: str) -> str:
    # A provider reports an address as it was written once; a stop must hold however it is written next.
    return address.strip().lower()
