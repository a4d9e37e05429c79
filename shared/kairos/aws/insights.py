"""Insights in DynamoDB: a row of counters for each journey, day and step, and rows that say what they have counted.

A page is one transaction: the slot's head goes on by one, on condition that it is where it was; the page's marks are
put beside it; and each row of counters takes its sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from kairos.app.ports import Counted, Figure
from kairos.app.tally import HORIZON, MARK_BYTES
from kairos.aws.errors import ConditionFailed, calling, error_code
from kairos.aws.paging import all_items
from kairos.aws.table import from_sortable, sortable, to_ttl
from kairos.domain.errors import Throttled, VersionConflict

MARKS_FOR = HORIZON + timedelta(days=15)
"""How long marks are kept: longer than what they tell apart may still be counted."""

HEAD = "!head"
"""Sorts before every page, so that it is read first: what is counted while the pages are read is noticed."""

NEWEST = {"insight": {"S": "tally"}, "slice": {"S": "newest"}}
_CONFLICTS = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
_THROTTLES = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})


class DynamoInsights:
    """Insights and InsightsReader."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def counted(self, slot: datetime) -> Counted:
        pages, found, marks = 0, 0, bytearray()
        for row in self._query({":insight": {"S": _slot(slot)}}, "insight = :insight"):
            if row["slice"]["S"] == HEAD:
                pages = int(row["pages"]["N"])
            else:
                found += 1
                marks += row["marks"]["B"]
        if found != pages:  # a query is no snapshot: a page was added while it was read
            raise VersionConflict(_slot(slot))
        split = (bytes(marks[at : at + MARK_BYTES]) for at in range(0, len(marks), MARK_BYTES))
        return Counted(pages, frozenset(split))

    def add(
        self, slot: datetime, page: str, marks: frozenset[bytes], figures: Mapping[Figure, int], before: Counted
    ) -> None:
        ttl = {"N": str(to_ttl(slot + MARKS_FOR))}
        kept = {
            "insight": {"S": _slot(slot)},
            "slice": {"S": page},
            "marks": {"B": b"".join(sorted(marks))},
            "ttl": ttl,
        }
        writes = [
            {"Update": self._head(slot, before, ttl)},
            {"Put": {"TableName": self._table, "Item": kept, "ConditionExpression": "attribute_not_exists(insight)"}},
            *({"Update": self._sums(row, sums)} for row, sums in _rows(figures).items()),
        ]
        try:
            with calling("insights"):
                self._client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            raise _translate(error, _slot(slot)) from error

    def note_newest(self, at: datetime) -> None:
        try:
            with calling("insights"):
                self._client.update_item(
                    TableName=self._table,
                    Key=NEWEST,
                    UpdateExpression="SET #at = :at",
                    ConditionExpression="attribute_not_exists(#at) OR #at < :at",
                    ExpressionAttributeNames={"#at": "at"},
                    ExpressionAttributeValues={":at": {"S": sortable(at)}},
                )
        except ConditionFailed:
            return  # a newer one is noted

    def figures(self, journey: str, first: str, last: str) -> Mapping[Figure, int]:
        # "$" follows "#": every step of the last day, and nothing of the day after.
        values = {":insight": {"S": _journey(journey)}, ":first": {"S": first}, ":last": {"S": f"{last}$"}}
        found: dict[Figure, int] = {}
        for row in self._query(values, "insight = :insight AND #slice BETWEEN :first AND :last", {"#slice": "slice"}):
            day, _, step = row["slice"]["S"].partition("#")
            for name, value in row.items():
                if "N" in value:
                    kind, channel, reason = name.split("|", 2)
                    found[Figure(journey, day, step, kind, channel, reason)] = int(value["N"])
        return found

    def newest(self) -> datetime | None:
        with calling("insights"):
            item = self._client.get_item(TableName=self._table, Key=NEWEST, ConsistentRead=True).get("Item")
        return from_sortable(item["at"]["S"]) if item else None

    def _head(self, slot: datetime, before: Counted, ttl: Mapping[str, str]) -> dict[str, Any]:
        values = {":pages": {"N": str(before.pages)}, ":next": {"N": str(before.pages + 1)}, ":ttl": ttl}
        return {
            "TableName": self._table,
            "Key": {"insight": {"S": _slot(slot)}, "slice": {"S": HEAD}},
            "UpdateExpression": "SET #pages = :next, #ttl = :ttl",
            "ConditionExpression": "#pages = :pages" if before.pages else "attribute_not_exists(#pages)",
            "ExpressionAttributeNames": {"#pages": "pages", "#ttl": "ttl"},
            "ExpressionAttributeValues": values if before.pages else {":next": values[":next"], ":ttl": ttl},
        }

    def _sums(self, row: tuple[str, str], sums: Mapping[str, int]) -> dict[str, Any]:
        insight, slice_ = row
        return {
            "TableName": self._table,
            "Key": {"insight": {"S": insight}, "slice": {"S": slice_}},
            "UpdateExpression": "ADD " + ", ".join(f"#{number} :{number}" for number in range(len(sums))),
            "ExpressionAttributeNames": {f"#{number}": name for number, name in enumerate(sums)},
            "ExpressionAttributeValues": {f":{number}": {"N": str(n)} for number, n in enumerate(sums.values())},
        }

    def _query(
        self, values: Mapping[str, Any], condition: str, names: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        return all_items(
            "insights",
            self._client.query,
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=dict(values),
            ConsistentRead=True,
            **({"ExpressionAttributeNames": dict(names)} if names else {}),
        )


def _slot(slot: datetime) -> str:
    return f"slot#{slot:%Y-%m-%dT%H:%M}"


def _journey(id: str) -> str:
    return f"journey#{id}"


def _rows(figures: Mapping[Figure, int]) -> dict[tuple[str, str], dict[str, int]]:
    rows: dict[tuple[str, str], dict[str, int]] = {}
    for figure, number in figures.items():
        row = rows.setdefault((_journey(figure.journey), f"{figure.day}#{figure.step}"), {})
        row["|".join((figure.kind, figure.channel, figure.reason))] = number
    return rows


def _translate(error: ClientError, what: str) -> Exception:
    """Return our error for a cancelled transaction, whose reasons stand one by one beside its writes."""
    if error_code(error) not in ("TransactionCanceledException", "TransactionInProgressException"):
        return error
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = {reason.get("Code") for reason in reasons}
    if codes & _THROTTLES:
        return Throttled("insights", "ThrottlingError")
    return VersionConflict(what) if not codes or codes & _CONFLICTS else error
