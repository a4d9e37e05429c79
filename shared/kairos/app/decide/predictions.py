"""Which day the models expect of a customer, and when that day is another.

A day is worked out when an order (a visit, an event) begins a new *occurrence*, conditional on the silence until then,
and worked out again from the same day whenever it is looked at: when a late order, a merge or newly learned priors say
otherwise, it moves. It moves only by more than a tenth of its distance, and a day, and only so often: nobody is planned
anew for ever. That silence alone does not move it is deliberate. Each day without an order makes the next one likelier
later, so a reminder three days before would be put off until after most had bought. What was expected in vain, and
stood behind no passage at all, is expected once more, on the silence by then.

Paydays are not expected one at a time: whoever has one has one every month, and each is an occurrence of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kairos.app.decide.foresight import Basis, basis_of, paydays
from kairos.app.decide.turn import Turn
from kairos.domain.anchor import Prediction
from kairos.domain.ids import subject_key
from kairos.domain.journey import Journey
from kairos.domain.moment import Moment, span_of
from kairos.domain.profile import Predicted, Profile
from kairos.timing.rhythm import day_of

MOVES_MAX = 3
"""How often the day of one occurrence may move."""
TOLERANCE = 0.1


def expected(turn: Turn, journey: Journey, anchor: Prediction) -> Sequence[Moment]:
    """Return the days that a journey expects of this customer, and remember the one that may move; nothing before
    the first order (visit, event), or where none is in sight."""
    if anchor.what == "payday":
        return paydays(turn.release, turn.profile, anchor, day_of(turn.now, turn.zone))
    basis, key = basis_of(turn.release, turn.profile, anchor), _key(journey, anchor)
    known = turn.profile.predicted.pop(key, None)
    if basis is None:
        return ()
    if known is None or known.occurrence != basis.occurrence:
        made = _made(turn, basis, 0)
    else:
        made = _again(turn, journey, anchor, basis, known)
    if made is None:
        return ()
    turn.profile.predicted[key] = made
    return (basis.moment(made.day),)


def _again(turn: Turn, journey: Journey, anchor: Prediction, basis: Basis, known: Predicted) -> Predicted | None:
    """Look at a day that was worked out before: it stays, moves, or was expected in vain."""
    if known.moves >= MOVES_MAX:
        return known
    offsets = [step.offset for step in journey.timeline]
    closes = span_of(basis.moment(known.day), offsets, turn.zone).closes
    entered = subject_key(known.occurrence) in turn.profile.entered.get(journey.id, {})
    if anchor.what != "lapse" and closes < turn.now and not entered:
        return _made(turn, basis, known.moves + 1)
    day = basis.expect(known.made_on)
    if day is None:
        return None
    if abs(day - known.day) <= max(1.0, TOLERANCE * (known.day - basis.last_day)):
        return known
    return replace(known, day=day, moves=known.moves + 1)


def _made(turn: Turn, basis: Basis, moves: int) -> Predicted | None:
    today = day_of(turn.now, turn.zone)
    day = basis.expect(today)
    return None if day is None else Predicted(basis.occurrence, today, day, moves)


def remembered(profile: Profile, journey: Journey, anchor: Prediction, basis: Basis) -> Predicted | None:
    """Return the day that a journey expects after the last one known, if it was worked out."""
    known = profile.predicted.get(_key(journey, anchor))
    return known if known is not None and known.occurrence == basis.occurrence else None


def _key(journey: Journey, anchor: Prediction) -> str:
    return f"{journey.id} {anchor.key}"
