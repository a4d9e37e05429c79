"""Direct clients: what they say and repeat, and which errors a caller sees. The ports' contracts run over them too."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError, ResponseStreamingError

from kairos.aws.direct import ATTEMPTS_MAX, DirectClient, direct_client
from kairos.aws.errors import ConditionFailed, calling
from kairos.aws.keepalive import Answer, Connections
from kairos.aws.signature import Credentials, Signer
from kairos.domain.errors import Throttled, Unavailable

LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_REGION": "eu-west-1",
}


class Scripted(Connections):
    """Connections that give prepared answers, or raise prepared errors, and keep what was said."""

    def __init__(self, *answers: Answer | Exception) -> None:
        super().__init__("https://dynamodb.eu-west-1.amazonaws.com", 1, 1)
        self.answers = list(answers)
        self.said: list[tuple[dict[str, str], Any]] = []

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        self.said.append((dict(headers), json.loads(body)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def said(status: int, told: Any = None, **headers: str) -> Answer:
    body = b"" if told is None else json.dumps(told).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def client(*answers: Answer | Exception, service: str = "dynamodb") -> tuple[Any, Scripted, list[float]]:
    pauses: list[float] = []
    scripted = Scripted(*answers)
    signer = Signer(Credentials("AKIDEXAMPLE", "secret"), "eu-west-1", service)
    made = DirectClient(service, signer, scripted, user_agent="kairos", sleep=pauses.append, clock=lambda: 0.0)
    return made, scripted, pauses


def error(code: str, status: int = 400, **more: Any) -> Answer:
    return said(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no", **more})


def test_an_operation_is_named_in_a_header_and_binaries_travel_in_base64() -> None:
    made, scripted, _ = client(said(200, {"Item": {"state": {"B": "AAE="}, "B": {"S": "B"}}}))
    found = made.put_item(TableName="t", Item={"state": {"B": b"\x00\x01"}})
    assert found == {"Item": {"state": {"B": b"\x00\x01"}, "B": {"S": "B"}}}
    ((headers, body),) = scripted.said
    assert headers["x-amz-target"] == "DynamoDB_20120810.PutItem"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["user-agent"] == "kairos"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/19700101/eu-west-1/dynamodb/")
    assert body == {"TableName": "t", "Item": {"state": {"B": "AAE="}}}


def test_an_answer_without_a_body_is_empty() -> None:
    made, _, _ = client(said(200))
    assert made.delete_item(TableName="t", Key={}) == {}


@pytest.mark.parametrize(
    "passing",
    [
        error("ProvisionedThroughputExceededException"),
        error("ThrottlingException"),
        error("InternalServerError", 500),
        said(503),
        ConnectionClosedError(endpoint_url="https://x"),
        ReadTimeoutError(endpoint_url="https://x"),
        said(200, {"Item": {}}, x_amz_crc32="1"),
    ],
    ids=["throughput", "throttled", "500", "503 without a body", "closed", "timed out", "another checksum"],
)
def test_what_may_pass_is_tried_again_after_a_while(passing: Answer | Exception) -> None:
    made, scripted, pauses = client(passing, passing, said(200, {"ok": 1}))
    assert made.get_item(TableName="t") == {"ok": 1}
    assert len(scripted.said) == 3
    assert 0 <= pauses[0] <= 1
    assert 0 <= pauses[1] <= 2


@pytest.mark.parametrize(
    ("lasting", "ours"),
    [
        (error("ThrottlingException"), Throttled),
        (error("InternalServerError", 500), Unavailable),
        (ReadTimeoutError(endpoint_url="https://x"), Unavailable),
        (ResponseStreamingError(error="cut"), Unavailable),
    ],
)
def test_what_does_not_pass_is_raised_as_ours(lasting: Answer | Exception, ours: type[Exception]) -> None:
    made, scripted, _ = client(*[lasting] * (ATTEMPTS_MAX + 1))
    with pytest.raises(ours), calling("customers"):
        made.get_item(TableName="t")
    assert len(scripted.said) == ATTEMPTS_MAX


def test_a_refusal_is_not_repeated_and_brings_what_is_there() -> None:
    there = {"version": {"N": "7"}, "state": {"B": "AAE="}}
    made, scripted, pauses = client(error("ConditionalCheckFailedException", Item=there))
    with pytest.raises(ConditionFailed) as caught, calling("customers"):
        made.put_item(TableName="t")
    assert caught.value.item == {"version": {"N": "7"}, "state": {"B": b"\x00\x01"}}
    assert (len(scripted.said), pauses) == (1, [])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (error("ValidationException"), "ValidationException"),
        (said(400, {"__type": "ParameterNotFound"}), "ParameterNotFound"),
        (said(400, {"__type": "a#B:http://x"}), "B"),
        (said(400, {"__type": "x#QueueDoesNotExist"}, x_amzn_query_error="AWS.Queue.Gone;Sender"), "AWS.Queue.Gone"),
        (said(403), "403"),
        (Answer(413, {}, b"<html>"), "413"),
        (said(400, ["no object"]), "400"),
    ],
)
def test_an_error_has_the_code_that_botocore_would_tell(answer: Answer, code: str) -> None:
    made, _, _ = client(answer)
    with pytest.raises(ClientError) as caught:
        made.get_item(TableName="t")
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == answer.status


def test_a_right_checksum_is_taken() -> None:
    body = b'{"Item":{}}'
    made, _, _ = client(Answer(200, {"x-amz-crc32": str(zlib.crc32(body))}, body))
    assert made.get_item(TableName="t") == {"Item": {}}


def test_a_parameter_that_is_no_json_is_a_mistake_of_ours() -> None:
    made, scripted, _ = client()
    with pytest.raises(TypeError, match="a set is no parameter"):
        made.put_item(TableName="t", Item={"holds": {"SS": {"a"}}})
    assert scripted.said == []


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("s3", {}),
        ("dynamodb", {"AWS_LAMBDA_FUNCTION_NAME": ""}),
        ("dynamodb", {"AWS_ACCESS_KEY_ID": ""}),
        ("dynamodb", {"AWS_REGION": "cn-north-1"}),
        ("dynamodb", {"AWS_REGION": "us-gov-west-1"}),
        ("dynamodb", {"https_proxy": "http://proxy.example.com"}),
        ("dynamodb", {"AWS_USE_FIPS_ENDPOINT": "true"}),
        ("dynamodb", {"KAIROS_BOTOCORE": "1"}),
    ],
)
def test_botocore_is_asked_for_whatever_is_not_known_here(service: str, change: dict[str, str]) -> None:
    assert direct_client(service, LAMBDA | change, 1, 1, "kairos") is None


@pytest.mark.parametrize(
    ("service", "change", "host"),
    [
        ("dynamodb", {}, "dynamodb.eu-west-1.amazonaws.com"),
        ("sqs", {"AWS_REGION": "ap-northeast-2"}, "sqs.ap-northeast-2.amazonaws.com"),
        ("firehose", {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}, "127.0.0.1:5000"),
        (
            "secretsmanager",
            {"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "https://b.example.com"},
            "b.example.com",
        ),
    ],
)
def test_a_service_is_where_botocore_finds_it(service: str, change: dict[str, str], host: str) -> None:
    found = direct_client(service, LAMBDA | change, 1, 1, "kairos")
    assert found is not None
    assert found._headers["host"] == host
