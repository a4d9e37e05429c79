"""Contacts: writers only update, readers only read, and what one booking needed may go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kairos.aws.contacts import KEPT, DynamoContactReader, DynamoContacts
from kairos.aws.secret import Keyring
from kairos.aws.suppressions import DynamoSuppressions
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient, aws_error

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
STALE = aws_error("ConditionalCheckFailedException")


def test_the_writer_updates_and_nothing_else() -> None:
    client = FakeClient(update_item=[{}])
    DynamoContacts(client, "contacts").put("p1", "profile", {"email": "a@example.com", "name": "A"}, NOW)
    assert [method for method, _ in client.calls] == ["update_item"]
    assert "ReturnValues" not in client.calls[0][1]


def test_when_one_field_is_older_each_decides_for_itself() -> None:
    client = FakeClient(update_item=[STALE, STALE, {}, {}])
    DynamoContacts(client, "contacts").put("p1", "profile", {"a": 1, "b": 2, "c": 3}, NOW)
    assert [len(call["ExpressionAttributeValues"]) for _, call in client.calls] == [3, 1, 1, 1]


@pytest.mark.parametrize(
    ("ref", "kept"), [("profile", None), ("entry#booking#b1", NOW + KEPT), ("subject#c1", NOW + KEPT)]
)
def test_only_what_one_entry_or_subject_needed_goes_by_itself(cloud: Cloud, ref: str, kept: datetime | None) -> None:
    table = cloud.table("contacts")
    DynamoContacts(cloud.client("dynamodb"), table).put("p1", ref, {"name": "A"}, NOW)
    (item,) = cloud.items(table)
    assert item.get("ttl") == (kept and {"N": str(int(kept.timestamp()))})


def test_more_profiles_and_references_than_one_read_holds(cloud: Cloud) -> None:
    table = cloud.table("contacts")
    writer = DynamoContacts(cloud.client("dynamodb"), table)
    refs = [f"subject#{number}" for number in range(60)]
    for profile in ("p1", "p2"):
        writer.put(profile, refs[59], {profile: True}, NOW)
    found = DynamoContactReader(cloud.client("dynamodb"), table).fetch(["p1", "p2"], refs)
    assert list(found) == refs
    assert found[refs[59]] == {"p1": True, "p2": True}


def test_a_stop_under_a_former_key_holds_after_a_rotation(cloud: Cloud) -> None:
    table = cloud.table("suppressions")
    old, new = Keyring("1", {"1": b"1" * 32}), Keyring("2", {"1": b"1" * 32, "2": b"2" * 32})
    before = DynamoSuppressions(cloud.client("dynamodb"), table, lambda: old)
    before.suppress("email", "a@example.com", "all", "complaint", NOW)
    after = DynamoSuppressions(cloud.client("dynamodb"), table, lambda: new)
    after.suppress("email", "a@example.com", "marketing", "unsubscribed", NOW)
    assert after.suppressed("email", "a@example.com") == {"all", "marketing"}
    assert "example" not in str(cloud.items(table))
