"""Secrets as SSM keeps them, written by an operator and read by ingest."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.aws.connections import SsmConnections
from kairos.cli.parameters import SsmSecrets
from tests.cli.memory_deployment import StoppedClock

PREFIX = "/kairos/test/connections/"


def test_secrets_are_encrypted_and_read_by_ingest(aws: Any) -> None:
    ssm = aws.client("ssm")
    secrets = SsmSecrets(ssm, PREFIX)
    assert secrets.read("shopify", "main") == {}
    secrets.write("shopify", "main", {"secrets": ["비밀"]})
    secrets.write("shopify", "main", {"secrets": ["new", "비밀"]})
    secrets.write("track", "web", {"secrets": ["x"]})
    assert secrets.names() == [("shopify", "main"), ("track", "web")]
    assert secrets.read("shopify", "main") == {"secrets": ["new", "비밀"]}
    assert ssm.get_parameter(Name=f"{PREFIX}shopify/main")["Parameter"]["Type"] == "SecureString"
    read = SsmConnections(ssm, PREFIX, StoppedClock()).settings("shopify", "main")
    assert read == {"secrets": ["new", "비밀"]}


@pytest.mark.parametrize("text", ["no json", "[1]"])
def test_settings_spoilt_by_hand_are_started_afresh(text: str, aws: Any) -> None:
    ssm = aws.client("ssm")
    ssm.put_parameter(Name=f"{PREFIX}track/web", Value=text, Type="SecureString")
    assert SsmSecrets(ssm, PREFIX).read("track", "web") == {}


def test_settings_that_would_cost_money_are_refused(aws: Any) -> None:
    with pytest.raises(ValueError, match="4096 bytes"):
        SsmSecrets(aws.client("ssm"), PREFIX).write("track", "web", {"secrets": ["x" * 5_000]})
