"""The contacts key and the identity secret."""

from __future__ import annotations

import pytest

from tests.infra.deployed import Deployed


@pytest.mark.parametrize("name", ["ContactsKey", "IdentitySecret"])
def test_it_stays_when_any_stack_goes(prod: Deployed, local: Deployed, name: str) -> None:
    for deployed in (prod, local):
        assert deployed.resource(name)["DeletionPolicy"] == "Retain"
        assert deployed.resource(name)["UpdateReplacePolicy"] == "Retain"


def test_the_contacts_key_turns_over_every_year(prod: Deployed) -> None:
    assert prod.properties("ContactsKey")["EnableKeyRotation"] is True


def test_the_secret_is_drawn_by_aws_and_stands_in_no_template(prod: Deployed) -> None:
    secret = prod.properties("IdentitySecret")
    assert secret["GenerateSecretString"] == {"ExcludePunctuation": True, "PasswordLength": 64}
    assert "SecretString" not in secret
