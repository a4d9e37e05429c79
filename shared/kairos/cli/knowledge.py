"""What the models say of one customer as of now: stage and index, what they buy when, and every score with what speaks
for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from kairos.app.decide.categories import rhythm_in
from kairos.app.decide.foresight import recurring
from kairos.app.decide.habits import rhythm_of
from kairos.app.publish.release import Release
from kairos.domain.anchor import ORDERS, VISITS
from kairos.domain.condition import Facts, Score, stage_of
from kairos.domain.localtime import WEEKDAYS
from kairos.domain.profile import Profile
from kairos.timing.last_days import days_in
from kairos.timing.occasion import LAST, Interval, Months, Weeks
from kairos.timing.rhythm import day_of

if TYPE_CHECKING:
    from kairos.timing.recurrence import Recurrence


def knowledge_of(profile: Profile, release: Release, now: datetime) -> Iterator[str]:
    """Yield a line for the stage, where it is kept, one for each rhythm and what repeats, and one for each score."""
    zone = release.zone(profile.zone)
    today = day_of(now, zone)
    if profile.course:
        yield _stage(profile, release, today)
    yield from _rhythms(profile, release, today)
    yield from _recurring(profile, release, today)
    facts = Facts(profile, {}, now, release.segments, zone=zone)
    for id in sorted(release.segments):
        score = release.segments[id]
        if isinstance(score, Score):
            chance, why = score.chance(facts), [f"{each.because} {each.adds:+.2f}" for each in score.because(facts)]
            inside = "in" if chance >= score.least else "not in"
            yield f"{id}: {chance:.0%}, {inside} (from {score.least:.0%}): {'; '.join(why) or 'no signal'}"


def _rhythms(profile: Profile, release: Release, today: int) -> Iterator[str]:
    """Yield how often the customer buys, and when again: anything, and each kind of thing that is kept."""
    every = [("orders", "", rhythm_of(profile))]
    every += [(f"orders of {name}", name, rhythm_in(profile, name)) for name in sorted(profile.categories)]
    for what, category, rhythm in every:
        if rhythm.last_day is None:
            continue
        silence, pace = max(0, today - rhythm.last_day), rhythm.pace()
        forecast = release.timing.rhythm_in(category).forecast(rhythm)
        first, last = forecast.interval(0.8, silence)
        days = "1 day of purchase" if rhythm.purchases == 1 else f"{rhythm.purchases} days of purchase"
        gap = f", of late every {pace.days:.0f} days" if pace else ""
        ahead = f"{first} to {last} days" if last is not None else f"{first} days or more, if ever"
        yield f"{what}: {days}{gap}, last on {date.fromordinal(rhythm.last_day)}; the next (80%) in {ahead}"


def _recurring(profile: Profile, release: Release, today: int) -> Iterator[str]:
    """Yield what of visits, orders and events repeats, and when again; and the payday that orders tell of."""
    for series, state in sorted(profile.recurring.items()):
        days = days_in(state)
        if not days:
            continue
        name = {VISITS: "visits", ORDERS: "orders repeat"}.get(series, series.partition(" ")[2])
        found = recurring(release, days, today)
        day = found.next_day(today)
        chance = "" if found.form is None or isinstance(found.form, Interval) else f" ({found.chance:.0%})"
        likely = f"; next likely on {date.fromordinal(day):%a} {date.fromordinal(day)}{chance}" if day else ""
        yield f"{name}: {in_words(found)}{likely}"
        if series == ORDERS:
            yield f"payday: {in_words(recurring(release, days, today, payday=True))}"


def in_words(found: Recurrence) -> str:
    """Return what repeats as a person says it, how often it came true, and how sure it is."""
    if found.form is None:
        return "not enough yet to say what repeats"
    sure = "over 99%" if found.sure > 0.99 else f"{found.sure:.0%}"
    if isinstance(found.form, Interval):
        first, last = found.form.usual
        return f"about every {found.form.days:.0f} days, mostly {first} to {last} ({sure} sure)"
    return f"{_form_in_words(found.form)} ({found.came} of {found.of} times, {sure} sure)"


def _form_in_words(form: Weeks | Months) -> str:
    over = f" and the {form.width - 1} days after" if form.width > 1 else ""
    if isinstance(form, Months):
        day = "the last day" if form.day == LAST else f"day {form.day}"
        moved = {"previous": ", or the business day before", "next": ", or the business day after", "none": ""}
        return f"{day} of the month{moved[form.shift]}{over}"
    days = " and ".join(WEEKDAYS[residue % 7].capitalize() for residue in form.residues)
    return f"every {'week' if form.weeks == 1 else f'{form.weeks} weeks'} on {days}{over}"


def _stage(profile: Profile, release: Release, today: int) -> str:
    from kairos.timing.lifecycle import lifecycle_index

    stage, (_, at_risk, lapsed) = stage_of(profile, today), profile.course
    index = lifecycle_index(release.timing.rhythm, rhythm_of(profile), today)
    days = [(word, day) for word, day in (("at risk", at_risk), ("lapsed", lapsed)) if day > today]
    coming = "".join(f"; {word} from {date.fromordinal(day)}" for word, day in days)
    return f"stage: {str(stage).replace('_', ' ')}, lifecycle index {index:.2f}{coming}"
