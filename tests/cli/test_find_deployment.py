"""A deployment is found by its stack, in the account and Region that are meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kairos.cli.deployment import Target
from kairos.cli.failure import NotDeployed
from kairos.cli.find_deployment import find_deployment


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
