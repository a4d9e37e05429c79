"""Drafts in the config table: documents as maps that can be edited in the AWS console, their problems beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kairos.aws.attribute import from_attribute, to_attribute
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.paging import all_items
from kairos.domain.canonical import fingerprint

KINDS = ("brand", "journey", "segment", "template", "source")


class DynamoDrafts:
    """Drafts. A document pasted as text into the console is read as the JSON it holds."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        return {(kind, row["id"]["S"]): _document(row) for kind in KINDS for row in self._query(kind)}

    def put(self, kind: str, id: str, document: Mapping[str, Any]) -> None:
        item = {"kind": {"S": kind}, "id": {"S": id}, "document": to_attribute(document)}
        with calling("config"):
            self._client.put_item(TableName=self._table, Item=item)

    def mark(self, kind: str, id: str, problems: Sequence[Mapping[str, Any]], document_hash: str) -> None:
        row = self._read(kind, id)
        if row is None or fingerprint(_document(row)) != document_hash:
            return
        beside = to_attribute([dict(problem) for problem in problems])
        if row.get("checked") == {"S": document_hash} and row.get("problems") == beside:
            return  # written before: another write would only wake the stream again
        try:
            self._write_problems(row, beside, document_hash)
        except ConditionFailed:
            return  # edited meanwhile: that edit is validated by itself

    def problems(self, kind: str, id: str) -> list[Mapping[str, Any]] | None:
        """Return what stands beside a draft, or None where it was not validated since it was written."""
        row = self._read(kind, id)
        if row is None or row.get("checked", {}).get("S") != fingerprint(_document(row)):
            return None
        found: list[Mapping[str, Any]] = from_attribute(row["problems"])
        return found

    def _write_problems(self, row: dict[str, Any], beside: dict[str, Any], document_hash: str) -> None:
        with calling("config"):
            self._client.update_item(
                TableName=self._table,
                Key={"kind": row["kind"], "id": row["id"]},
                UpdateExpression="SET #problems = :problems, #checked = :checked",
                ConditionExpression="#document = :document" if "document" in row else "attribute_not_exists(#document)",
                ExpressionAttributeNames={
                    "#problems": "problems",
                    "#checked": "checked",
                    "#document": "document",
                },
                ExpressionAttributeValues={
                    ":problems": beside,
                    ":checked": {"S": document_hash},
                    **({":document": row["document"]} if "document" in row else {}),
                },
            )

    def _read(self, kind: str, id: str) -> dict[str, Any] | None:
        key = {"kind": {"S": kind}, "id": {"S": id}}
        with calling("config"):
            row: dict[str, Any] | None = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get(
                "Item"
            )
        return row

    def _query(self, kind: str) -> Iterator[dict[str, Any]]:
        return all_items(
            "config",
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
            ConsistentRead=True,
        )


def _document(row: Mapping[str, Any]) -> Any:
    """Return the document as it stands, whatever somebody made of it by hand: validation says what is wrong."""
    if "document" not in row:
        return None
    try:
        document = from_attribute(row["document"])
    except ValueError:
        return None
    if not isinstance(document, str):
        return document
    try:
        return json.loads(document, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return document


def _no_json(constant: str) -> None:
    """Python reads NaN and Infinity, which JSON has not and no hash can name."""
    raise ValueError(constant)
