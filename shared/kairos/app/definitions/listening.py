"""Which engine events systems of the brand's own hear of: `webhooks: [{to: crm, events: [message_sent]}]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kairos.domain.announcement import TYPES
from kairos.domain.document import NAME_FORM, Document, Path
from kairos.domain.errors import BadDefinition

WEBHOOKS_MAX = 10
TRAITS_MAX = 20
CONNECTION_FORM = r"[A-Za-z0-9_-]{1,64}"
WEBHOOKS_SCHEMA: Mapping[str, Any] = {
    "type": "array",
    "maxItems": WEBHOOKS_MAX,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["to", "events"],
        "properties": {
            "to": {"type": "string", "pattern": rf"^{CONNECTION_FORM}$(?!\n)"},
            "events": {"type": "array", "minItems": 1, "items": {"enum": list(TYPES)}},
            "traits": {"type": "array", "maxItems": TRAITS_MAX, "items": {"$ref": "#/$defs/name"}},
        },
    },
}
_CONNECTION = re.compile(CONNECTION_FORM)


def read_webhooks(document: Document) -> None:
    """Check whom engine events are told, and which. Where they go, and how they are signed, is a connection."""
    if not document.has("webhooks"):
        return
    webhooks = document.items("webhooks")
    if len(webhooks) > WEBHOOKS_MAX:
        raise BadDefinition((*document.path, "webhooks"), f"expected at most {WEBHOOKS_MAX} webhooks")
    named = [_webhook(Document(raw, path)) for raw, path in webhooks]
    for to, (_, path) in zip(named, webhooks, strict=True):
        if named.count(to) > 1:
            raise BadDefinition((*path, "to"), f"{to} is named more than once: list all its events in one place")


def _webhook(webhook: Document) -> str:
    webhook.only("to", "events", "traits")
    to = webhook.read("to", _connection, "a connection that `kairos connect webhook NAME` made")
    _check(webhook, "events", webhook.items("events"), TYPES)
    for trait, path in webhook.items("traits") if webhook.has("traits") else ():
        if not isinstance(trait, str) or not NAME_FORM.fullmatch(trait):
            raise BadDefinition(path, "expected the name of a trait")
    if webhook.has("traits") and len(webhook.items("traits")) > TRAITS_MAX:
        raise BadDefinition((*webhook.path, "traits"), f"expected at most {TRAITS_MAX} traits")
    return to


def _check(webhook: Document, key: str, items: list[tuple[Any, Path]], known: tuple[str, ...]) -> None:
    if not items:
        raise BadDefinition((*webhook.path, key), f"expected at least one of: {', '.join(known)}")
    for item, path in items:
        if item not in known:
            raise BadDefinition(path, f"no engine event is called {item!r}; there are: {', '.join(known)}")


def _connection(value: Any) -> str:
    if not isinstance(value, str) or not _CONNECTION.fullmatch(value):
        raise ValueError
    return value
