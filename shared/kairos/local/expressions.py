"""Schedule expressions: `at(…)`, `rate(…)` and `cron(…)`, and when they next fall due.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kairos.local.errors import AwsError

_AT = re.compile(r"^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$")
_RATE = re.compile(r"^rate\((\d+) (minute|minutes|hour|hours|day|days)\)$")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Once:
    """An instant, UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Every:
    """A period."""

    period: timedelta


def parse(expression: str, zone: str | None = None) -> Once | Every:
    """Read an expression in the time zone `zone` (IANA; default UTC); raise `AwsError` for one that is not legal."""
    at = _AT.match(expression)
    if at:
        return Once(_instant(at[1], _zone(zone), expression))
    rate = _RATE.match(expression)
    if rate and int(rate[1]) > 0 and (int(rate[1]) == 1) != rate[2].endswith("s"):
        return Every(int(rate[1]) * _UNITS[rate[2].rstrip("s")])
    if expression.startswith("cron("):
        raise AwsError("ValidationException", f"{expression}: the local cloud plays at() and rate(), not cron()")
    raise AwsError("ValidationException", f"Invalid Schedule Expression {expression}.")


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise AwsError("ValidationException", "The ScheduleExpressionTimezone is not valid.") from error


def _instant(text: str, zone: ZoneInfo, expression: str) -> datetime:
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError as error:
        raise AwsError("ValidationException", f"Invalid Schedule Expression {expression}.") from error
    return local.astimezone(UTC)
