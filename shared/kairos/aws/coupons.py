"""Coupons in DynamoDB, in the ledger's table: rows that `deliver` may write anyhow, and that `erase` finds.

"offer#<offer>" counts a pool, "code#<offer>#<number>" holds a code, "is#<offer>#<code>" says that the pool has it, and
"coupon#<key>#<profile>" what one person was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from kairos.app.offers import Pool
from kairos.aws.errors import ConditionFailed, calling, error_code
from kairos.aws.table import from_sortable, sortable
from kairos.domain.canonical import canonical
from kairos.domain.errors import VersionConflict
from kairos.domain.offer import Coupon

CODES_PER_WRITE = 49
"""A transaction has a hundred writes: two for each code, and one for the count."""
CLASHES_MAX = 20


class DynamoCoupons:
    """Coupons."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def of(self, key: str, profiles: Sequence[str]) -> Coupon | None:
        found = (self._read(_given(key, profile)) for profile in profiles)
        return next((_coupon(item) for item in found if item), None)

    def give(self, key: str, offer: str, profile: str, until: datetime, fallback: str, now: datetime) -> Coupon | None:
        code = self._next(offer) or fallback
        if not code:
            return None
        item = {
            "message": {"S": _given(key, profile)},
            "offer": {"S": offer},
            "code": {"S": code},
            "given_at": {"S": sortable(now)},
            "ends_at": {"S": sortable(until)},
            "details": {"S": canonical({"profile": profile})},
        }
        try:
            with calling("messages"):
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(message)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as error:
            return _coupon(error.item)
        return _coupon(item)

    def _next(self, offer: str) -> str:
        """Take the next code out of the pool; "" where it is dry."""
        try:
            with calling("messages"):
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_pool(offer),
                    UpdateExpression="SET given = given + :one",
                    ConditionExpression="given < #size",
                    ExpressionAttributeNames={"#size": "size"},
                    ExpressionAttributeValues={":one": {"N": "1"}},
                    ReturnValues="UPDATED_NEW",
                )
        except ConditionFailed:
            return ""
        item = self._read(_numbered(offer, int(answer["Attributes"]["given"]["N"]) - 1))
        return str(item["code"]["S"]) if item else ""

    def _read(self, message: str) -> dict[str, Any] | None:
        with calling("messages"):
            answer = self._client.get_item(TableName=self._table, Key={"message": {"S": message}}, ConsistentRead=True)
        found: dict[str, Any] | None = answer.get("Item")
        return found


class DynamoPools:
    """Pools: for the operator's own credentials."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def standing(self, offer: str) -> Pool:
        with calling("messages"):
            answer = self._client.get_item(TableName=self._table, Key=_pool(offer), ConsistentRead=True)
        item = answer.get("Item")
        return Pool(int(item["size"]["N"]), int(item["given"]["N"])) if item else Pool(0, 0)

    def add(self, offer: str, codes: Iterable[str]) -> int:
        new, waiting = 0, list(dict.fromkeys(codes))
        while waiting:
            new += self._write(offer, waiting[:CODES_PER_WRITE])
            del waiting[:CODES_PER_WRITE]
        return new

    def _write(self, offer: str, codes: list[str]) -> int:
        """Write codes all at once, without those that the pool has; another operator may be at it too."""
        for _ in range(CLASHES_MAX):
            if not codes:
                return 0
            size = self.standing(offer).size
            writes = [write for n, code in enumerate(codes) for write in self._puts(offer, size + n, code)]
            try:
                with calling("messages"):
                    self._client.transact_write_items(TransactItems=[*writes, self._count(offer, size, len(codes))])
            except ClientError as error:
                if error_code(error) != "TransactionCanceledException":
                    raise
                reasons: Any = error.response.get("CancellationReasons", [])
                known = {n // 2 for n, each in enumerate(reasons[:-1]) if n % 2 and each.get("Code") == _THERE}
                codes = [code for n, code in enumerate(codes) if n not in known]
                continue
            return len(codes)
        raise VersionConflict(f"the pool of {offer}")

    def _puts(self, offer: str, number: int, code: str) -> list[dict[str, Any]]:
        rows = ({"message": {"S": _numbered(offer, number)}, "code": {"S": code}}, {"message": {"S": _is(offer, code)}})
        put = {"TableName": self._table, "ConditionExpression": "attribute_not_exists(message)"}
        return [{"Put": {**put, "Item": row}} for row in rows]

    def _count(self, offer: str, size: int, more: int) -> dict[str, Any]:
        values = {":size": {"N": str(size)}, ":more": {"N": str(size + more)}, ":zero": {"N": "0"}}
        return {
            "Update": {
                "TableName": self._table,
                "Key": _pool(offer),
                "UpdateExpression": "SET #size = :more, given = if_not_exists(given, :zero)",
                "ConditionExpression": "#size = :size" if size else "attribute_not_exists(message)",
                "ExpressionAttributeNames": {"#size": "size"},
                "ExpressionAttributeValues": values if size else {name: values[name] for name in (":more", ":zero")},
            }
        }


_THERE = "ConditionalCheckFailed"


def _pool(offer: str) -> dict[str, dict[str, str]]:
    return {"message": {"S": f"offer#{offer}"}}


def _numbered(offer: str, number: int) -> str:
    return f"code#{offer}#{number}"


def _is(offer: str, code: str) -> str:
    return f"is#{offer}#{code}"


def _given(key: str, profile: str) -> str:
    return f"coupon#{key}#{profile}"


def _coupon(item: Any) -> Coupon:
    given_at, ends_at = (from_sortable(item[name]["S"]) for name in ("given_at", "ends_at"))
    return Coupon(item["offer"]["S"], item["code"]["S"], given_at, ends_at)
