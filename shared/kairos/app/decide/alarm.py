"""The alarm clock: when this profile next wants to be looked at, and whether a schedule must be made for it.

One schedule a customer: only the earliest due time, only within the horizon, only when it is earlier than the alarm
that is believed to be set. A later due time lets the earlier alarm ring; looking at the profile then re-arms.
Checks of unreported messages arm nothing: `sweep` finds them through the wake index.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kairos.app.decide.messages import CHECK_AFTER
from kairos.app.decide.turn import Turn
from kairos.domain.effects import Arm
from kairos.domain.profile import Profile

HORIZON = timedelta(hours=36)
LOOK_AGAIN_WHEN_HALTED = timedelta(days=1)
"""When a journey goes on, a walk wakes who waited for it. This is for a walk that was stopped by hand: looked at by the
hour, a million customers of a paused journey would cost a million decisions an hour."""

STAYS_FOR = timedelta(minutes=30)
"""How far behind a place in the wake index may be and still stay: sweep looks at the last but one hour every time."""

ANONYMOUS_KEPT = timedelta(days=90)
MINUTE = timedelta(minutes=1)


def earliest_due(turn: Turn) -> datetime | None:
    """Return the earliest due time of the profile; a halted journey's is looked at again within the day."""
    return min(_dues(turn), default=None)


def earliest_check(profile: Profile) -> datetime | None:
    """Return when the first unreported message is to be asked for again, or the first parcel told again."""
    asked = [message.check_at for message in profile.messages.values() if message.state == "asked"]
    checks = (*asked, *(parcel.check_at for parcel in profile.parcels.values()))
    return min((at for at in checks if at is not None), default=None)


def place(turn: Turn, wake_at: datetime | None, check: datetime | None) -> datetime | None:
    """Return where the profile stands in the wake index: at `wake_at`, or for a moment still where it stood.

    A move in the index is paid as two more writes. What has just come due and is now a message on its way stays: it is
    reported within seconds, and leaves from there. Where it is not, sweep looks at it too early, once, and what is
    decided then, with no check that began this very moment, moves it to the check.
    """
    stands = turn.profile.wake
    asked_now = wake_at is not None and wake_at == check == turn.now + CHECK_AFTER
    if asked_now and stands is not None and turn.now - STAYS_FOR <= stands <= turn.now:
        return stands
    return wake_at


def set_alarm(turn: Turn, due: datetime | None) -> None:
    """Arm a schedule for `due` unless one that rings no later is set already."""
    profile = turn.profile
    if profile.alarm is not None and profile.alarm <= turn.now:
        profile.alarm = None
    if due is None or due > turn.now + HORIZON:
        return
    minute = ceil_minute(due)
    if profile.alarm is None or minute < profile.alarm:
        profile.alarm = minute
        turn.effects.append(Arm(profile.id, minute))


def ceil_minute(at: datetime) -> datetime:
    """Return the first whole minute at or after `at`."""
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + MINUTE


def time_to_live(profile: Profile, wake_at: datetime | None, now: datetime) -> datetime | None:
    """Return when an item nobody will miss may go: anonymous, with no timer, consent, entry or unsettled message."""
    obliged = wake_at or profile.consents or profile.messages or profile.entries or any(profile.reach.values())
    if obliged or profile.former or profile.merged_into or any(e.active for e in profile.enrollments.values()):
        return None
    return now + ANONYMOUS_KEPT


def timers(profile: Profile) -> Iterator[tuple[str, datetime]]:
    """Yield (journey, due) of every timer, whether or not its journey stands still."""
    for enrollment in profile.enrollments.values():
        if not enrollment.active:
            continue
        if enrollment.due is not None:
            yield enrollment.journey, enrollment.due
        for planned in enrollment.plan.values():
            if planned.state == "planned":
                yield enrollment.journey, planned.due
    for key, opens in profile.moments.items():
        yield key.partition("/")[0], opens
    for message in profile.messages.values():
        if message.state == "held" and message.until is not None:
            yield message.journey, message.until


def _dues(turn: Turn) -> Iterator[datetime]:
    again = turn.now + LOOK_AGAIN_WHEN_HALTED
    for journey, due in timers(turn.profile):
        yield max(due, again) if turn.release.halted(journey) else due
    yield from turn.profile.windows.values()
