"""A message as a POST to a server of the brand's own: for what Kairos has no channel for, a call centre or a messenger.

Signed as Standard Webhooks says, under the message's id: who gets one twice (an answer that was lost) knows it again,
so a call without an answer is made again, with pauses that grow, until the message expires. Where it goes is a
connection, `kairos connect webhook NAME`, as for `webhook` steps; never inside, see `kairos.channels._https`.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kairos.app.deliver.receivers import Post, document_bytes, post_signed
from kairos.app.ports import Connections
from kairos.channels._plain import Plain
from kairos.domain.errors import Refused, Unavailable, UnknownConnection
from kairos.domain.instant import format_instant
from kairos.registry import Delivery, Rate

TYPE = "message"
BODY_BYTES_MAX = 64_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Receivers:
    """The channel's client: where messages may go, and how they leave the house."""

    connections: Connections
    post: Post


class Webhook(Plain):
    """The channel `webhook`. `to` is the connection, `fields` whatever else the receiver wants to be told."""

    name = "webhook"
    address = ""
    parts: Sequence[str] = ("to", "title", "text", "link", "fields")
    required: Sequence[str] = ("to", "text")
    mappings: Mapping[str, Sequence[str]] = {"fields": ()}
    reports_back = False
    repeatable = True
    rate = Rate(per_second=10)

    def lint(self, texts: Mapping[str, str], brand: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Return a receiver's name that could be none."""
        if not _NAME.fullmatch(texts.get("to", "").strip()):
            return [("to", "expected the name that `kairos connect webhook NAME` was given, without blanks")]
        return ()

    def send(self, delivery: Delivery, client: Receivers) -> str:
        """Post the message and return its own id. Raises Refused, and Unavailable where no sound answer came."""
        name = delivery.rendered.parts["to"].strip()
        if not _NAME.fullmatch(name):
            raise Refused("webhook", "to is no name of a connection")
        if delivery.at is None:
            raise Refused("webhook", "a message needs its instant")
        body = document_bytes(_body(delivery))
        if len(body) > BODY_BYTES_MAX:
            raise Refused("webhook", f"the message is of {len(body)} bytes, at most {BODY_BYTES_MAX} go")
        try:
            answer = post_signed(client.connections, name, delivery.message, delivery.at, body, client.post)
        except UnknownConnection:
            raise Refused("webhook", f"no webhook is connected as {name}") from None
        if answer.later:
            raise Unavailable("webhook", str(answer.status))
        if not answer.taken:
            raise Refused("webhook", f"status {answer.status}")
        return delivery.message


def _body(delivery: Delivery) -> dict[str, Any]:
    assert delivery.at is not None
    parts, tags = delivery.rendered.parts, delivery.tags
    data: dict[str, Any] = {
        "message": delivery.message,
        "profile": delivery.address,
        "class": "marketing" if delivery.marketing else "transactional",
        **{name: tags[f"kairos_{name}"] for name in ("journey", "step") if tags.get(f"kairos_{name}")},
        **{name: parts[name] for name in ("title", "text", "link") if parts.get(name)},
        "fields": json.loads(parts.get("fields") or "{}"),
    }
    if delivery.expires_at is not None:
        data["expires_at"] = format_instant(delivery.expires_at)
    if delivery.unsubscribe_url:
        data["unsubscribe_url"] = delivery.unsubscribe_url
    return {"type": TYPE, "timestamp": format_instant(delivery.at), "data": data}


CHANNEL = Webhook()
