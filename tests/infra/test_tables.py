"""The tables: keys, index, streams, and what protects them."""

from __future__ import annotations

import pytest

from tests.infra.deployed import Deployed

KEYS = {
    "CustomersTable": ["profile"],
    "IdentitiesTable": ["identity"],
    "ContactsTable": ["profile", "ref"],
    "SuppressionsTable": ["address", "scope"],
    "MessagesTable": ["message"],
    "ConfigTable": ["kind", "id"],
    "InsightsTable": ["insight", "slice"],
    "BoardTable": ["profile"],
    "ConsentsTable": ["person", "word"],
}
STREAMS = {"CustomersTable", "ConfigTable"}
EXPIRES = {"CustomersTable", "ContactsTable", "MessagesTable", "InsightsTable", "BoardTable"}


@pytest.mark.parametrize("table", sorted(KEYS))
def test_a_table_has_its_keys_is_billed_by_request_and_streams_and_expires_where_said(
    prod: Deployed, table: str
) -> None:
    properties = prod.properties(table)
    assert [key["AttributeName"] for key in properties["KeySchema"]] == KEYS[table]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    stream = {"StreamViewType": "NEW_IMAGE"} if table in STREAMS else None
    assert properties.get("StreamSpecification") == stream
    expiry = {"AttributeName": "ttl", "Enabled": True} if table in EXPIRES else None
    assert properties.get("TimeToLiveSpecification") == expiry


def test_suppressions_never_expire(prod: Deployed) -> None:
    """They outlive the profile: an expired one would write to a person who said no."""
    assert "TimeToLiveSpecification" not in prod.properties("SuppressionsTable")


def test_what_is_due_is_found_by_an_index_of_keys_alone(prod: Deployed) -> None:
    (index,) = prod.properties("CustomersTable")["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "wake"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["wake", "wake_at"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_contacts_are_under_their_own_key_and_nothing_else_is(prod: Deployed) -> None:
    encrypted = {
        name: table["Replicas"][0].get("SSESpecification")
        for name, table in prod.of_type("DynamoDB::GlobalTable").items()
    }
    assert {name for name, key in encrypted.items() if key} == {"ContactsTable"}
    assert encrypted["ContactsTable"] == {"KMSMasterKeyId": {"Fn::GetAtt": ["ContactsKey", "Arn"]}}


@pytest.mark.parametrize("table", sorted(KEYS))
def test_production_keeps_its_data_and_other_stages_let_go(prod: Deployed, local: Deployed, table: str) -> None:
    for deployed, kept in ((prod, True), (local, False)):
        resource = deployed.resource(table)
        (replica,) = resource["Properties"]["Replicas"]
        assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is kept
        assert replica["DeletionProtectionEnabled"] is kept
        assert resource["DeletionPolicy"] == ("Retain" if kept else "Delete")


def test_releases_are_private_and_stay(prod: Deployed, local: Deployed) -> None:
    for deployed in (prod, local):
        assert deployed.resource("ReleasesBucket")["DeletionPolicy"] == "Retain"
        assert all(deployed.properties("ReleasesBucket")["PublicAccessBlockConfiguration"].values())
