"""Identities in DynamoDB: the one place where an identifier's hash leads to a profile.

A row is created by conditional write and says forever which profile it leads to, until a merge repoints it. Two
requests that meet a person for the first time at once may both make a profile: the one that finds the other's row
repoints the rows it has just made, so both go on with the same.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from kairos.app.ports import Identifier
from kairos.aws.batch import batch_get
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.secret import Keyring, Keys
from kairos.aws.table import sortable

Draw = Callable[[int], bytes]

_Place = tuple[str, str, str]


def new_profile_id(draw: Draw = secrets.token_bytes) -> str:
    """Return 26 lower-case base32 characters of 16 random bytes: permanent, and saying nothing of anybody."""
    return b32encode(draw(16)).decode().rstrip("=").lower()


class DynamoIdentities:
    """Identities."""

    def __init__(self, client: Any, table: str, keys: Keys, draw: Draw = secrets.token_bytes) -> None:
        self._client = client
        self._table = table
        self._keys = keys
        self._draw = draw

    def resolve(self, groups: Sequence[Sequence[Identifier]], now: datetime) -> list[str]:
        if not all(groups):
            raise ValueError("nobody can be resolved from no identifier")
        resolution = _Resolution(self, self._keys(), now)
        resolution.look_up({_place(identifier) for group in groups for identifier in group})
        return [resolution.resolve(group) for group in groups]

    def find(self, group: Sequence[Identifier]) -> str | None:
        """Return the profile that the best known identifier of a group leads to; what is unknown stays so."""
        keyring = self._keys()
        identities = [identity for one in group for identity in _identities(keyring, _place(one))]
        rows = self.read(identities)
        return next((rows[identity] for identity in identities if identity in rows), None)

    def new_id(self) -> str:
        """Return an id that no profile has."""
        return new_profile_id(self._draw)

    def read(self, identities: Sequence[str]) -> dict[str, str]:
        """Return the profile of each identity that has a row."""
        keys = [{"identity": {"S": identity}} for identity in identities]
        rows = batch_get(self._client, self._table, "identities", keys)
        return {row["identity"]["S"]: row["profile"]["S"] for row in rows}

    def bind(self, identity: str, identifier: Identifier, profile: str, now: datetime) -> str:
        """Return the profile that the row leads to: `profile`, unless somebody was first."""
        try:
            self._put(identity, identifier, profile, now, "attribute_not_exists(#identity)", {})
        except ConditionFailed as error:
            return str(error.item["profile"]["S"])
        return profile

    def repoint(self, identity: str, identifier: Identifier, profile: str, former: str, now: datetime) -> None:
        """Lead the row from `former` to `profile`; a row that leads elsewhere by now is left alone."""
        try:
            self._put(identity, identifier, profile, now, "profile = :former", {":former": {"S": former}})
        except ConditionFailed:
            return

    def _put(
        self, identity: str, identifier: Identifier, profile: str, now: datetime, condition: str, values: dict[str, Any]
    ) -> None:
        names = {"ExpressionAttributeNames": {"#identity": "identity"}} if "#identity" in condition else {}
        with calling("identities"):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "identity": {"S": identity},
                    "profile": {"S": profile},
                    "kind": {"S": identifier.kind},
                    "scope": {"S": identifier.scope},
                    "verified": {"BOOL": identifier.verified},
                    "created_at": {"S": sortable(now)},
                },
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **names,
                **({"ExpressionAttributeValues": values} if values else {}),
            )


class _Resolution:
    """One request: what was read for all of its groups, and what they made since."""

    def __init__(self, table: DynamoIdentities, keyring: Keyring, now: datetime) -> None:
        self._table = table
        self._keyring = keyring
        self._now = now
        self._known: dict[_Place, str] = {}
        self._current: set[_Place] = set()  # known under the key that writes

    def look_up(self, places: set[_Place]) -> None:
        """Read the rows of all places under every key in force, at once."""
        identities = {identity: place for place in sorted(places) for identity in self._identities(place)}
        rows = self._table.read(list(identities))
        # The current key comes last, so that its row is the one that counts.
        for identity, place in reversed(identities.items()):
            if identity in rows:
                self._known[place] = rows[identity]
                if identity.partition("#")[0] == self._keyring.current:
                    self._current.add(place)

    def resolve(self, group: Sequence[Identifier]) -> str:
        """Return the profile of one person, having bound every identifier of theirs that was free."""
        known = next((self._known[_place(one)] for one in group if _place(one) in self._known), None)
        profile = known or self._table.new_id()
        mine: list[Identifier] = []
        for identifier in group:
            if _place(identifier) in self._current:
                continue
            found = self._bind(identifier, profile)
            if found == profile:
                mine.append(identifier)
            elif known is None:
                self._adopt(mine, found, profile)
                known = profile = found
        return profile

    def _bind(self, identifier: Identifier, profile: str) -> str:
        place = _place(identifier)
        # Known under an older key only: the same person gets a row under the key that writes.
        aimed = self._known.get(place, profile)
        found = self._table.bind(self._identities(place)[0], identifier, aimed, self._now)
        self._known[place] = found
        self._current.add(place)
        return found

    def _adopt(self, mine: list[Identifier], profile: str, former: str) -> None:
        for identifier in mine:
            place = _place(identifier)
            self._table.repoint(self._identities(place)[0], identifier, profile, former, self._now)
            self._known[place] = profile

    def _identities(self, place: _Place) -> list[str]:
        return _identities(self._keyring, place)


def _place(identifier: Identifier) -> _Place:
    return (identifier.kind, identifier.scope, identifier.value)


def _identities(keyring: Keyring, place: _Place) -> list[str]:
    """Return the row's key under every key in force, the current one first."""
    kind, scope, _ = place
    hashes: Iterator[tuple[str, str, str]] = (text.partition("#") for text in keyring.hashes("identity", *place))
    return [f"{key_id}#{kind}#{scope}#{mac}" for key_id, _, mac in hashes]
