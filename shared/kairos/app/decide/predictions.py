"""Which day the models expect of a customer, and when that day is another.

A day is worked out when an order begins a new *occurrence*, conditional on the silence until then, and worked out again
from the same day whenever it is looked at: when a late order, a merge or newly learned priors say otherwise, it moves.
It moves only by more than a tenth of its distance, and a day, and only so often: nobody is planned anew for ever. That
silence alone does not move it is deliberate. Each day without an order makes the next one likelier later, so a reminder
three days before would be put off until after most had bought. What was expected in vain, and stood behind no passage
at all, is expected once more, on the silence by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from kairos.app.decide.foresight import day_expected, moment_on, rhythm_for
from kairos.app.decide.turn import Turn
from kairos.domain.anchor import Prediction
from kairos.domain.ids import subject_key
from kairos.domain.journey import Journey
from kairos.domain.moment import Moment, span_of
from kairos.domain.profile import Predicted, Profile
from kairos.timing.rhythm import Rhythm, day_of

MOVES_MAX = 3
"""How often the day of one occurrence may move."""
TOLERANCE = 0.1


def expected(turn: Turn, journey: Journey, anchor: Prediction) -> Sequence[Moment]:
    """Return the day that a journey expects of this customer, and remember it; nothing before the first order, or where
    none is in sight within ten years."""
    rhythm, key = rhythm_for(turn.profile, anchor), _key(journey, anchor)
    known = turn.profile.predicted.pop(key, None)
    if rhythm.last_day is None:
        return ()
    occurrence = date.fromordinal(rhythm.last_day).isoformat()
    if known is None or known.occurrence != occurrence:
        made = _made(turn, rhythm, anchor, occurrence, 0)
    else:
        made = _again(turn, journey, anchor, rhythm, known)
    if made is None:
        return ()
    turn.profile.predicted[key] = made
    return (moment_on(rhythm, made.day),)


def _again(turn: Turn, journey: Journey, anchor: Prediction, rhythm: Rhythm, known: Predicted) -> Predicted | None:
    """Look at a day that was worked out before: it stays, moves, or was expected in vain."""
    if known.moves >= MOVES_MAX:
        return known
    offsets = [step.offset for step in journey.timeline]
    closes = span_of(moment_on(rhythm, known.day), offsets, turn.zone).closes
    entered = subject_key(known.occurrence) in turn.profile.entered.get(journey.id, {})
    if anchor.what == "next_order" and closes < turn.now and not entered:
        return _made(turn, rhythm, anchor, known.occurrence, known.moves + 1)
    day = day_expected(turn.release.timing.rhythm_in(anchor.category), rhythm, anchor, known.made_on)
    if day is None:
        return None
    last = date.fromisoformat(known.occurrence).toordinal()
    if abs(day - known.day) <= max(1.0, TOLERANCE * (known.day - last)):
        return known
    return replace(known, day=day, moves=known.moves + 1)


def _made(turn: Turn, rhythm: Rhythm, anchor: Prediction, occurrence: str, moves: int) -> Predicted | None:
    today = day_of(turn.now, turn.zone)
    day = day_expected(turn.release.timing.rhythm_in(anchor.category), rhythm, anchor, today)
    return None if day is None else Predicted(occurrence, today, day, moves)


def remembered(profile: Profile, journey: Journey, anchor: Prediction) -> Predicted | None:
    """Return the day that a journey expects of the order that was last known, if it was worked out."""
    known = profile.predicted.get(_key(journey, anchor))
    last = rhythm_for(profile, anchor).last_day
    return known if known and last and known.occurrence == date.fromordinal(last).isoformat() else None


def _key(journey: Journey, anchor: Prediction) -> str:
    return f"{journey.id} {anchor.key}"
