"""Instants: aware datetimes in UTC, between 1970 and 2200, and their two written forms (ISO 8601 and microseconds)."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kairos.domain.localtime import to_instant

YEAR_MIN = 1970
YEAR_MAX = 2200

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORM = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):\d\d(?::\d\d(?:[.,]\d{1,18})?)?(?P<offset>[Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_RIGHT = 'write ISO 8601 with an offset, such as "2026-03-07T12:00:00Z" or "2026-03-07T21:00:00+09:00"'


def parse_instant(text: str, zone: ZoneInfo | None = None) -> datetime:
    """Return the UTC instant of an ISO 8601 date and time (the profile of RFC 3339, with `+0900` and `+09` too).

    Text without an offset is refused unless `zone` says whose clock it was read from. Digits beyond microseconds are
    cut.
    Raises ValueError, and nothing else, for whatever is no instant between the years 1970 and 2200.
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{_shown(text)} is no instant: {_RIGHT}")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(f"{_shown(text)} is no instant ({error}): {_RIGHT}") from None
    # Looked at before any arithmetic, which would overflow in the years 1 and 9999.
    if not YEAR_MIN - 1 <= moment.year <= YEAR_MAX + 1:
        raise ValueError(f"{_shown(text)} is outside the years {YEAR_MIN} to {YEAR_MAX}")
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    elif zone is not None:
        moment = to_instant(moment.date(), moment.time(), zone)
    else:
        raise ValueError(f"{_shown(text)} has no offset, so it could be noon or midnight: {_RIGHT}")
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise ValueError(f"{_shown(text)} is outside the years {YEAR_MIN} to {YEAR_MAX}")
    return moment


def format_instant(instant: datetime) -> str:
    """Return `2026-03-07T12:00:00Z`, with six digits of fraction only where it is not zero."""
    return require_utc(instant).isoformat().removesuffix("+00:00") + "Z"


def require_utc(instant: datetime) -> datetime:
    """Return `instant` if it is aware and in UTC; raise ValueError otherwise: a silent conversion hides a mistake."""
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() != timedelta(0) or instant.tzinfo is None:
        raise ValueError(f"{instant!r} is not in UTC: instants are aware datetimes in UTC")
    return instant.replace(tzinfo=UTC)


def to_micros(instant: datetime) -> int:
    """Return the microseconds since 1970-01-01T00:00Z, exactly (a float of seconds would round)."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(micros: int) -> datetime:
    """Return the UTC instant that many microseconds after 1970-01-01T00:00Z; raise ValueError out of the calendar."""
    try:
        return _EPOCH + timedelta(0, 0, micros)  # by name it takes half as long again; an item holds hundreds
    except OverflowError:
        raise ValueError(f"{micros} microseconds lie outside the calendar") from None


def _shown(text: object) -> str:
    return repr(text[:40]) if isinstance(text, str) else type(text).__name__
