"""The outboxes in SQS (standard queues), and how `deliver` reads them: two of messages, one of announcements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kairos.app.ports import OutboxMessage
from kairos.aws.queue import body, send
from kairos.domain.announcement import ANNOUNCED
from kairos.domain.errors import BadInput

_TYPES: Mapping[str, type] = {
    "profile": str,
    "message": str,
    "channel": str,
    "marketing": bool,
    "asks": int,
    "correlation": str,
}


class SqsOutbox:
    """Outbox."""

    def __init__(self, client: Any, transactional_url: str, marketing_url: str, announcements_url: str) -> None:
        self._client = client
        self._urls = {False: transactional_url, True: marketing_url, None: announcements_url}

    def put(self, messages: Sequence[OutboxMessage], delays: Sequence[int] = ()) -> None:
        if refused := [delay for delay in delays if not 0 <= delay <= 900]:
            raise ValueError(f"SQS delays by 0 to 900 seconds, not {refused[0]}")
        waiting = list(zip(messages, delays or [0] * len(messages), strict=True))
        for kind, url in self._urls.items():
            entries = [_entry(message, delay) for message, delay in waiting if _kind(message) is kind]
            send(self._client, url, "outbox", entries)


def _kind(message: OutboxMessage) -> bool | None:
    return None if message.channel == ANNOUNCED else message.marketing


def _entry(message: OutboxMessage, delay: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"MessageBody": outbox_body(message)}
    return {**entry, "DelaySeconds": delay} if delay else entry


def outbox_body(message: OutboxMessage) -> str:
    """Return the text of one queue message."""
    said = {} if message.said is None else {"said": message.said}
    return body({name: getattr(message, name) for name in _TYPES} | said)


def read_outbox(text: str) -> OutboxMessage:
    """Read what `outbox_body` wrote. Raises BadInput naming the field."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("body", "JSON") from error
    if not isinstance(raw, dict):
        raise BadInput("body", "a JSON object")
    for name, kind in _TYPES.items():
        if type(raw.get(name)) is not kind:
            raise BadInput(name, f"a value of type {kind.__name__}")
    said = raw.get("said")
    if said is not None and not isinstance(said, dict):
        raise BadInput("said", "a JSON object")
    return OutboxMessage(**{name: raw[name] for name in _TYPES}, said=said)
