"""The mocked AWS of one test module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.aws.cloud import Cloud


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """Return a mocked AWS that lasts as long as the module."""
    with mock_aws():
        yield Cloud()


@pytest.fixture(params=["memory", "aws", "direct"])
def kind(request: pytest.FixtureRequest, cloud: Cloud) -> str:
    """Return which implementation of a port is being held to its contract: AWS's by botocore, or called directly."""
    cloud.direct = request.param == "direct"
    return "memory" if request.param == "memory" else "aws"
