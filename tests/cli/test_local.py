from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from kairos.app.publish.command import run_command
from kairos.app.publish.publish import Publish
from kairos.aws.drafts import DynamoDrafts
from kairos.cli.failure import CannotDo
from kairos.cli.local import publish_folder, serve_locally
from kairos.memory import MemoryReleases
from tests.app.brands import brand, journey, template, write_brand
from tests.cli.memory_deployment import NOW


@dataclass
class Result:
    payload: Mapping[str, Any]


class Cloud:
    """A running cloud as far as publishing in it goes: a config table, and the publish function."""

    def __init__(self) -> None:
        import boto3

        self.session = boto3.Session(region_name="eu-west-1")
        self.outputs = {"ConfigTable": "config"}
        self.releases = MemoryReleases()
        self.settled = 0
        client = self.session.client("dynamodb")
        keys = {"kind": "HASH", "id": "RANGE"}
        client.create_table(
            TableName="config",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": role} for name, role in keys.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        )
        self.drafts = DynamoDrafts(client, "config")

    def invoke(self, function: str, request: Mapping[str, Any]) -> Result:
        assert function == "publish"
        return Result(run_command(Publish(self.drafts, self.releases), request, NOW))

    def settle(self) -> None:
        self.settled += 1


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_aws():
        yield Cloud()


def folder(path: Path, **other: Any) -> Path:
    files = {"brand.yaml": brand(), "journeys/welcome.yaml": journey(), "templates/hello.yaml": template()}
    return write_brand(path, files | other)


def test_a_brand_is_live_before_the_server_is_up(cloud: Cloud, tmp_path: Path) -> None:
    assert publish_folder(cloud, folder(tmp_path))
    pointer = cloud.releases.pointer()
    assert pointer is not None
    assert cloud.releases.bundle(pointer.release)["journeys"]["welcome"]["live"] == 1
    assert cloud.settled == 1


def test_drafts_come_back_from_the_table_as_they_were_pushed(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rates = {"email": {"per_second": 2.0, "per_day": 200}}
    files = {"brand.yaml": brand(rates=rates)}
    publish_folder(cloud, folder(tmp_path, **files))
    capsys.readouterr()
    assert publish_folder(cloud, folder(tmp_path, **files))
    assert capsys.readouterr().out.startswith("the drafts are the same already\n")


def test_an_invalid_brand_is_not_served(cloud: Cloud, tmp_path: Path) -> None:
    assert not publish_folder(cloud, folder(tmp_path, **{"journeys/welcome.yaml": {"id": "welcome"}}))
    assert cloud.drafts.all() == {}


def test_outside_of_the_repository_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="make setup"):
        serve_locally(0, None, root=tmp_path)
