"""What is special about identities in DynamoDB: hashes, rotation, races, and one read for all of a request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from kairos.app.ports import Identifier, Resolved
from kairos.aws.batch import ROUNDS_MAX
from kairos.aws.identities import DynamoIdentities, new_profile_id
from kairos.aws.secret import Keyring
from kairos.domain.errors import Throttled
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
OLD = Keyring("1", {"1": b"1" * 32})
NEW = Keyring("2", {"1": b"1" * 32, "2": b"2" * 32})
CUSTOMER = Identifier("customer", "42", "shopify/main", verified=True)
EMAIL = Identifier("email", "mina@example.com", verified=True)
PHONE = Identifier("phone", "+821000000000", verified=True)

_numbers = count(1)


def _draw(size: int) -> bytes:
    return next(_numbers).to_bytes(size, "big")


class Interrupted:
    """A DynamoDB client that lets somebody else act just before the n-th write."""

    def __init__(self, client: Any, before: int, act: Callable[[], Any]) -> None:
        self._client = client
        self._before = before
        self._act = act
        self.calls: list[str] = []

    def __getattr__(self, method: str) -> Any:
        self.calls.append(method)
        if method == "put_item" and self.calls.count("put_item") == self._before:
            self._act()
        return getattr(self._client, method)


@pytest.fixture
def table(cloud: Cloud) -> str:
    return cloud.table("identities")


def identities(client: Any, table: str, keyring: Keyring = OLD) -> DynamoIdentities:
    return DynamoIdentities(client, table, lambda: keyring, _draw)


def test_an_id_is_26_lower_case_base32_characters_of_16_bytes() -> None:
    assert new_profile_id(lambda size: b"\x00" * size) == "a" * 26
    assert new_profile_id(lambda size: b"\xff" * size) == "7" * 25 + "4"
    assert len({new_profile_id() for _ in range(100)}) == 100


def test_no_row_says_who_anybody_is(cloud: Cloud, table: str) -> None:
    identities(cloud.client("dynamodb"), table).resolve([[CUSTOMER, EMAIL, PHONE]], NOW)
    rows = cloud.items(table)
    named = [row for row in rows if row["kind"]["S"] != "profile"]
    assert {row["kind"]["S"] for row in named} == {"customer", "email", "phone"}
    assert all(row["identity"]["S"].startswith(f"1#{row['kind']['S']}#{row['scope']['S']}#") for row in named)
    for secret in ("mina", "example.com", "8210", "42#"):
        assert secret not in str(rows)


def test_a_request_about_known_people_reads_once_whatever_it_holds(cloud: Cloud, table: str) -> None:
    client = Interrupted(cloud.client("dynamodb"), 0, lambda: None)
    groups = [[CUSTOMER, EMAIL], [EMAIL], [CUSTOMER]]
    found = identities(client, table).resolve(groups, NOW)
    client.calls.clear()
    assert identities(client, table).resolve(groups, NOW) == found
    assert client.calls == ["batch_get_item"]


def test_after_a_rotation_a_known_person_is_found_and_gets_a_row_under_the_new_key(cloud: Cloud, table: str) -> None:
    client = cloud.client("dynamodb")
    before = identities(client, table).resolve([[EMAIL]], NOW)
    assert identities(client, table, NEW).resolve([[EMAIL]], NOW) == before
    named = [row for row in cloud.items(table) if row["kind"]["S"] != "profile"]
    assert {row["identity"]["S"][0] for row in named} == {"1", "2"}
    only_new = Keyring("2", {"2": NEW.keys["2"]})
    assert identities(client, table, only_new).resolve([[EMAIL]], NOW) == before


def profiles(resolved: list[Resolved]) -> list[str]:
    """Return whom the groups are, whatever else is to be done about them."""
    return [one.profile for one in resolved]


def test_of_two_first_meetings_the_later_one_takes_the_profile_of_the_earlier(cloud: Cloud, table: str) -> None:
    other = identities(cloud.client("dynamodb"), table)
    found: list[str] = []
    client = Interrupted(cloud.client("dynamodb"), 1, lambda: found.extend(profiles(other.resolve([[EMAIL]], NOW))))
    assert profiles(identities(client, table).resolve([[EMAIL]], NOW)) == found


@pytest.mark.parametrize("before", [1, 2, 3])
def test_a_race_over_a_shared_identifier_ends_in_one_person_with_one_profile(
    cloud: Cloud, table: str, before: int
) -> None:
    """Two requests that meet somebody at once may make two profiles; one of them then says that they are one."""
    other = identities(cloud.client("dynamodb"), table)
    met: list[str] = []
    client = Interrupted(cloud.client("dynamodb"), before, lambda: met.extend(profiles(other.resolve([[EMAIL]], NOW))))
    mine = identities(client, table)
    resolved = mine.resolve([[CUSTOMER, PHONE, EMAIL]], NOW)
    mine.settle(resolved, NOW)
    winner = resolved[0].profile
    assert met == [winner] or [(merge.loser, merge.winner) for merge in resolved[0].merges] == [(met[0], winner)]
    named = [row for row in cloud.items(table) if row["kind"]["S"] != "profile"]
    assert {row["profile"]["S"] for row in named} == {winner}


def test_rows_left_unread_are_read_again_and_never_taken_for_absent() -> None:
    left = {"identities": {"Keys": [{"identity": {"S": "x"}}], "ConsistentRead": True}}
    row = {"identity": {"S": OLD.hash("identity", "email", "", EMAIL.value)}, "profile": {"S": "p1"}}
    key_id, _, mac = row["identity"]["S"].partition("#")
    row["identity"]["S"] = f"{key_id}#email##{mac}"
    client = FakeClient(
        batch_get_item=[
            {"Responses": {}, "UnprocessedKeys": left},
            {"Responses": {"identities": [row]}, "UnprocessedKeys": {}},
        ]
    )
    assert profiles(identities(client, "identities").resolve([[EMAIL]], NOW)) == ["p1"]
    assert client.calls[1][1]["RequestItems"] == left
    stuck = FakeClient(batch_get_item=[{"Responses": {}, "UnprocessedKeys": left}] * ROUNDS_MAX)
    with pytest.raises(Throttled):
        identities(stuck, "identities").resolve([[EMAIL]], NOW)
