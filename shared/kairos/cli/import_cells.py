"""What stands in a cell of an imported file: days, times, zones, ids, and yes or no in the words that shops use.

Each returns None for what is none of it: the caller knows the column, and says what would be right.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from kairos.app.ingest.identifiers import normalise_id
from kairos.domain.instant import parse_instant
from kairos.domain.localtime import UnknownZone, load_zone

YES = frozenset({"yes", "y", "true", "t", "1", "o", "on", "예", "네", "동의", "수신", "수신동의"})
NO = frozenset({"no", "n", "false", "f", "0", "x", "off", "아니오", "미동의", "비동의", "거부", "수신거부"})

_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_DAY = re.compile(r"(\d{4})[-/.]?\s?(\d{1,2})[-/.]?\s?(\d{1,2})\.?")


def read_identifier(text: str) -> str | None:
    """Return a customer's id; a spreadsheet rounds long ones (1.2E+11), and such a cell names nobody."""
    return None if _ROUNDED.fullmatch(text) else normalise_id(text)


def read_day(text: str) -> str | None:
    """Return the day that a cell begins with, as ISO 8601."""
    found = _DAY.match(text)
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None


def read_zone(text: str) -> str | None:
    """Return the name of a time zone."""
    try:
        return load_zone(text).key
    except UnknownZone:
        return None


def read_instant(text: str, zone: ZoneInfo, edge: str) -> datetime | None:
    """Return the instant (UTC) that a cell names; a date alone is its beginning (`edge` "start") or its end ("end")."""
    day = read_day(text) if _DAY.fullmatch(text) else None
    if day is not None:
        # A date says nothing of its hour: a consent counts from its beginning, a refusal until its end.
        clock = time(0) if edge == "start" else time(23, 59, 59)
        text = f"{day}T{clock.isoformat()}"
    try:
        return parse_instant(text.replace(" ", "T", 1), zone)
    except (ValueError, OverflowError):
        return None
