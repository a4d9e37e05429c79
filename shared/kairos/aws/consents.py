"""The ledger of consents in DynamoDB: rows are put once, under a key that is theirs alone, and never over another.

IAM knows no grant to put without overwriting. So the key holds the event's id, and the condition does the rest: who
puts the same word again changes nothing. `decide` may put and neither read nor delete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from kairos.app.consents import Word, word_from_json, word_to_json
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.paging import all_items
from kairos.aws.table import sortable


class DynamoConsents:
    """ConsentHistory."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def note(self, words: Sequence[Word]) -> None:
        for word in words:
            try:
                with calling("consents"):
                    self._client.put_item(
                        TableName=self._table,
                        Item={**_key(word), **_attributes(word)},
                        ConditionExpression="attribute_not_exists(person)",
                    )
            except ConditionFailed:
                continue  # it was noted before

    def of(self, persons: Collection[str]) -> list[Word]:
        found = [_word(item) for person in sorted(set(persons)) for item in self._rows(person)]
        return sorted(found, key=lambda word: (word.at, word.id, word.person))

    def forget(self, words: Iterable[Word]) -> None:
        for word in words:
            with calling("consents"):
                self._client.delete_item(TableName=self._table, Key=_key(word))

    def _rows(self, person: str) -> Iterable[Mapping[str, Mapping[str, Any]]]:
        return all_items(
            "consents",
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="person = :person",
            ExpressionAttributeValues={":person": {"S": person}},
            ConsistentRead=True,
        )


def _key(word: Word) -> dict[str, dict[str, str]]:
    return {"person": {"S": word.person}, "word": {"S": f"{sortable(word.at)}#{word.id}"}}


def _attributes(word: Word) -> dict[str, dict[str, Any]]:
    plain = word_to_json(word)
    return {
        name: {"BOOL": value} if isinstance(value, bool) else {"S": value}
        for name, value in plain.items()
        if name != "person"
    }


def _word(item: Mapping[str, Mapping[str, Any]]) -> Word:
    plain = {name: next(iter(value.values())) for name, value in item.items() if name != "word"}
    return word_from_json(plain)
