"""AWS's JSON services called directly, for the calls that every event makes.

A call by botocore costs six times the processor of one made here, and most of what a function costs was that. What is
left out is what a function in Lambda does not need: service models, event hooks, the search for credentials, Regions
and endpoints. What stays is what a caller can see: names and parameters of operations, the parsed answer, exceptions of
botocore's own, repetition as its "standard" mode does it, checksums where the service sends them. The contract tests
run over both; wherever else than in Lambda, and for a setting that is not known here, botocore makes the calls.
https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

from __future__ import annotations

import json
import random
import re
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, ResponseStreamingError

from kairos.aws.errors import THROTTLED
from kairos.aws.keepalive import Answer, Connections
from kairos.aws.signature import Credentials, Signer

ATTEMPTS_MAX = 3
BACKOFF_SECONDS_MAX = 20.0


@dataclass(frozen=True, slots=True)
class Service:
    """How a service is spoken to: the prefix of its operations, and the version of the protocol."""

    target: str
    version: str
    binary: bool = False


SERVICES: Mapping[str, Service] = {
    "dynamodb": Service("DynamoDB_20120810", "1.0", binary=True),
    "sqs": Service("AmazonSQS", "1.0"),
    "firehose": Service("Firehose_20150804", "1.1"),
    "ssm": Service("AmazonSSM", "1.1"),
    "secretsmanager": Service("secretsmanager", "1.1"),
}

_REGION = re.compile(r"(?:af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-\d")
"""Regions of the partition `aws`, where every host is named alike."""
_ONLY_BOTOCORE_KNOWS = (
    "KAIROS_BOTOCORE",  # the owner's own choice, for a function that is to call nothing directly
    *("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"),
    *("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
)


class DirectClient:
    """A low-level client: `client.get_item(TableName=…)` and so on, as botocore's of the same service."""

    def __init__(
        self,
        service: str,
        signer: Signer,
        connections: Connections,
        *,
        user_agent: str = "",
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.service = service
        self._service = SERVICES[service]
        self._signer = signer
        self._connections = connections
        self._headers = {
            "host": connections.host,
            "content-type": f"application/x-amz-json-{self._service.version}",
        }
        self._unsigned = {"user-agent": user_agent}
        self._sleep = sleep
        self._clock = clock

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name.startswith("_"):
            raise AttributeError(name)
        operation = "".join(part.capitalize() for part in name.split("_"))

        def call(**params: Any) -> dict[str, Any]:
            return self._make_api_call(operation, params)

        setattr(self, name, call)
        return call

    def _make_api_call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Call, and call again after a while where that may help. Its name is botocore's own: both are intercepted."""
        body = json.dumps(params, default=_base64, separators=(",", ":")).encode()
        attempt = 1
        while True:
            try:
                answer = self._post(operation, body)
                if answer.status < 300:
                    return self._parsed(answer)
                refused = self._refusal(operation, answer)
                if attempt == ATTEMPTS_MAX or not _may_pass(refused):
                    raise refused
            except (HTTPClientError, ConnectionError):
                if attempt == ATTEMPTS_MAX:
                    raise
            self._sleep(random.random() * min(2.0 ** (attempt - 1), BACKOFF_SECONDS_MAX))  # noqa: S311 - spreads calls
            attempt += 1

    def _post(self, operation: str, body: bytes) -> Answer:
        said = {**self._headers, "x-amz-target": f"{self._service.target}.{operation}"}
        signed = self._signer.sign(said, body, self._clock())
        answer = self._connections.post({**signed, **self._unsigned}, body)
        told = answer.headers.get("x-amz-crc32")
        if told is not None and told != str(zlib.crc32(answer.body)):
            raise ResponseStreamingError(error="the checksum of the answer is another")
        return answer

    def _parsed(self, answer: Answer) -> dict[str, Any]:
        parsed: dict[str, Any] = self._read(answer.body) if answer.body else {}
        return parsed

    def _read(self, body: bytes) -> Any:
        return json.loads(body, object_hook=_unpacked) if self._service.binary else json.loads(body)

    def _refusal(self, operation: str, answer: Answer) -> ClientError:
        """Return the exception that botocore would raise. An answer that is no JSON is told by its status alone."""
        try:
            told = self._read(answer.body)
        except ValueError:
            told = {}
        told = told if isinstance(told, dict) else {}
        # The old name of an error of SQS travels in a header, and is the one that botocore tells.
        code = answer.headers.get("x-amzn-query-error", "").partition(";")[0] or str(told.get("__type", ""))
        error = {
            "Code": code.rpartition("#")[2].partition(":")[0] or str(answer.status),
            "Message": told.get("message") or told.get("Message") or "",
        }
        metadata = {"HTTPStatusCode": answer.status, "RequestId": answer.headers.get("x-amzn-requestid", "")}
        return ClientError({**told, "Error": error, "ResponseMetadata": metadata}, operation)  # type: ignore[typeddict-item]


def direct_client(
    service: str, environment: Mapping[str, str], connect_seconds: float, read_seconds: float, user_agent: str
) -> DirectClient | None:
    """Return a client of the function that this environment is of; None where botocore has to be asked."""
    named = ("AWS_LAMBDA_FUNCTION_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
    if service not in SERVICES or not all(environment.get(name) for name in named):
        return None
    endpoint = _endpoint(service, environment)
    if endpoint is None or any(environment.get(name) for name in _ONLY_BOTOCORE_KNOWS):
        return None
    who = Credentials(
        environment["AWS_ACCESS_KEY_ID"],
        environment["AWS_SECRET_ACCESS_KEY"],
        environment.get("AWS_SESSION_TOKEN", ""),
    )
    signer = Signer(who, environment["AWS_REGION"], service)
    authorities = environment.get("AWS_CA_BUNDLE", "")
    connections = Connections(endpoint, connect_seconds, read_seconds, authorities)
    return DirectClient(service, signer, connections, user_agent=user_agent)


def _endpoint(service: str, environment: Mapping[str, str]) -> str | None:
    name = {"secretsmanager": "SECRETS_MANAGER"}.get(service, service.upper())
    stated = environment.get(f"AWS_ENDPOINT_URL_{name}") or environment.get("AWS_ENDPOINT_URL")
    if stated:
        return stated
    region = environment["AWS_REGION"]
    return f"https://{service}.{region}.amazonaws.com" if _REGION.fullmatch(region) else None


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(f"a {type(value).__name__} is no parameter of a call")


def _unpacked(value: dict[str, Any]) -> dict[str, Any]:
    """Return an attribute value with its binary as bytes; an attribute that is called B holds a value, not a text."""
    binary = value.get("B")
    return {"B": b64decode(binary)} if isinstance(binary, str) and len(value) == 1 else value


def _may_pass(error: ClientError) -> bool:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return code in _PASSES or status in (429, 500, 502, 503, 504)


_PASSES = THROTTLED | {"TransactionInProgressException", "RequestTimeout", "RequestTimeoutException"}
