"""What timing remembers of a customer, where the release asks for it: their days of purchase, and their hours.

Everything counted is a sum or a set of days, so events may arrive in any order. Days and hours are those of the
customer's own clock, in the zone that was known when the event was taken in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kairos.app.decide import timeliness
from kairos.app.decide.turn import Turn
from kairos.domain.anchor import RHYTHM
from kairos.domain.event import Event
from kairos.domain.hour_counts import HourCounts
from kairos.domain.profile import Posted, Profile
from kairos.timing.rhythm import Rhythm, day_of, joined
from kairos.timing.send_time import Hours, hour_of_week

ANSWERED_WITHIN = timedelta(hours=24)
"""For so long what a customer does answers the last message before it, where no open or click has told of it."""
ANSWERED = 256
"""The bit of `Posted.told` for a message that was answered; those below it belong to `reports`."""
ACTIVE, SENT, ANSWER = "active", "sent", "answered"


def take(turn: Turn, event: Event) -> bool:
    """Remember an order or a visit. Return whether a day of purchase became known."""
    timing, bought_before = turn.release.timing, turn.profile.rhythm
    if timing.keeps_rhythm and event.name == timing.order:
        known = rhythm_of(turn.profile)
        bought = timing.rhythm.with_day(known, day_of(event.occurred_at, turn.zone))
        if bought != known:
            turn.profile.rhythm = bought.to_state()
            turn.heard_of(event, RHYTHM)
    if timing.keeps_hours and event.name in timing.active:
        _count(turn, ACTIVE, event.occurred_at)
        if not event.historical:
            timeliness.active_on(turn, event.occurred_at)
        last = _last_before(turn.profile, event.occurred_at)
        if last is not None:
            note_answer(turn, last, event.occurred_at)
    return turn.profile.rhythm is not bought_before


def note_sent(turn: Turn, posted: Posted) -> int:
    """Count a message that has left, in the hour in which it was asked for. Return what `Posted.told` says of it."""
    if not turn.release.timing.keeps_hours:
        return 0
    _count(turn, f"{SENT} {posted.channel}", posted.at)
    return timeliness.aimed(turn, posted)


def note_answer(turn: Turn, id: str, at: datetime) -> None:
    """Count that a person answered a message, once, in the hour in which it was asked for."""
    posted = turn.profile.posted[id]
    if turn.release.timing.keeps_hours and not posted.told & ANSWERED:
        turn.profile.posted[id] = replace(posted, told=posted.told | ANSWERED)
        _count(turn, f"{ANSWER} {posted.channel}", posted.at)
        timeliness.answered(turn, posted, at)


def rhythm_of(profile: Profile) -> Rhythm:
    """Return when the customer bought, as far as it is kept."""
    return Rhythm.from_state(profile.rhythm) if profile.rhythm else Rhythm()


def hours_of(profile: Profile, channel: str) -> Hours:
    """Return the customer's hours: what they do anywhere, and how they answer on this channel."""
    rows = (profile.hours.get(name, HourCounts()) for name in (ACTIVE, f"{SENT} {channel}", f"{ANSWER} {channel}"))
    return Hours(*({hour: float(count) for hour, count in row.pairs()} for row in rows))


def fold(turn: Turn, loser: Profile) -> None:
    """Add what another profile knew of the same customer."""
    profile = turn.profile
    if loser.rhythm:
        prior = turn.release.timing.rhythm
        both = joined(rhythm_of(profile), rhythm_of(loser), prior.lognormal.keep, prior.gamma.keep)
        profile.rhythm = both.to_state()
    for name, row in loser.hours.items():
        profile.hours[name] = row.joined(profile.hours.get(name, HourCounts()))


def forget(turn: Turn) -> None:
    """Keep nothing that no live definition asks for: items of brands without timing stay small."""
    timing, profile = turn.release.timing, turn.profile
    if profile.rhythm and not timing.keeps_rhythm:
        profile.rhythm = []
    if profile.hours and not timing.keeps_hours:
        profile.hours, profile.pulse = {}, []
    if profile.predicted:
        live = turn.release.index.predicting
        profile.predicted = {key: kept for key, kept in profile.predicted.items() if key.partition(" ")[0] in live}


def _last_before(profile: Profile, at: datetime) -> str | None:
    """Return the last message asked for before `at`, if it is recent enough to be answered then."""
    recent = ((p.at, id) for id, p in profile.posted.items() if p.at <= at < p.at + ANSWERED_WITHIN)
    return max(recent, default=(at, None))[1]


def _count(turn: Turn, name: str, at: datetime) -> None:
    counts = turn.profile.hours.get(name, HourCounts())
    turn.profile.hours[name] = counts.plus_one(hour_of_week(at.astimezone(turn.zone)))
