from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError, ProfileNotFound

from kairos.cli.failure import UNREACHABLE, WRONG, CannotDo, NotDeployed, explain_failure
from kairos.domain.errors import BadInput, Unavailable

DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (BadInput("id", "a draft"), WRONG, "expected a draft"),
        (CannotDo("no"), WRONG, "no"),
        (FileNotFoundError(2, "No such file", "x.jsonl"), WRONG, "x.jsonl"),
        (NotDeployed("no stack"), UNREACHABLE, "no stack"),
        (Unavailable("config"), UNREACHABLE, "config is unavailable"),
        (DENIED, UNREACHABLE, "AWS refuses DescribeStacks (AccessDenied): no"),
        (NoRegionError(), UNREACHABLE, "--region"),
        (NoCredentialsError(), UNREACHABLE, "--profile"),
        (ProfileNotFound(profile="shop"), UNREACHABLE, "shop"),
        (EndpointConnectionError(endpoint_url="http://localhost:1"), UNREACHABLE, "http://localhost:1"),
    ],
)
def test_a_failure_says_what_to_do(error: Exception, code: int, hint: str) -> None:
    told = explain_failure(error)
    assert told is not None
    assert told[0] == code
    assert hint in told[1]


def test_a_mistake_of_ours_keeps_its_trace() -> None:
    assert explain_failure(KeyError("x")) is None
