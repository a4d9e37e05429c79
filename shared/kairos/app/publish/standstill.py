"""How a pointer stands still and goes on: paused journeys, the full stop, and the pauses that are over.

A pause that is over stays in the pointer for as long as somebody may not have been looked at since: the walk comes
within hours, and `decide` looks at everybody who waits for a journey that stands still once a day.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kairos.app.ports import EVERYTHING, Overdue, Pause, Pointer

KEPT = timedelta(days=30)


def paused(pointer: Pointer, journey: str, now: datetime) -> Pointer:
    """Return the pointer with the journey standing still; one that does already has stood still since before."""
    if journey in pointer.paused:
        return pointer
    return _noting(replace(pointer, paused=pointer.paused | {journey}), journey, Pause(now))


def resumed(pointer: Pointer, journey: str, now: datetime, overdue: Overdue) -> Pointer:
    """Return the pointer with the journey going on."""
    if journey not in pointer.paused:
        return pointer
    return _noting(replace(pointer, paused=pointer.paused - {journey}), journey, _over(pointer, journey, now, overdue))


def stopped(pointer: Pointer, now: datetime) -> Pointer:
    """Return the pointer with everything standing still."""
    return pointer if pointer.stopped else _noting(replace(pointer, stopped=True), EVERYTHING, Pause(now))


def started(pointer: Pointer, now: datetime, overdue: Overdue) -> Pointer:
    """Return the pointer without the full stop."""
    if not pointer.stopped:
        return pointer
    return _noting(replace(pointer, stopped=False), EVERYTHING, _over(pointer, EVERYTHING, now, overdue))


def _over(pointer: Pointer, key: str, now: datetime, overdue: Overdue) -> Pause:
    """Return the pause with its end. One that an older version of Kairos began is not known to have begun earlier."""
    known = pointer.pauses.get(key)
    return Pause(known.since if known and known.until is None else now, now, overdue)


def _noting(pointer: Pointer, key: str, pause: Pause) -> Pointer:
    now = pause.until or pause.since
    kept = {name: each for name, each in pointer.pauses.items() if each.until is None or each.until > now - KEPT}
    return replace(pointer, pauses={**kept, key: pause})
