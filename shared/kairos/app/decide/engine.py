"""The order of a decision: take in what happened, let passages and timelines answer, do what is due, set the alarm.

At the same instant events go before timers: a goal reached at the very due time stops the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from kairos.app.decide import arbitration, erasing, lifecycle, memberships, messages, parcels, review, waits, walked
from kairos.app.decide.announcing import announcements
from kairos.app.decide.due import do_what_is_due, lateness
from kairos.app.decide.hearing import hear, makes_known
from kairos.app.decide.outcome import Outcome, close
from kairos.app.decide.turn import Turn
from kairos.app.publish.release import Release
from kairos.domain.event import Event, Input
from kairos.domain.profile import Profile


def decide(profile: Profile | None, release: Release, inputs: Iterable[Input], now: datetime) -> Outcome | None:
    """Decide one profile on its inputs, in order, at `now` (aware UTC).

    Return None when there is nothing to write: a wake-up for an absent profile, or what only answers our messages (a
    late click must not bring back somebody who was erased), or a walk that does not concern the profile. The given
    profile is not changed. One that was erased, or is to be, is left to `erasing`.
    Raises NoRoom when an input needs room that may not be made.
    """
    inputs = list(inputs)
    if erasing.concerns(profile, inputs):
        return _erase(profile, release, inputs, now)
    inputs = [entry for entry in inputs if not erasing.is_word(entry)]
    born = profile is None
    if profile is None:
        first = next((entry for entry in inputs if isinstance(entry, Event) and makes_known(entry)), None)
        if first is None:
            return None
        profile = Profile(id=first.profile, created_at=now)
    turn = _arbitrated(profile, release, inputs, now, born=born)
    parcels.ship(turn)
    return None if walked.is_idle(turn, profile, inputs) else close(turn, None if born else profile)


def _erase(profile: Profile | None, release: Release, inputs: Sequence[Input], now: datetime) -> Outcome | None:
    left = erasing.erase(profile, inputs, now)
    if left is None:
        return None
    effects = [*left.effects, *announcements(release.rules.listeners, None, left.profile, left.reasons, now)]
    return Outcome(left.profile, effects, left.reasons, due=None, wake_at=None, ttl=left.ttl, lateness=timedelta())


def _arbitrated(profile: Profile, release: Release, inputs: Sequence[Input], now: datetime, *, born: bool) -> Turn:
    """Do all there is to do, anew until no message got a place that a higher rank was refused: see `arbitration`."""
    yielding: frozenset[str] = frozenset()
    for _ in range(arbitration.ROUNDS_MAX):
        turn = _lived(Turn(profile.copy(), release, now, yielding=yielding), inputs, born=born)
        overtaken = arbitration.overtaken(turn) - yielding
        if not overtaken:
            break
        yielding |= overtaken
    turn.yielding = frozenset()
    parked = messages.parked(turn)
    for message in parked:
        if message.id in turn.profile.messages:
            review.held(turn, message)
    if parked:
        do_what_is_due(turn)
    return turn


def _lived(turn: Turn, inputs: Sequence[Input], *, born: bool) -> Turn:
    turn.lateness = lateness(turn, inputs)
    lifecycle.begin(turn)
    memberships.begin(turn, born=born)
    waits.thaw(turn)
    for entry in inputs:
        if isinstance(entry, Event):
            hear(turn, entry)
    do_what_is_due(turn)
    return turn
