"""Reading many items at once, until all of them were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kairos.aws.errors import calling
from kairos.aws.table import BATCH_GET_MAX
from kairos.domain.errors import Throttled

ROUNDS_MAX = 5


def batch_get(client: Any, table: str, what: str, keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items that exist under `keys` (distinct), strongly consistent, in any order.

    Raises Throttled when some are still unread after ROUNDS_MAX rounds: half an answer would be taken for absence.
    """
    found: list[dict[str, Any]] = []
    for start in range(0, len(keys), BATCH_GET_MAX):
        found += _read(client, table, what, keys[start : start + BATCH_GET_MAX])
    return found


def _read(client: Any, table: str, what: str, keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    wanted: dict[str, Any] = {table: {"Keys": list(keys), "ConsistentRead": True}}
    for _ in range(ROUNDS_MAX):
        with calling(what):
            answer = client.batch_get_item(RequestItems=wanted)
        found += answer["Responses"].get(table, [])
        wanted = answer.get("UnprocessedKeys") or {}
        if not wanted:
            return found
    raise Throttled(what, "keys left unread")
