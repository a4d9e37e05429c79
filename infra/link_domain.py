"""An address of one's own for the API: it stands in the links of messages, shorter and better known than AWS's.

It needs a certificate of the same Region, and afterwards a DNS record to the output `LinkDomainTarget`; both are the
owner's to make (docs/deploy.md). The address that AWS gave stays, so that links in messages of before lead on.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
"""

import re

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from constructs import Construct

from infra.stage import Options

_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})+")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:(?P<region>[a-z0-9-]+):[0-9]{12}:certificate/[A-Za-z0-9-]+")


def public_url(options: Options, api: apigateway.HttpApi) -> str:
    """Return where the API answers: under the owner's name where there is one, else under AWS's."""
    return f"https://{options.link_domain}" if options.link_domain else api.api_endpoint


def make_link_domain(
    scope: Construct, options: Options, api: apigateway.HttpApi, deployed: apigateway.CfnStage
) -> None:
    """Make the domain and lead it to the API's stage, where `options` name one."""
    if options.link_domain is None:
        return
    domain = apigateway.CfnDomainName(
        scope,
        "LinkDomain",
        domain_name=options.link_domain,
        domain_name_configurations=[
            apigateway.CfnDomainName.DomainNameConfigurationProperty(
                certificate_arn=_certificate(scope, options), endpoint_type="REGIONAL", security_policy="TLS_1_2"
            )
        ],
    )
    mapping = apigateway.CfnApiMapping(
        scope, "LinkDomainMapping", api_id=api.api_id, domain_name=domain.ref, stage=deployed.ref
    )
    mapping.add_dependency(deployed)
    target = CfnOutput(scope, "LinkDomainTargetOutput", value=domain.attr_regional_domain_name)
    target.override_logical_id("LinkDomainTarget")


def _certificate(scope: Construct, options: Options) -> str:
    """Return the certificate's ARN; raise `ValueError` for a name or certificate that AWS would refuse only later."""
    if not _NAME.fullmatch(options.link_domain or ""):
        raise ValueError(
            f"link_domain {options.link_domain!r}: a name such as link.example.com, without https:// and path"
        )
    found = _CERTIFICATE.fullmatch(options.link_certificate or "")
    region = Stack.of(scope).region
    if found is None or found["region"] != region:
        raise ValueError(f"link_domain needs link_certificate, the ARN of a certificate of ACM in {region}")
    return found.group()
