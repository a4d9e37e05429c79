"""botocore's errors become ours by their code; our own mistakes stay loud."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from kairos.aws.errors import ConditionFailed, calling
from kairos.domain.errors import Conflict, Throttled, Unavailable
from tests.aws.fakes import aws_error


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (aws_error("ConditionalCheckFailedException"), ConditionFailed),
        (aws_error("ProvisionedThroughputExceededException"), Throttled),
        (aws_error("ThrottlingException"), Throttled),
        (aws_error("SlowDown", 503), Throttled),
        (aws_error("SomethingNew", 429), Throttled),
        (aws_error("InternalServerError", 500), Unavailable),
        (aws_error("TransactionConflictException"), Unavailable),
        (aws_error("SomethingNew", 503), Unavailable),
        (ConnectTimeoutError(endpoint_url="https://example.com"), Unavailable),
        (ReadTimeoutError(endpoint_url="https://example.com"), Unavailable),
        (EndpointConnectionError(endpoint_url="https://example.com"), Unavailable),
    ],
)
def test_what_aws_answers_has_one_meaning(error: Exception, ours: type[Exception]) -> None:
    with pytest.raises(ours) as caught, calling("customers"):
        raise error
    assert type(caught.value) is ours
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_our_own_mistakes_stay_as_they_are(code: str) -> None:
    with pytest.raises(ClientError) as caught, calling("customers"):
        raise aws_error(code)
    assert caught.value.response["Error"]["Code"] == code


def test_a_failed_condition_is_a_conflict_and_brings_what_is_there() -> None:
    with pytest.raises(Conflict) as caught, calling("messages"):
        raise aws_error("ConditionalCheckFailedException", Item={"state": {"S": "sent"}})
    assert isinstance(caught.value, ConditionFailed)
    assert caught.value.item == {"state": {"S": "sent"}}


def test_what_is_not_from_aws_passes() -> None:
    with pytest.raises(KeyError), calling("customers"):
        raise KeyError("ours")
