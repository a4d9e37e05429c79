"""On which days a customer came, bought, or did what a live journey asks about: what repeats is told from these.

A *series* is the days of what the brand calls active ("visit"), of orders ("order"), or of one event ("event NAME").
Those that a live journey asks for are remembered, and with `keep: [recurrence]` visits, orders and the events that the
brand lists. Days are those of the customer's own clock, in the zone known when an event is taken in.
"""

from __future__ import annotations

from kairos.app.decide.turn import Turn
from kairos.domain.budget import evict_recurring
from kairos.domain.event import Event
from kairos.domain.profile import Profile
from kairos.timing.last_days import days_in, of_days, with_day
from kairos.timing.rhythm import day_of


def take(turn: Turn, event: Event) -> None:
    """Remember the day of an event, in every series that it belongs to."""
    for series in turn.release.timing.series_of(event.name):
        known = turn.profile.recurring.get(series, [])
        kept = with_day(known, day_of(event.occurred_at, turn.zone))
        if kept != known:
            turn.profile.recurring[series] = kept
            turn.heard_of(event, series)
            evict_recurring(turn.profile, turn.release.timing.asked_series)


def fold(turn: Turn, loser: Profile) -> None:
    """Add the days that another profile of the same customer knew."""
    profile = turn.profile
    for series, theirs in loser.recurring.items():
        ours = profile.recurring.get(series, [])
        profile.recurring[series] = of_days({*days_in(ours), *days_in(theirs)})
    evict_recurring(profile, turn.release.timing.asked_series)


def forget(turn: Turn) -> None:
    """Keep nothing that neither a live journey nor the brand asks for."""
    profile, live = turn.profile, turn.release.timing.live_series
    if not profile.recurring.keys() <= live:
        profile.recurring = {series: days for series, days in profile.recurring.items() if series in live}
