"""How well timed what goes out is, said once a message and once a day, for `kairos results` to count.

Where in the day a customer responds is the circular mean of the hours in which they were active (N. I. Fisher,
"Statistical Analysis of Circular Data", 1993, §2.3): 23 and 0 are neighbours. With fewer than ACTIVE_LEAST visits, or
visits all round the clock, there is no such middle, and that is what is said. The formulas are in docs/timing.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import atan2, cos, hypot, pi, sin

from kairos.app.decide.turn import Turn
from kairos.domain.hour_counts import HourCounts
from kairos.domain.profile import Enrollment, Posted, Profile
from kairos.domain.reason import ALL_MARKETING, Reason
from kairos.timing.rhythm import day_of

ACTIVE_LEAST, CLEAR_LEAST = 5, 0.1
NEAR_HOURS = 3
LATELY_DAYS = 7
SPELL_DAYS = 30
"""Who answers again within so many days has stayed engaged all the while."""

LAGS: tuple[tuple[str, timedelta], ...] = (
    *(("5m", timedelta(minutes=5)), ("15m", timedelta(minutes=15)), ("1h", timedelta(hours=1))),
    *(("3h", timedelta(hours=3)), ("6h", timedelta(hours=6)), ("24h", timedelta(days=1))),
    *(("3d", timedelta(days=3)), ("7d", timedelta(days=7)), ("30d", timedelta(days=30))),
)
UNKNOWN = "unknown"
_SHIFT, _UNCLEAR = 9, 0b1111
"""Four bits of `Posted.told`, above those of `reports` and `habits`: 0 before it is known, 1 for no hours away."""


def active_on(turn: Turn, at: datetime) -> None:
    """Say once a day that the customer is active, and once a month how they stand."""
    day, month = day_of(at, turn.zone), turn.now.year * 12 + turn.now.month
    last, told, *rest = turn.profile.pulse or (0, 0, 0)
    if day <= last and month <= told:
        return
    first = month > told
    turn.profile.pulse = [max(day, last), max(month, told), *rest]
    _say(turn, "active", f"first{_standing(turn)}" if first else "again")


def aimed(turn: Turn, posted: Posted) -> int:
    """Say how far from the middle of the customer's hours a message went; return that as bits of `Posted.told`."""
    away, fits = distance(turn, posted.at)
    reason = UNKNOWN if away is None else f"{away}h {fits}/3"
    _say(turn, "aimed", reason, posted)
    return (_UNCLEAR if away is None else away + 1) << _SHIFT


def answered(turn: Turn, posted: Posted, at: datetime) -> None:
    """Say how long after it was asked for a message was answered, and that the customer is engaged."""
    lag = _class_of(at - posted.at)
    code = posted.told >> _SHIFT & _UNCLEAR
    _say(turn, "answered", f"{lag} {f'{code - 1}h' if 0 < code < _UNCLEAR else UNKNOWN}", posted)
    day = day_of(at, turn.zone)
    active, told, last = turn.profile.pulse or (0, 0, 0)
    if day > last:
        _say(turn, "engaged", f"+{day - last}" if last and day - last <= SPELL_DAYS else "new")
        turn.profile.pulse = [active, told, day]


def lag_of(turn: Turn, enrollment: Enrollment, at: datetime) -> str:
    """Return how long after the passage's moment, in whole local days ("-9d", before it), or after its entry, by class
    ("3h"), something happened."""
    if enrollment.anchor_at is None:
        return _class_of(at - enrollment.entered_at)
    return f"{day_of(at, turn.zone) - day_of(enrollment.anchor_at, turn.zone):+d}d"


def _class_of(lag: timedelta) -> str:
    return next((name for name, most in LAGS if lag <= most), LAGS[-1][0])


def distance(turn: Turn, at: datetime) -> tuple[int | None, int]:
    """Return the whole hours from the customer's middle (None where there is none), and how many of three things fit:
    the hour, the weekday, a visit lately."""
    counts = turn.profile.hours.get("active", HourCounts()).pairs()
    middle = middle_of(counts)
    if middle is None:
        return None, 0
    wall = at.astimezone(turn.zone)
    away = abs((wall.hour + wall.minute / 60 - middle + 12) % 24 - 12)
    visits = sum(count for _, count in counts)
    today = sum(count for slot, count in counts if slot // 24 == wall.weekday())
    last = turn.profile.pulse[0] if turn.profile.pulse else 0
    fits = (away <= NEAR_HOURS, 7 * today >= visits, 0 <= day_of(at, turn.zone) - last <= LATELY_DAYS)
    return round(away), sum(fits)


def middle_of(counts: list[tuple[int, int]]) -> float | None:
    """Return the circular mean hour in [0, 24) of (hour of the week, count), or None where there is no clear one."""
    total = sum(count for _, count in counts)
    if total < ACTIVE_LEAST:
        return None
    turns = [(2 * pi * (slot % 24 + 0.5) / 24, count) for slot, count in counts]
    x, y = (sum(count * f(angle) for angle, count in turns) for f in (cos, sin))
    return None if hypot(x, y) < CLEAR_LEAST * total else atan2(y, x) % (2 * pi) * 24 / (2 * pi)


def fold(profile: Profile, loser: Profile) -> None:
    """Take over the later of what two profiles of one customer say."""
    if loser.pulse:
        profile.pulse = [max(pair) for pair in zip(profile.pulse or (0, 0, 0), loser.pulse, strict=True)]


def _standing(turn: Turn) -> str:
    """Return the lifecycle index of a customer whose stages are asked for, in tenths."""
    if not turn.profile.course:
        return ""
    from kairos.app.decide.habits import rhythm_of
    from kairos.timing.lifecycle import lifecycle_index

    index = lifecycle_index(turn.release.timing.rhythm, rhythm_of(turn.profile), day_of(turn.now, turn.zone))
    return f" {index:.1f}"


def _say(turn: Turn, kind: str, reason: str, posted: Posted | None = None) -> None:
    journey, version, step, channel = ALL_MARKETING, 0, "", ""
    if posted is not None:
        journey, version, step, channel = posted.journey, posted.version, posted.step, posted.channel
    said = Reason(turn.now, turn.profile.id, kind, reason, journey, version, step, channel=channel)
    turn.reasons.append(said)
