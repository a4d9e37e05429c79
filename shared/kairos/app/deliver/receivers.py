"""A POST to a system of the brand's own, signed as Standard Webhooks says: steps, messages and announcements make it.

Where it goes is a connection, `kairos connect webhook NAME`: its URL and its secrets, so that no other definition can
lead what is signed elsewhere. The id under which something is posted stays the same however often it is posted: the
receiver that keeps ids sees it once, and that is why no ledger is needed.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kairos.app.ports import Connections
from kairos.domain.errors import Refused
from kairos.domain.event import WEBHOOK

AGAIN = frozenset({408, 425, 429})
"""What a server says, besides the 500s, that may take the same POST later."""

KEY_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said. `body` is as much of it as was read; `whole` says that it is all."""

    status: int
    body: bytes = b""
    whole: bool = True

    @property
    def taken(self) -> bool:
        """Return whether the receiver has it."""
        return 200 <= self.status < 300

    @property
    def later(self) -> bool:
        """Return whether it may take it later."""
        return self.status in AGAIN or self.status >= 500


class Post(Protocol):
    """How a call leaves the house."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return the answer. Raises Refused for what must not be called, Unavailable where there is no answer."""


def document_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a document as it is posted: compact JSON in UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def post_signed(connections: Connections, name: str, id: str, at: datetime, body: bytes, post: Post) -> Answer:
    """POST `body` under `id` to the connection `name`, signed at `at` with every secret in force.

    Raises UnknownConnection, Refused for what must not be called, Unavailable where there is no answer.
    """
    settings = connections.settings(WEBHOOK, name)
    stamp, secrets = str(int(at.timestamp())), settings.get("secrets")
    headers = {
        "content-type": "application/json",
        "user-agent": "Kairos",
        "webhook-id": id,
        "webhook-timestamp": stamp,
        "webhook-signature": sign(secrets if isinstance(secrets, list) else [], id, stamp, body),
    }
    return post(str(settings.get("url") or ""), headers, body)


def sign(secrets: Sequence[str], id: str, stamp: str, body: bytes) -> str:
    """Return the header `webhook-signature`: one signature for each secret, so that a receiver may change its own.

    Raises Refused where there is no secret, or one that is not `whsec_` and base64.
    """
    try:
        keys = [base64.b64decode(secret.removeprefix(KEY_PREFIX), validate=True) for secret in secrets]
    except (binascii.Error, ValueError, AttributeError):
        keys = []
    if not keys or not all(keys):
        raise Refused(WEBHOOK, "the connection has no sound secret")
    content = f"{id}.{stamp}.".encode() + body
    made = (base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys)
    return " ".join(f"v1,{signature}" for signature in made)
