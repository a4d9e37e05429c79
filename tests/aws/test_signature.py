"""Signatures, held to botocore's own."""

from __future__ import annotations

from calendar import timegm
from time import strptime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Theirs
from hypothesis import given
from hypothesis import strategies as st

from kairos.aws.signature import Credentials, Signer

HEADERS = {
    "host": "dynamodb.eu-west-1.amazonaws.com",
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "DynamoDB_20120810.GetItem",
}


def theirs(body: bytes, token: str | None) -> dict[str, str]:
    """Return the headers that botocore signs, at its own time of day."""
    named = {name: value for name, value in HEADERS.items() if name != "host"}
    request = AWSRequest("POST", f"https://{HEADERS['host']}/", data=body, headers=named)
    SigV4Auth(Theirs("AKIDEXAMPLE", "secret/+", token), "dynamodb", "eu-west-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(st.binary(max_size=200), st.sampled_from(["", "token/+=="]))
def test_a_request_is_signed_as_botocore_signs_it(body: bytes, token: str) -> None:
    expected = theirs(body, token or None)
    at = timegm(strptime(expected["x-amz-date"], "%Y%m%dT%H%M%SZ"))
    signed = Signer(Credentials("AKIDEXAMPLE", "secret/+", token), "eu-west-1", "dynamodb").sign(HEADERS, body, at)
    assert signed == expected | {"host": HEADERS["host"]}


def test_the_key_of_a_day_is_not_used_the_next() -> None:
    one, fresh = (Signer(Credentials("AKIDEXAMPLE", "s"), "eu-west-1", "sqs") for _ in range(2))
    midnight = 1_772_409_600
    first = one.sign(HEADERS, b"{}", midnight - 1)
    assert one.sign(HEADERS, b"{}", midnight) == fresh.sign(HEADERS, b"{}", midnight)
    assert first["authorization"] != one.sign(HEADERS, b"{}", midnight)["authorization"]


@pytest.mark.parametrize("secret", ["secret_key", "token"])
def test_credentials_do_not_show_in_a_traceback(secret: str) -> None:
    assert "hidden" not in repr(Credentials("AKIDEXAMPLE", **{"secret_key": "", secret: "hidden"}))
