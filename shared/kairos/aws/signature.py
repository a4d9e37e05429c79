"""AWS's signature of a request (Signature Version 4), for the one shape that its JSON services are called in.

A POST to "/", without a query, whose body is in memory. The key that is derived for a day is kept for that day.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who calls. A function's are of a session, which `token` names; they last as long as its container."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


class Signer:
    """Signs calls of one service in one Region."""

    def __init__(self, credentials: Credentials, region: str, service: str) -> None:
        self._credentials = credentials
        self._place = f"{region}/{service}/aws4_request"
        self._steps = (region, service, "aws4_request")
        self._key = ("", b"")

    def sign(self, headers: Mapping[str, str], body: bytes, at: float) -> dict[str, str]:
        """Return the headers (names in small letters, `host` among them) with those that prove who calls.

        `at` is seconds since 1970; AWS refuses a signature that is five minutes old.
        """
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        signed = {**headers, "x-amz-date": moment}
        if self._credentials.token:
            signed["x-amz-security-token"] = self._credentials.token
        names = sorted(signed)
        listed = ";".join(names)
        lines = "".join([f"{name}:{signed[name].strip()}\n" for name in names])
        request = f"POST\n/\n\n{lines}\n{listed}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{moment[:8]}/{self._place}"
        text = f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        proof = hmac.new(self._key_of(moment[:8]), text.encode(), hashlib.sha256).hexdigest()
        who = f"{self._credentials.access_key}/{scope}"
        signed["authorization"] = f"{ALGORITHM} Credential={who}, SignedHeaders={listed}, Signature={proof}"
        return signed

    def _key_of(self, day: str) -> bytes:
        if self._key[0] != day:
            key = f"AWS4{self._credentials.secret_key}".encode()
            for step in (day, *self._steps):
                key = hmac.new(key, step.encode(), hashlib.sha256).digest()
            self._key = (day, key)
        return self._key[1]
