"""`map`: one customer's timing map. Their moments to come, what is planned around each, and what will come of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kairos.app.decide.foresight import basis_of, foreseen, recurring, rhythm_for
from kairos.app.decide.predictions import remembered
from kairos.app.publish.release import Release
from kairos.cli.customer import live_release
from kairos.cli.explain import STYLES, WILL, sentence
from kairos.cli.failure import CannotDo
from kairos.cli.future import foresee
from kairos.cli.knowledge import in_words, knowledge_of
from kairos.cli.screen import clock_of, open_screen
from kairos.domain.anchor import RHYTHM, EntryAnchor, Prediction
from kairos.domain.journey import Journey
from kairos.domain.localtime import to_instant
from kairos.domain.moment import moments
from kairos.domain.profile import Profile
from kairos.timing.last_days import days_in
from kairos.timing.rhythm import day_of

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

DAYS_MAX = 732
EACH_MAX = 24
"""How many returns of one moment are shown."""

Row = tuple[datetime, str]


def map_customer(deployment: Deployment, profile: Profile, days: int) -> int:
    """Print moments and what will come, in order of time, on the customer's clock or else the brand's."""
    release = live_release(deployment)
    if release is None:
        raise CannotDo("nothing is published yet: there is nothing to plan")
    now, screen = deployment.clock.now(), open_screen()
    until, zone = now + timedelta(days=min(days, DAYS_MAX)), release.zone(profile.zone)
    coming = [reason for reason in foresee(profile, release, now, until) if reason.kind in WILL]
    rows: list[tuple[datetime, str, str, str | None]] = [
        (at, "moment", what, "bold") for at, what in moments_of(profile, release, now, until)
    ]
    rows += [(reason.at, WILL[reason.kind], sentence(reason, zone), STYLES.get(reason.kind)) for reason in coming]
    screen.print(f"profile {profile.id}; times in {zone.key}, until {clock_of(until, zone)}", style="dim")
    for line in knowledge_of(profile, release, now):
        screen.print(line, highlight=False)
    for at, kind, what, style in sorted(rows, key=lambda row: row[0]):
        screen.print(f"{clock_of(at, zone)}  {kind:<10} ", style=style, end="")
        screen.print(what)
    if not rows:
        screen.print("no moment is known, and nothing will come")
    return 0


def moments_of(profile: Profile, release: Release, now: datetime, until: datetime) -> list[Row]:
    """Return (instant, what) of every moment to come: entries, and what live journeys stand around."""
    found = dict.fromkeys(_entries(profile, now, until))
    zone = release.zone(profile.zone)
    for id in sorted(release.bundle["journeys"]):
        journey = release.journey(id)
        if journey is not None:
            found |= dict.fromkeys(_days(journey, profile, release, now, until, zone))
    return sorted(found)


def _entries(profile: Profile, now: datetime, until: datetime) -> Iterator[Row]:
    for entry in profile.entries.values():
        if entry.starts_at is not None and not entry.cancelled and now < entry.starts_at <= until:
            yield entry.starts_at, f"{entry.kind} {entry.id}"


def _days(
    journey: Journey, profile: Profile, release: Release, now: datetime, until: datetime, zone: ZoneInfo
) -> Iterator[Row]:
    anchor = journey.anchor
    if anchor is None or isinstance(anchor, EntryAnchor):
        return
    name = getattr(anchor, "name", None) or getattr(anchor, "trait", "")
    if isinstance(anchor, Prediction):
        yield from _predicted(journey, anchor, profile, release, now, until)
        return
    days = moments(anchor, profile.traits, now.astimezone(zone).date(), zone, release.index.days_of)
    for moment in islice(takewhile(lambda found: found.starts(zone) <= until, days), EACH_MAX):
        nth = f", {moment.n}" if moment.n is not None else ""
        yield moment.starts(zone), f"{name}{nth}: {journey.id}"


def _predicted(
    journey: Journey, anchor: Prediction, profile: Profile, release: Release, now: datetime, until: datetime
) -> Iterator[Row]:
    """Yield the days a journey expects, or would expect as of now, and how sure that is."""
    zone = release.zone(profile.zone)
    today, of = day_of(now, zone), anchor.category or anchor.event
    for day in _expected_days(journey, anchor, profile, release, today):
        at = to_instant(date.fromordinal(day), time(0), zone)
        if now < at <= until:
            sure = _how_sure(anchor, profile, release, today)
            yield at, f"{anchor.what}{f' of {of}' if of else ''}: {journey.id} ({sure})"


def _expected_days(
    journey: Journey, anchor: Prediction, profile: Profile, release: Release, today: int
) -> Iterator[int]:
    basis = None if anchor.what == "payday" else basis_of(release, profile, anchor)
    known = remembered(profile, journey, anchor, basis) if basis else None
    if known is not None:
        yield known.day
    else:
        found = (each.day.toordinal() for each in foreseen(release, profile, anchor, today))
        yield from islice((day for day in found if day >= today), EACH_MAX)


def _how_sure(anchor: Prediction, profile: Profile, release: Release, today: int) -> str:
    """Return in words where the next order falls four times of five, how likely the customer is gone already, or what
    repeats."""
    if not anchor.series.startswith(RHYTHM):
        days = days_in(profile.recurring[anchor.series])
        return in_words(recurring(release, days, today, payday=anchor.what == "payday"))
    rhythm = rhythm_for(profile, anchor)
    forecast = release.timing.rhythm_in(anchor.category).forecast(rhythm)
    silence = max(0, today - (rhythm.last_day or today))
    if anchor.what == "lapse":
        return f"gone already with {forecast.p_gone(silence):.0%}"
    first, last = forecast.interval(0.8, silence)
    return f"80% within {first} to {last if last is not None else 'more than 3653'} days from today"
