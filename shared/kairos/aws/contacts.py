"""Contacts in DynamoDB, in two halves: one can only write, the other only read. IAM says the same.

A field is one text, "<instant>|<canonical JSON>", of one width up to the bar: the larger text is the newer value, and
of two at the same instant the larger JSON. So "newest wins" is one comparison, which DynamoDB does for us.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kairos.aws.batch import batch_get
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.table import sortable, to_ttl
from kairos.domain.canonical import canonical

FIELD = "f#"
FIELDS_PER_UPDATE = 20  # an expression may be 4 kB long
KEPT = timedelta(days=730)
"""How long what only one entry or subject needed is kept after it was last said."""


class DynamoContacts:
    """Contacts: UpdateItem only."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, profile: str, ref: str, fields: Mapping[str, Any], occurred_at: datetime) -> None:
        stamped = [(FIELD + name, f"{sortable(occurred_at)}|{canonical(value)}") for name, value in fields.items()]
        for start in range(0, len(stamped), FIELDS_PER_UPDATE):
            self._put(profile, ref, stamped[start : start + FIELDS_PER_UPDATE], occurred_at)

    def _put(self, profile: str, ref: str, stamped: list[tuple[str, str]], occurred_at: datetime) -> None:
        try:
            self._update(profile, ref, stamped, occurred_at)
        except ConditionFailed:
            # One of them is older than what is there: let each decide for itself.
            for one in stamped if len(stamped) > 1 else ():
                self._put(profile, ref, [one], occurred_at)

    def _update(self, profile: str, ref: str, stamped: list[tuple[str, str]], occurred_at: datetime) -> None:
        numbers = range(len(stamped))
        sets = [f"#f{n} = :f{n}" for n in numbers]
        names = {f"#f{n}": stamped[n][0] for n in numbers}
        values = {f":f{n}": {"S": stamped[n][1]} for n in numbers}
        if ref != "profile":
            sets.append("#ttl = :ttl")
            names["#ttl"] = "ttl"
            values[":ttl"] = {"N": str(to_ttl(occurred_at + KEPT))}
        with calling("contacts"):
            self._client.update_item(
                TableName=self._table,
                Key={"profile": {"S": profile}, "ref": {"S": ref}},
                UpdateExpression="SET " + ", ".join(sets),
                ConditionExpression=" AND ".join(f"(attribute_not_exists(#f{n}) OR #f{n} < :f{n})" for n in numbers),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )


class DynamoContactReader:
    """ContactReader: BatchGetItem only, strongly consistent."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def fetch(self, profiles: Sequence[str], refs: Sequence[str]) -> dict[str, dict[str, Any]]:
        keys = [
            {"profile": {"S": profile}, "ref": {"S": ref}}
            for profile in dict.fromkeys(profiles)
            for ref in dict.fromkeys(refs)
        ]
        newest: dict[str, dict[str, str]] = {ref: {} for ref in refs}
        for row in batch_get(self._client, self._table, "contacts", keys):
            fields = newest[row["ref"]["S"]]
            for name, value in row.items():
                if name.startswith(FIELD):
                    fields[name] = max(fields.get(name, ""), value["S"])
        return {
            ref: {name.removeprefix(FIELD): _value(text) for name, text in row.items()} for ref, row in newest.items()
        }


def _value(text: str) -> Any:
    return json.loads(text.partition("|")[2])
