"""What is kept of people beside their profile, in DynamoDB: for the operator's own credentials, and no function's.

Identities and the ledger have no index by profile: who asks to be forgotten is rare, and an index would be paid for
with every event. So all rows are read, a megabyte a call, and DynamoDB keeps back what is nobody's it was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kairos.app.board import plain_notice, read_board
from kairos.app.erase import IdentityRow
from kairos.aws.contacts import FIELD
from kairos.aws.errors import calling
from kairos.aws.paging import all_items

FILTERED_MAX = 40
"""Ids that one filter names; more are told apart here (an expression has at most 4 kB and 300 operators)."""


class DynamoTraces:
    """Traces (see `kairos.app.erase`)."""

    def __init__(self, client: Any, identities: str, contacts: str, messages: str, board: str) -> None:
        self._client = client
        self._identities = identities
        self._contacts = contacts
        self._messages = messages
        self._board = board

    def identities(self, profiles: Collection[str]) -> Iterable[IdentityRow]:
        wanted = set(profiles)
        given = _values(wanted)
        places = ", ".join(given)
        more: dict[str, Any] = {}
        if len(wanted) <= FILTERED_MAX:
            more["FilterExpression"] = f"profile IN ({places}) OR merged_into IN ({places})"
            more["ExpressionAttributeValues"] = given
        for item in self._scan("identities", self._identities, more):
            row = IdentityRow(
                item["identity"]["S"],
                item["kind"]["S"],
                item["profile"]["S"],
                item.get("merged_into", {}).get("S"),
            )
            if row.profile in wanted or row.merged_into in wanted:
                yield row

    def contacts(self, profile: str) -> Mapping[str, Mapping[str, Any]]:
        rows = all_items(
            "contacts",
            self._client.query,
            TableName=self._contacts,
            KeyConditionExpression="profile = :profile",
            ExpressionAttributeValues={":profile": {"S": profile}},
            ConsistentRead=True,
        )
        return {item["ref"]["S"]: _fields(item) for item in rows}

    def messages(self, profiles: Collection[str]) -> Iterable[Mapping[str, Any]]:
        wanted = set(profiles)
        given = _values({f'"{profile}"' for profile in wanted})
        more: dict[str, Any] = {}
        if len(wanted) <= FILTERED_MAX:
            more["FilterExpression"] = " OR ".join(f"contains(details, {place})" for place in given)
            more["ExpressionAttributeValues"] = given
        for item in self._scan("messages", self._messages, more):
            details = json.loads(item["details"]["S"]) if "details" in item else {}
            if details.get("profile") in wanted:
                plain = {name: value["S"] for name, value in item.items() if "S" in value and name != "details"}
                yield {**plain, "details": details}

    def board(self, profile: str) -> Sequence[Mapping[str, Any]]:
        with calling("board"):
            answer = self._client.get_item(TableName=self._board, Key={"profile": {"S": profile}}, ConsistentRead=True)
        item = answer.get("Item")
        return [plain_notice(notice) for notice in read_board(item["notices"]["S"])] if item else []

    def forget_identities(self, identities: Sequence[str]) -> None:
        for identity in identities:
            self._delete("identities", self._identities, {"identity": {"S": identity}})

    def forget_contacts(self, profile: str, refs: Sequence[str]) -> None:
        for ref in refs:
            self._delete("contacts", self._contacts, {"profile": {"S": profile}, "ref": {"S": ref}})

    def forget_messages(self, messages: Sequence[str]) -> None:
        for message in messages:
            self._delete("messages", self._messages, {"message": {"S": message}})

    def forget_board(self, profile: str) -> None:
        self._delete("board", self._board, {"profile": {"S": profile}})

    def _delete(self, what: str, table: str, key: dict[str, Any]) -> None:
        with calling(what):
            self._client.delete_item(TableName=table, Key=key)

    def _scan(self, what: str, table: str, more: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        return all_items(what, self._client.scan, TableName=table, ConsistentRead=True, **more)


def _values(texts: Collection[str]) -> dict[str, dict[str, str]]:
    return {f":v{number}": {"S": text} for number, text in enumerate(sorted(texts))}


def _fields(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix(FIELD): json.loads(value["S"].partition("|")[2])
        for name, value in item.items()
        if name.startswith(FIELD)
    }
