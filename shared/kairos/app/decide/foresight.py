"""What the models say of one customer as of a day, remembering nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from kairos.app.decide.categories import rhythm_in
from kairos.app.decide.habits import rhythm_of
from kairos.app.decide.turn import Turn
from kairos.app.publish.release import Release
from kairos.domain.anchor import RHYTHM, Prediction, SharedAnchor
from kairos.domain.moment import Moment
from kairos.domain.profile import Profile
from kairos.timing.last_days import days_in
from kairos.timing.rhythm import Rhythm, day_of

if TYPE_CHECKING:
    from kairos.timing.next_order import RhythmPrior
    from kairos.timing.occasion import IsOpen
    from kairos.timing.recurrence import Recurrence

PAYDAYS_BACK, PAYDAYS_AHEAD = 120, 400
"""In days: how far back a passage around a payday may have begun, and how far ahead one is looked for."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a prediction rests on: the last day, how many there are, and which day is expected as of another."""

    last_day: int
    days: int
    expect: Callable[[int], int | None]

    @property
    def occurrence(self) -> str:
        """Return what tells what is expected after this day from what was expected before."""
        return date.fromordinal(self.last_day).isoformat()

    def moment(self, day: int) -> Moment:
        """Return the moment on this ordinal."""
        return Moment(self.occurrence, date.fromordinal(day), self.days)


def basis_of(release: Release, profile: Profile, anchor: Prediction) -> Basis | None:
    """Return what a prediction of one next day rests on; None where nothing of it has happened yet."""
    if anchor.series.startswith(RHYTHM):
        rhythm, prior = rhythm_for(profile, anchor), release.timing.rhythm_in(anchor.category)
        if rhythm.last_day is None:
            return None
        return Basis(rhythm.last_day, rhythm.purchases, lambda made_on: day_expected(prior, rhythm, anchor, made_on))
    days = days_in(profile.recurring.get(anchor.series, ()))

    def next_day(made_on: int) -> int | None:
        return recurring(release, days, made_on).next_day(made_on)

    return Basis(days[-1], len(days), next_day) if days else None


def recurring(release: Release, days: tuple[int, ...], today: int, *, payday: bool = False) -> Recurrence:
    """Return what of these days repeats, or which of them is payday. Raises ValueError without days."""
    return _recurring(days, today, release.rules.is_business_day, payday)


@lru_cache(maxsize=4)
def _recurring(days: tuple[int, ...], today: int, is_open: IsOpen, payday: bool) -> Recurrence:
    """One decision asks the same two or three times: for the passage that stands, and for the next."""
    from kairos.timing.recurrence import payday_of, recurrence_of  # here: elsewhere no function waits for it

    return (payday_of if payday else recurrence_of)(days, today, is_open)


def paydays(release: Release, profile: Profile, anchor: Prediction, today: int) -> tuple[Moment, ...]:
    """Return the paydays around `today` (an ordinal) that the days of purchase tell of, in order; one a month keeps its
    key when it moves."""
    from kairos.timing.occasion import Months, Weeks

    days = days_in(profile.recurring.get(anchor.series, ()))
    form = recurring(release, days, today, payday=True).form if days else None
    since, until = today - PAYDAYS_BACK, today + PAYDAYS_AHEAD
    if isinstance(form, Months):
        keyed = form.by_month(since, until).items()
        return tuple(Moment(month, date.fromordinal(day)) for month, day in keyed)
    starts = form.starts(since, until) if isinstance(form, Weeks) else ()
    return tuple(Moment(date.fromordinal(day).isoformat(), date.fromordinal(day)) for day in starts)


def days_of(turn: Turn, anchor: SharedAnchor | Prediction) -> Sequence[Moment]:
    """Return the days of a moment that all share, or what is predicted of this customer as of now."""
    if not isinstance(anchor, Prediction):
        return turn.release.index.days_of(anchor)
    return foreseen(turn.release, turn.profile, anchor, day_of(turn.now, turn.zone))


def foreseen(release: Release, profile: Profile, anchor: Prediction, today: int) -> Sequence[Moment]:
    """Return what is predicted as of `today` (an ordinal), remembering nothing."""
    if anchor.what == "payday":
        return paydays(release, profile, anchor, today)
    basis = basis_of(release, profile, anchor)
    day = basis.expect(today) if basis else None
    return () if basis is None or day is None else (basis.moment(day),)


def rhythm_for(profile: Profile, anchor: Prediction) -> Rhythm:
    """Return when the customer bought what a prediction is about, as far as it is kept."""
    return rhythm_in(profile, anchor.category) if anchor.category else rhythm_of(profile)


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
