"""What lies ready for a browser: a few notices of each profile, for as long as they mean something.

A board is small on purpose: it is read with every call of the web tag, and somebody who was away for a month is not to
be greeted by all of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from kairos.app.ports import Notice
from kairos.domain.instant import format_instant, parse_instant

NOTICES_MAX = 10


def with_notice(board: Sequence[Notice], notice: Notice, now: datetime) -> list[Notice]:
    """Return the board with a notice on it, in the place of the same message; of too many the oldest are gone."""
    others = [one for one in ready(board, now) if one.message != notice.message]
    return [*others, notice][-NOTICES_MAX:]


def without(board: Sequence[Notice], messages: Collection[str], now: datetime) -> list[Notice]:
    """Return the board without some messages."""
    return [one for one in ready(board, now) if one.message not in messages]


def ready(board: Sequence[Notice], now: datetime) -> list[Notice]:
    """Return what has not expired."""
    return [one for one in board if one.expires_at > now]


def plain_notice(notice: Notice) -> dict[str, Any]:
    """Return a notice as plain JSON, for whom it is about."""
    return {
        "message": notice.message,
        "content": dict(notice.content),
        "expires_at": format_instant(notice.expires_at),
    }


def write_board(board: Sequence[Notice]) -> str:
    """Return the board as text."""
    rows = [[one.message, format_instant(one.expires_at), dict(one.content)] for one in board]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def read_board(text: str) -> list[Notice]:
    """Read what `write_board` wrote."""
    return [Notice(message, content, parse_instant(expires)) for message, expires, content in json.loads(text)]
