"""Connections: the settings of a configured source, and nothing for a name that somebody made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.aws.connections import SsmConnections
from kairos.domain.errors import UnknownConnection
from kairos.memory import MemoryClock, MemoryConnections
from tests.aws.cloud import Cloud

SETTINGS = {"secrets": ["new", "old"], "country": "KR"}


@pytest.fixture
def connections(kind: str, cloud: Cloud) -> Any:
    if kind == "memory":
        return MemoryConnections({("shopify", "main"): SETTINGS})
    ssm = cloud.client("ssm")
    name = "/kairos/dev/connections/shopify/main"
    ssm.put_parameter(Name=name, Value=json.dumps(SETTINGS), Type="SecureString", Overwrite=True)
    return SsmConnections(ssm, "/kairos/dev/connections/", MemoryClock(datetime(2026, 11, 22, tzinfo=UTC)))


def test_a_connection_has_its_settings(connections: Any) -> None:
    assert connections.settings("shopify", "main") == SETTINGS


@pytest.mark.parametrize(
    "name",
    [("shopify", "other"), ("stripe", "main"), ("", ""), ("..", "main"), ("shopify/main", "x"), ("shopify", "m ain\n")],
)
def test_a_name_that_nobody_configured_is_unknown(connections: Any, name: tuple[str, str]) -> None:
    with pytest.raises(UnknownConnection):
        connections.settings(*name)


def test_the_connections_of_one_source_are_listed_by_name(connections: Any) -> None:
    assert connections.connections("shopify") == ["main"]
    assert connections.connections("ical") == []


def test_a_source_with_many_connections_lists_them_all(cloud: Cloud) -> None:
    ssm = cloud.client("ssm")
    for number in range(25):
        ssm.put_parameter(Name=f"/kairos/x/connections/ical/c{number:02}", Value="{}", Type="SecureString")
    ssm.put_parameter(Name="/kairos/x/connections/ical2/other", Value="{}", Type="SecureString")
    connections = SsmConnections(ssm, "/kairos/x/connections/", MemoryClock(datetime(2026, 11, 22, tzinfo=UTC)))
    assert connections.connections("ical") == [f"c{number:02}" for number in range(25)]


def test_what_is_kept_of_a_connection_stands_beside_what_else_was_set(connections: Any) -> None:
    connections.keep("shopify", "main", {"api_key": "renewed"})
    assert connections.settings("shopify", "main") == {**SETTINGS, "api_key": "renewed"}
    with pytest.raises(UnknownConnection):
        connections.keep("shopify", "other", {"api_key": "x"})
