"""What the models say of one customer as of a day, remembering nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from kairos.app.decide.categories import rhythm_in
from kairos.app.decide.habits import rhythm_of
from kairos.app.decide.turn import Turn
from kairos.domain.anchor import Prediction, SharedAnchor
from kairos.domain.moment import Moment
from kairos.domain.profile import Profile
from kairos.timing.rhythm import Rhythm, day_of

if TYPE_CHECKING:
    from kairos.timing.next_order import RhythmPrior


def days_of(turn: Turn, anchor: SharedAnchor | Prediction) -> Sequence[Moment]:
    """Return the days of a moment that all share, or what is predicted of this customer as of now."""
    if not isinstance(anchor, Prediction):
        return turn.release.days_of(anchor)
    prior, rhythm = turn.release.timing.rhythm_in(anchor.category), rhythm_for(turn.profile, anchor)
    return foreseen(prior, rhythm, anchor, day_of(turn.now, turn.zone))


def rhythm_for(profile: Profile, anchor: Prediction) -> Rhythm:
    """Return when the customer bought what a prediction is about, as far as it is kept."""
    return rhythm_in(profile, anchor.category) if anchor.category else rhythm_of(profile)


def foreseen(prior: RhythmPrior, rhythm: Rhythm, anchor: Prediction, today: int) -> Sequence[Moment]:
    """Return the day predicted as of `today` (an ordinal), remembering nothing."""
    day = day_expected(prior, rhythm, anchor, today)
    return () if day is None else (moment_on(rhythm, day),)


def day_expected(prior: RhythmPrior, rhythm: Rhythm, anchor: Prediction, made_on: int) -> int | None:
    """Return the ordinal of the day expected, worked out on the day `made_on`; None without a purchase, or where no
    order is in sight."""
    if rhythm.last_day is None:
        return None
    forecast = prior.forecast(rhythm)
    if anchor.what == "lapse":
        silence = forecast.silence_until_gone(anchor.chance)
        return None if silence is None else rhythm.last_day + silence
    since = max(made_on, rhythm.last_day)
    ahead = forecast.quantile(anchor.chance, since - rhythm.last_day)
    return None if ahead is None else since + ahead


def moment_on(rhythm: Rhythm, day: int) -> Moment:
    """Return the moment on this ordinal: its occurrence is the day of the last order."""
    assert rhythm.last_day is not None
    return Moment(date.fromordinal(rhythm.last_day).isoformat(), date.fromordinal(day), rhythm.purchases)
