"""Parking in SQS: a dead-letter queue that the function itself writes, with the thing and the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kairos.aws.queue import BYTES_MAX, body
from kairos.aws.queue import send as send_all
from kairos.domain.canonical import fingerprint

REASON_CHARACTERS_MAX = 1_000
CUT_BYTES = 200_000  # of the text of a thing that fits no message; escaping may add a fifth before SQS's bound


class SqsParking:
    """Parking, in a FIFO queue (url ending in ".fifo") or a standard one.

    A body is {"parked": what, "reason": text, "group": profile}. What no message can hold is kept as the beginning of
    its text under "cut", since a park that fails would hold up everybody behind it.
    """

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def park(self, what: Mapping[str, Any], reason: str, *, group: str) -> None:
        kept: dict[str, Any] = {"parked": dict(what), "reason": reason[:REASON_CHARACTERS_MAX], "group": group}
        text = body(kept)
        if len(text.encode()) > BYTES_MAX:
            cut = body(kept["parked"]).encode()[: CUT_BYTES // 2].decode(errors="ignore")
            text = body({**kept, "parked": {}, "cut": cut})
        entry: dict[str, Any] = {"MessageBody": text}
        if self._url.endswith(".fifo"):
            entry |= {"MessageGroupId": group[:128] or "none", "MessageDeduplicationId": fingerprint([what, reason])}
        send_all(self._client, self._url, "parking", [entry])
