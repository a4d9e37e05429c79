"""How Cafe24 writes things: ids joined by commas, T and F, and the time of Seoul."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from kairos.sources._shape import ID_CHARS_MAX, Object

IDS_MAX = 500
_JOINED_CHARS_MAX = IDS_MAX * 64

_SEOUL = ZoneInfo("Asia/Seoul")
_NO_DATE = re.compile(r"0000-00-00.*", re.ASCII | re.DOTALL)


def ids(one: Object, key: str) -> list[str]:
    """Return the ids under a key, in their order and each once: `"a,b"`, `"a, b"` or a single one."""
    joined = one.text(key, _JOINED_CHARS_MAX + 1) if isinstance(one.raw.get(key), str) else one.ident(key)
    if joined is not None and len(joined) > _JOINED_CHARS_MAX:
        one.fail(key, f"at most {_JOINED_CHARS_MAX} characters of ids")
    found = list(dict.fromkeys(part.strip() for part in (joined or "").split(",") if part.strip()))
    if not found or len(found) > IDS_MAX or any(len(part) > ID_CHARS_MAX for part in found):
        one.fail(key, f"1 to {IDS_MAX} ids, joined by commas")
    return found


def instant(one: Object, key: str) -> datetime | None:
    """Return the instant under a key, in Seoul's time unless it has an offset; none for the date of zeros."""
    value = one.raw.get(key)
    return None if isinstance(value, str) and _NO_DATE.fullmatch(value) else one.instant(key, _SEOUL)


def is_true(one: Object, key: str) -> bool | None:
    """Return what T and F say; None for anything else, such as M (in part)."""
    value = one.raw.get(key)
    return {"T": True, "F": False}.get(value) if isinstance(value, str) else None
