"""Links in messages lead over the owner's own name, where there is one."""

from __future__ import annotations

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_apigatewayv2 as apigateway

from infra.link_domain import make_link_domain, public_url
from infra.stage import Options
from tests.infra.deployed import Deployed, flat

CERTIFICATE = "arn:aws:acm:ap-northeast-2:123456789012:certificate/0a1b-2c3d"


def test_the_own_name_leads_to_the_api_under_its_certificate(prod: Deployed) -> None:
    domain = prod.properties("LinkDomain")
    assert domain["DomainName"] == "link.example.com"
    assert domain["DomainNameConfigurations"] == [
        {"CertificateArn": CERTIFICATE, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
    ]
    mapping = prod.resource("LinkDomainMapping")
    assert mapping["Properties"] == {
        "ApiId": {"Ref": "Api"},
        "DomainName": {"Ref": "LinkDomain"},
        "Stage": {"Ref": "ApiStage"},
    }
    assert "ApiStage" in mapping["DependsOn"]


@pytest.mark.parametrize("station", ["deliver", "publish", "sync"])
def test_what_stands_in_links_is_the_own_name(prod: Deployed, station: str) -> None:
    variables = prod.properties(f"{station.capitalize()}Function")["Environment"]["Variables"]
    assert variables["KAIROS_PUBLIC_URL"] == "https://link.example.com"


def test_the_name_to_point_at_is_an_output(prod: Deployed) -> None:
    outputs = prod.template["Outputs"]
    assert outputs["LinkDomainTarget"]["Value"] == {"Fn::GetAtt": ["LinkDomain", "RegionalDomainName"]}
    assert outputs["PublicUrl"]["Value"] == "https://link.example.com"


def test_without_one_the_address_that_aws_gave_is_used(local: Deployed) -> None:
    assert local.of_type("ApiGatewayV2::DomainName") == {}
    variables = local.properties("DeliverFunction")["Environment"]["Variables"]
    assert "<Api>" in flat(variables["KAIROS_PUBLIC_URL"])


@pytest.mark.parametrize(
    ("name", "certificate", "said"),
    [
        ("link.example.com", None, "needs link_certificate"),
        ("link.example.com", "arn:aws:acm:us-east-1:123456789012:certificate/0a1b", "in ap-northeast-2"),
        ("https://link.example.com", CERTIFICATE, "without https://"),
        ("localhost", CERTIFICATE, "without https://"),
    ],
)
def test_what_aws_would_refuse_only_later_is_refused_at_once(name: str, certificate: str | None, said: str) -> None:
    stack = Stack(App(), "S", env=Environment(account="123456789012", region="ap-northeast-2"))
    api = apigateway.HttpApi(stack, "Api")
    deployed = apigateway.CfnStage(stack, "ApiStage", api_id=api.api_id, stage_name="$default")
    with pytest.raises(ValueError, match=said):
        make_link_domain(stack, Options(link_domain=name, link_certificate=certificate), api, deployed)
    assert public_url(Options(), api) == api.api_endpoint
