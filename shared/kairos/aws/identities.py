"""Identities in DynamoDB: the one place where an identifier's hash leads to a profile.

A row is created by conditional write and leads to its profile until a merge repoints it. Beside the rows each profile
has its standing, which is written before the rows that it speaks of, so no row is ever unaccounted for. A merge is one
transaction over the two standings: whatever was decided on must still be so, a profile becomes another one once, and
two profiles can never become each other.

Two requests that meet a person for the first time at once may both make a profile; the one that finds the other's row
looks again, and finds a person with two profiles.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from kairos.app.ingest.joining import Resolution
from kairos.app.ingest.standing import BEFORE_ALL, Place, Standing, place, row_of
from kairos.app.ports import Identifier, Resolved
from kairos.aws.batch import batch_get
from kairos.aws.errors import ConditionFailed, calling, error_code
from kairos.aws.secret import Keyring, Keys
from kairos.aws.table import from_sortable, sortable, standing_key
from kairos.domain.errors import Throttled

Draw = Callable[[int], bytes]


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

    def resolve(self, groups: Sequence[Sequence[Identifier]], now: datetime) -> list[Resolved]:
        if not all(groups):
            raise ValueError("nobody can be resolved from no identifier")
        keyring = self._keys()
        places = {place(identifier) for group in groups for identifier in group}
        identities = {identity: place for place in sorted(places) for identity in _identities(keyring, place)}
        rows = self._read(list(identities))
        known: dict[Place, str] = {}
        current: set[Place] = set()
        # The current key comes last, so that its row is the one that counts.
        for identity, where in reversed(identities.items()):
            if identity in rows:
                known[where] = rows[identity]["profile"]["S"]
                if identity.partition("#")[0] == keyring.current:
                    current.add(where)
        kept = _Rows(self._client, self._table, keyring, self._draw, now)
        resolution = Resolution(kept, known, current, now)
        return [resolution.resolve(group) for group in groups]

    def settle(self, resolved: Sequence[Resolved], now: datetime) -> None:
        kept = _Rows(self._client, self._table, self._keys(), self._draw, now)
        moves = {(kept.identity(move.identifier), move.former): move.profile for one in resolved for move in one.moves}
        winners = {merge.loser: merge.winner for one in resolved for merge in one.merges}
        for loser, standing in kept.standings(list(winners)).items():
            moves |= {(row_of(claim), loser): winners[loser] for claim in standing.holds}
        for (identity, former), profile in moves.items():
            kept.repoint(identity, former, profile)

    def find(self, group: Sequence[Identifier]) -> str | None:
        """Return the profile that the best known identifier of a group leads to; what is unknown stays so."""
        keyring = self._keys()
        identities = [identity for one in group for identity in _identities(keyring, place(one))]
        rows = self._read(identities)
        return next((rows[identity]["profile"]["S"] for identity in identities if identity in rows), None)

    def _read(self, identities: Sequence[str]) -> dict[str, Any]:
        keys = [{"identity": {"S": identity}} for identity in identities]
        return {row["identity"]["S"]: row for row in batch_get(self._client, self._table, "identities", keys)}


class _Rows:
    """`kairos.app.ingest.joining.Rows` for one request, under the keyring that it began with."""

    def __init__(self, client: Any, table: str, keyring: Keyring, draw: Draw, now: datetime) -> None:
        self._client = client
        self._table = table
        self._keyring = keyring
        self._draw = draw
        self._now = now

    def new_id(self) -> str:
        return new_profile_id(self._draw)

    def identity(self, identifier: Identifier) -> str:
        return _identities(self._keyring, place(identifier))[0]

    def standings(self, profiles: Sequence[str]) -> dict[str, Standing]:
        keys = [{"identity": {"S": standing_key(profile)}} for profile in profiles]
        found = [_standing(row) for row in batch_get(self._client, self._table, "identities", keys)]
        return {standing.profile: standing for standing in found}

    def create(self, standing: Standing) -> None:
        item: dict[str, Any] = {
            "identity": {"S": standing_key(standing.profile)},
            "profile": {"S": standing.profile},
            "kind": {"S": "profile"},
            "created_at": {"S": sortable(standing.born)},
            "known": {"BOOL": standing.known},
            "revision": {"N": str(standing.revision)},
        }
        if standing.holds:
            item["holds"] = {"SS": sorted(standing.holds)}
        with calling("identities"):
            self._client.put_item(TableName=self._table, Item=item)

    def claim(self, profile: str, claims: frozenset[str]) -> bool:
        update = self._update(profile, claims, {"known": {"BOOL": True}}, "attribute_not_exists(merged_into)", {})
        try:
            with calling("identities"):
                self._client.update_item(**update)
        except ConditionFailed:
            return False
        return True

    def mark(self, loser: Standing, winner: Standing) -> bool:
        lost = {"merged_into": {"S": winner.profile}}
        won = {"known": {"BOOL": loser.known or winner.known}}
        updates = (self._as_read(loser, frozenset(), lost), self._as_read(winner, loser.holds, won))
        try:
            with calling("identities"):
                self._client.transact_write_items(TransactItems=[{"Update": update} for update in updates])
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
            if "ConditionalCheckFailed" in codes:
                return False
            raise Throttled("identities", "TransactionCanceledException") from error
        return True

    def bind(self, identifier: Identifier, profile: str) -> str:
        item = {
            "identity": {"S": self.identity(identifier)},
            "profile": {"S": profile},
            "kind": {"S": identifier.kind},
            "scope": {"S": identifier.scope},
            "verified": {"BOOL": identifier.verified},
            "created_at": {"S": sortable(self._now)},
        }
        try:
            with calling("identities"):
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#identity)",
                    ExpressionAttributeNames={"#identity": "identity"},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as error:
            return str(error.item["profile"]["S"])
        return profile

    def repoint(self, identity: str, former: str, profile: str) -> None:
        """Lead a row from `former` to `profile`; one that leads elsewhere by now, or is not there, is left alone."""
        try:
            with calling("identities"):
                self._client.update_item(
                    TableName=self._table,
                    Key={"identity": {"S": identity}},
                    UpdateExpression="SET profile = :profile",
                    ConditionExpression="profile = :former",
                    ExpressionAttributeValues={":profile": {"S": profile}, ":former": {"S": former}},
                )
        except ConditionFailed:
            return

    def _as_read(self, standing: Standing, claims: frozenset[str], sets: Mapping[str, Any]) -> dict[str, Any]:
        """Return an update that only holds while the standing is as it was read."""
        condition, values = "attribute_not_exists(merged_into) AND attribute_not_exists(revision)", {}
        if standing.revision:
            condition = "attribute_not_exists(merged_into) AND revision = :revision"
            values = {":revision": {"N": str(standing.revision)}}
        return self._update(standing.profile, claims, sets, condition, values)

    def _update(
        self, profile: str, claims: frozenset[str], sets: Mapping[str, Any], condition: str, values: dict[str, Any]
    ) -> dict[str, Any]:
        own = {"profile": {"S": profile}, "kind": {"S": "profile"}, **sets}
        given = {f":s{number}": value for number, value in enumerate(own.values())}
        setting = ", ".join(f"{name} = :s{number}" for number, name in enumerate(own))
        adding = "ADD revision :one" + (", holds :claims" if claims else "")
        values = {**values, **given, ":one": {"N": "1"}, ":born": {"S": sortable(BEFORE_ALL)}}
        if claims:
            values[":claims"] = {"SS": sorted(claims)}
        return {
            "TableName": self._table,
            "Key": {"identity": {"S": standing_key(profile)}},
            "UpdateExpression": f"SET {setting}, created_at = if_not_exists(created_at, :born) {adding}",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }


def _standing(row: Mapping[str, Any]) -> Standing:
    return Standing(
        profile=row["profile"]["S"],
        born=from_sortable(row["created_at"]["S"]),
        known=row.get("known", {}).get("BOOL", False),
        holds=frozenset(row.get("holds", {}).get("SS", ())),
        merged_into=row.get("merged_into", {}).get("S"),
        revision=int(row["revision"]["N"]),
    )


def _identities(keyring: Keyring, where: Place) -> list[str]:
    """Return the row's key under every key in force, the current one first."""
    kind, scope, _ = where
    hashes: Iterator[tuple[str, str, str]] = (text.partition("#") for text in keyring.hashes("identity", *where))
    return [f"{key_id}#{kind}#{scope}#{mac}" for key_id, _, mac in hashes]
