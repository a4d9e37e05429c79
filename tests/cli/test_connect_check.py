"""`kairos connect --check`: what fits, and what does not in words that say what to mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kairos.app.http import HttpRequest
from kairos.app.ingest.front import handle
from kairos.cli.connect_check import check_connection
from kairos.cli.failure import WRONG, CannotDo
from kairos.domain.errors import Unavailable
from kairos.sources._pulling import Answer
from tests.app.intake import Station
from tests.cli.memory_deployment import MemoryDeployment

STANDARD = "whsec_" + "QUJD" * 8
WEBHOOKS = dict.fromkeys(("shopify", "woocommerce", "calcom", "calendly", "stripe", "cafe24", "track"), "main.secret")


class Door:
    """The front door of `ingest`, asked over no network; what else is asked for is answered as a test says."""

    def __init__(self, deployment: MemoryDeployment, api: Answer | None = None) -> None:
        self.station, self.deployment, self.api = Station(), deployment, api or Answer(200, {}, b"{}")
        self.asked: list[str] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, bytes_max: int = 0
    ) -> Answer:
        self.asked.append(url)
        path = url.removeprefix(self.deployment.public_url)
        if path == url:
            return self.api
        self.station.connections.known = dict(self.deployment.secrets.kept)
        now = self.deployment.clock.now()
        got = handle(self.station.ingest, HttpRequest(method, path, headers, body, now))
        return Answer(got.status, got.headers, got.body.encode())


@pytest.mark.parametrize("source", [*WEBHOOKS, "imports"])
def test_a_test_webhook_is_signed_as_its_sender_would_and_changes_nothing(source: str) -> None:
    deployment = MemoryDeployment()
    deployment.secrets.write(source, "main", {"secrets": [WEBHOOKS.get(source, STANDARD)]})
    door = Door(deployment)
    assert check_connection(deployment, source, "main", door) == 0
    assert door.station.events() == []


@pytest.mark.parametrize("source", WEBHOOKS)
def test_a_secret_that_does_not_count_yet_is_said(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    deployment = MemoryDeployment()
    deployment.secrets.write(source, "main", {"secrets": [WEBHOOKS[source]]})
    door = Door(deployment)

    def other(method: str, url: str, headers: Mapping[str, str], body: bytes = b"", **more: Any) -> Answer:
        before, deployment.secrets.kept[source, "main"] = (
            deployment.secrets.kept[source, "main"],
            {"secrets": ["main.x"]},
        )
        try:
            return door(method, url, headers, body)
        finally:
            deployment.secrets.kept[source, "main"] = before

    assert check_connection(deployment, source, "main", other) == WRONG
    assert "five minutes" in capsys.readouterr().out


def test_an_api_that_refuses_the_key_is_said_in_its_words_without_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    deployment = MemoryDeployment()
    settings = {"secrets": ["main.secret"], "shop": "x.example.com", "api_key": "shpat_planted"}
    deployment.secrets.write("shopify", "main", settings)
    assert check_connection(deployment, "shopify", "main", Door(deployment, Answer(401))) == WRONG
    out = " ".join(capsys.readouterr().out.split())
    assert "ok a signed test webhook was taken" in out
    assert "wrong it cannot be read" in out
    assert "planted" not in out
    assert check_connection(deployment, "shopify", "main", Door(deployment, Answer(200, {}, b'{"orders": []}'))) == 0


def test_a_sender_with_a_key_pair_signs_its_test_itself(capsys: pytest.CaptureFixture[str]) -> None:
    deployment = MemoryDeployment()
    deployment.secrets.write("courses", "main", {"secrets": ["whpk_" + "A" * 43 + "="]})
    door = Door(deployment)
    assert check_connection(deployment, "courses", "main", door) == 0
    assert not door.asked
    assert "only its sender can sign" in " ".join(capsys.readouterr().out.split())


def test_a_stage_that_does_not_answer_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    deployment = MemoryDeployment()
    deployment.secrets.write("calcom", "main", {"secrets": ["s"]})

    def nobody(*given: Any, **more: Any) -> Answer:
        raise Unavailable("source", "gaierror")

    assert check_connection(deployment, "calcom", "main", nobody) == WRONG
    assert "nobody answers" in capsys.readouterr().out


def test_what_is_not_connected_cannot_be_checked() -> None:
    deployment = MemoryDeployment()
    with pytest.raises(CannotDo, match="kairos sources"):
        check_connection(deployment, "shopify", "main", Door(deployment))


def test_what_aws_signs_only_aws_can_try(capsys: pytest.CaptureFixture[str]) -> None:
    deployment = MemoryDeployment()
    deployment.secrets.write("sns", "main", {"topic": "arn:aws:sns:us-east-1:123456789012:feedback"})
    door = Door(deployment)
    assert check_connection(deployment, "sns", "main", door) == 0
    assert door.asked == []
