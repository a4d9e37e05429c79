"""A stage's deployment in AWS, found by its stack's outputs, or on the local server.

With AWS_ENDPOINT_URL set (as `kairos local` prints it), botocore sends every call there.
"""

from __future__ import annotations

from botocore.exceptions import ClientError
from botocore.session import Session

from kairos.aws.clients import Clients
from kairos.cli.aws_deployment import AwsDeployment
from kairos.cli.deployment import Target
from kairos.cli.failure import NotDeployed


def find_deployment(target: Target) -> AwsDeployment:
    """Return the deployment of a stage. Raises NotDeployed, and botocore's errors."""
    clients = _clients(target)
    try:
        answer = clients.get("cloudformation").describe_stacks(StackName=target.stack)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        hint = f"deploy it with `make deploy STAGE={target.stage}`, or name another --stage, --region or --profile"
        raise NotDeployed(f"there is no stack {target.stack} here: {hint}") from error
    outputs = {row["OutputKey"]: row["OutputValue"] for row in answer["Stacks"][0].get("Outputs", ())}
    return AwsDeployment(target.stage, outputs, clients.get)


def _clients(target: Target) -> Clients:
    session = Session(profile=target.profile)
    if target.region:
        session.set_config_variable("region", target.region)
    return Clients(session)
