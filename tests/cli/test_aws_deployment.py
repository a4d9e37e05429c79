"""A deployment in AWS: its publish function, its channels, its list of stops."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from kairos.cli.aws_deployment import AwsDeployment
from kairos.cli.failure import NotDeployed
from kairos.domain.errors import Unavailable
from kairos.registry import load
from tests.cli.memory_deployment import Provider


class Function:
    """A lambda client with one answer."""

    def __init__(self, answer: dict[str, Any], failed: bool) -> None:
        self.answer, self.failed = answer, failed
        self.requests: list[Any] = []

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.requests.append((request["FunctionName"], json.loads(request["Payload"])))
        error = {"FunctionError": "Unhandled"} if self.failed else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **error}


def deployment(client: Any) -> AwsDeployment:
    return AwsDeployment("test", {"PublishFunction": "publish-1"}, lambda service, **config: client)


def test_a_command_is_an_invocation_of_publish() -> None:
    function = Function({"ok": True}, failed=False)
    assert deployment(function).command({"command": "rollback"}) == {"ok": True}
    assert function.requests == [("publish-1", {"command": "rollback"})]


def test_a_function_that_fails_is_told_with_its_error() -> None:
    function = Function({"errorType": "MissingSettings", "errorMessage": "needs X"}, failed=True)
    with pytest.raises(NotDeployed, match=r"MissingSettings\): needs X"):
        deployment(function).command({"command": "rollback"})


def test_a_test_mail_goes_without_the_configuration_set() -> None:
    provider = Provider()
    client = deployment(provider).channel_client(load("channels", "email"))
    client.client.send_email(ConfigurationSetName=client.configuration_set, Content="x")
    assert provider.requests == [{"Content": "x"}]


class Phones:
    """An SNS client whose list of opted-out numbers has two pages."""

    def list_phone_numbers_opted_out(self, **request: str) -> dict[str, Any]:
        if request == {"nextToken": "2"}:
            return {"phoneNumbers": ["+821000000002"]}
        return {"phoneNumbers": ["+821000000001"], "nextToken": "2"}


def test_every_page_of_the_numbers_that_opted_out_is_read() -> None:
    assert [*deployment(Phones()).opted_out_numbers()] == ["+821000000001", "+821000000002"]


def test_an_http_api_where_nobody_answers_is_unavailable() -> None:
    alone = AwsDeployment("test", {"PublicUrl": "http://127.0.0.1:1"}, lambda service, **config: None)
    with pytest.raises(Unavailable, match="HTTP API"):
        alone.post("/track", {}, b"{}")
