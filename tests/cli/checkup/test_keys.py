from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kairos.cli.checkup.keys import connections, contacts_key, identity_secret
from tests.cli.checkup.patients import LONG_AGO, only, parameter, patient, refusal, statuses
from tests.cli.memory_deployment import NOW

VALUE = ("secretsmanager", "GetSecretValue")
ABOUT = ("secretsmanager", "DescribeSecret")
PARAMETERS = ("ssm", "GetParametersByPath")


def test_a_secret_after_a_rotation_says_which_key_writes() -> None:
    rotated = json.dumps({"current": "2", "keys": {"1": "ab" * 32, "2": "cd" * 32}})
    found = only(identity_secret(patient({VALUE: {"SecretString": rotated}})))
    assert found.says == "the identity secret has 2 readable key(s); key 2 writes"


@pytest.mark.parametrize("text", ['{"current": "9", "keys": {}}', "short", '{"current": "deadbeef"'])
def test_a_secret_that_cannot_be_used_is_wrong_and_not_quoted(text: str) -> None:
    found = only(identity_secret(patient({VALUE: {"SecretString": text}})))
    assert found.status == "wrong"
    assert "deadbeef" not in found.says + found.do


def test_a_secret_that_is_gone_or_going_is_wrong() -> None:
    assert only(identity_secret(patient({ABOUT: refusal("ResourceNotFoundException")}))).status == "wrong"
    going = only(identity_secret(patient({ABOUT: {"DeletedDate": NOW}})))
    assert (going.status, "restore-secret" in going.do) == ("wrong", True)


@pytest.mark.parametrize(
    ("state", "do"), [("Disabled", "enable-key"), ("PendingDeletion", "cancel-key-deletion"), ("Unavailable", "see")]
)
def test_a_contacts_key_out_of_force_is_wrong(state: str, do: str) -> None:
    found = only(contacts_key(patient({("kms", "DescribeKey"): {"KeyMetadata": {"KeyId": "x", "KeyState": state}}})))
    assert found.status == "wrong"
    assert do in found.do


def test_a_contacts_key_that_is_gone_is_wrong() -> None:
    assert only(contacts_key(patient({("kms", "DescribeKey"): refusal("NotFoundException")}))).status == "wrong"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "ok"),
        ({"Value": "no json"}, "wrong"),
        ({"Value": "[]"}, "wrong"),
        ({"Value": '{"secrets": []}'}, "wrong"),
        ({"Value": '{"secrets": [""]}'}, "wrong"),
        ({"Value": '{"secrets": "s3cret"}'}, "wrong"),
        ({"Type": "String"}, "wrong"),
        ({"LastModifiedDate": NOW - timedelta(days=365)}, "ok"),
        ({"LastModifiedDate": LONG_AGO}, "warn"),
    ],
)
def test_a_connection_needs_a_secret_that_ingest_can_use(change: dict[str, Any], status: str) -> None:
    found = only(connections(patient({PARAMETERS: {"Parameters": [parameter(**change)]}})))
    assert found.status == status
    assert "shopify/main" in found.says
    assert "s3cret" not in found.says + found.do


def test_every_connection_is_told_and_none_at_all_is_worth_knowing() -> None:
    two = [parameter(), parameter(Name="/kairos/prod/connections/track/web", Value="{}")]
    assert statuses(connections(patient({PARAMETERS: {"Parameters": two}}))) == ["ok", "wrong"]
    assert only(connections(patient({PARAMETERS: {"Parameters": []}}))).status == "warn"
