"""A deployment as AWS shows it: its stack's outputs, its secrets, its publish function."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from kairos.aws.connections import SsmConnections
from kairos.cli.deployment import AwsDeployment, Target, find_deployment
from kairos.cli.failure import NotDeployed
from kairos.cli.parameters import SsmSecrets
from kairos.registry import load
from tests.cli.memory_deployment import Provider, StoppedClock

PREFIX = "/kairos/test/connections/"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        import boto3

        yield boto3


def test_a_deployment_is_found_by_its_stacks_outputs(aws: Any) -> None:
    body = {"Resources": {}, "Outputs": {"PublicUrl": {"Value": "https://api.example.com/"}}}
    aws.client("cloudformation", "us-west-2").create_stack(StackName="Kairos-prod", TemplateBody=json.dumps(body))
    found = find_deployment(Target("prod", region="us-west-2"))
    assert (found.stage, found.public_url) == ("prod", "https://api.example.com")
    with pytest.raises(NotDeployed, match="has no output ConfigTable"):
        _ = found.drafts


def test_a_stage_that_is_not_deployed_is_told_how(aws: Any) -> None:
    with pytest.raises(NotDeployed, match="make deploy STAGE=dev"):
        find_deployment(Target("dev"))


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
