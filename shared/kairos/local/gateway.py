"""AWS's own API over HTTP: what a command with `AWS_ENDPOINT_URL` set to the local cloud talks to.

moto reads each request as its server does. What the local cloud answers itself takes the same wire as calls from
functions do; the rest is moto's server, in this process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from io import BytesIO
from typing import Any

from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from kairos.local.errors import AwsError
from kairos.local.lambdas import Payload
from kairos.local.streams import as_text
from kairos.local.wire import Wire

_CREDENTIAL = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request")
# Names that signatures carry, where they are not those of the service's description.
_SIGNED_AS = {"ses": "sesv2", "eventbridge": "events"}

Answer = tuple[int, Mapping[str, str], bytes]


class _Reader(BaseResponse):
    """Moto's reading of a request and writing of an answer, without its services."""

    def __init__(self, service: str) -> None:
        super().__init__(service_name=service)
        self.automated_parameter_parsing = True

    def write(self, result: object) -> Answer:
        status, headers, body = self.serialized(ActionResult(result))
        raw = body if isinstance(body, bytes) else str(body).encode()
        return int(status), {name: str(value) for name, value in headers.items() if name != "status"}, raw


def is_aws(environ: Mapping[str, Any]) -> bool:
    """Tell whether a request is signed as AWS's are."""
    return str(environ.get("HTTP_AUTHORIZATION", "")).startswith("AWS4-HMAC-SHA256")


class Gateway:
    """Answers signed requests."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._moto = DomainDispatcherApplication(create_backend_app)

    def answer(self, environ: dict[str, Any]) -> Answer:
        """Answer one request."""
        match = _CREDENTIAL.search(str(environ.get("HTTP_AUTHORIZATION", "")))
        signed = match[2] if match else ""
        service = _SIGNED_AS.get(signed, signed)
        if service in self._wire.apis:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            own = self._own(service, environ, body)
            if own is not None:
                return own
        return self._from_moto(environ)

    def _own(self, service: str, environ: dict[str, Any], body: bytes) -> Answer | None:
        """Answer what is ours; otherwise make the request readable again and return None."""
        reader = _Reader(service)
        request = Request(_again(environ, body))
        reader.setup_class(request, request.url, request.headers)
        operation, params = reader._get_action(), dict(reader.params)
        environ["wsgi.input"] = _again(environ, body)["wsgi.input"]
        if not self._wire.ours(service, operation, params):
            return None
        try:
            return reader.write(_readable(self._wire.perform(None, service, operation, params)))
        except AwsError as error:
            return _refusal(service, error)

    def _from_moto(self, environ: dict[str, Any]) -> Answer:
        seen: dict[str, Any] = {}

        def start(status: str, headers: Iterable[tuple[str, str]], *_: object) -> None:
            seen["status"], seen["headers"] = int(status.split()[0]), dict(headers)

        body = b"".join(self._moto(environ, start))
        return seen["status"], seen["headers"], body


def _refusal(service: str, error: AwsError) -> Answer:
    """Write an error as its service would: SNS still speaks the query protocol, all others JSON."""
    if service == "sns":
        facts = f"<Type>Sender</Type><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        body = f"<ErrorResponse><Error>{facts}</Error><RequestId>local</RequestId></ErrorResponse>"
        return error.status, {"Content-Type": "text/xml"}, body.encode()
    described = {"__type": error.code, "message": error.message, **as_text(error.fields)}
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(described).encode()


def _again(environ: dict[str, Any], body: bytes) -> dict[str, Any]:
    return {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def _readable(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.read() if isinstance(value, Payload) else value for name, value in answer.items()}
