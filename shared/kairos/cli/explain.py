"""`explain`: what was decided for a customer and why, as it was written down with each decision, what is counted and
believed of them now, and what will come."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kairos.cli.customer import live_release
from kairos.cli.knowledge import knowledge_of
from kairos.cli.past import BACK, Past, past_of
from kairos.cli.screen import clock_of, open_screen
from kairos.domain.instant import parse_instant
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason

if TYPE_CHECKING:
    from rich.console import Console

    from kairos.app.publish.release import Release
    from kairos.cli.deployment import Deployment

STYLES = {"message": "green", "converted": "green", "not_sent": "red", "held": "yellow", "exited": "dim"}
AHEAD = timedelta(days=30)
AHEAD_MAX = timedelta(days=732)
WILL = {"message": "will get", "held": "will hold", "not_sent": "will not", "exited": "will leave"}
"""How a forecast says what a log says of the past."""


def explain_customer(
    deployment: Deployment,
    profile: Profile,
    journey: str | None = None,
    at: datetime | None = None,
    back: timedelta = BACK,
) -> int:
    """Print one line a decision, oldest first, on the customer's clock or else the brand's; then what will come.

    `at` in the past: what had been decided by then, `back` from the archive where the item does not reach so far. In
    the future: what will come until then, else within 30 days.
    """
    release, screen = live_release(deployment), open_screen()
    zone, now = release.zone(profile.zone) if release else ZoneInfo("UTC"), deployment.clock.now()
    screen.print(f"profile {profile.id}; times in {zone.key}", style="dim")
    past = at is not None and at < now
    decided = past_of(deployment, profile, at, back, zone) if at is not None and past else Past(profile.log)
    if decided.source:
        screen.print(decided.source, style="dim")
    if not decided.reasons:
        screen.print(_too_early(profile) if past else "nothing was decided for this customer yet")
    _tell(_of(decided.reasons, journey), zone, screen)
    if release is not None and at is None:
        for line in _counts(release, profile, zone):
            screen.print(line, style="dim")
        for line in knowledge_of(profile, release, now):
            screen.print(line, style="dim", highlight=False)
    if release is not None and (at is None or at > now):
        _tell_coming(profile, release, journey, now, min(at or now + AHEAD, now + AHEAD_MAX), zone, screen)
    return 0


def _counts(release: Release, profile: Profile, zone: ZoneInfo) -> Iterator[str]:
    """Yield what live conditions count: what came before since then is not in it."""
    for event, rows in sorted(release.bundle.get("index", {}).get("counters", {}).items()):
        for row in rows:
            counter = profile.counters.get(row["key"])
            times = counter.times if counter else ()
            where = f" where {json.dumps(row['where'], ensure_ascii=False)}" if row.get("where") else ""
            last = f", last {clock_of(times[-1], zone)}" if times else ""
            held = f"{len(times)} or more" if len(times) >= row["keep"] else f"{len(times)}"
            since = f"; counting since {clock_of(parse_instant(row['since']), zone)}" if "since" in row else ""
            yield f"counted: {event}{where}: {held}{last}{since}"


def sentence(reason: Reason, zone: ZoneInfo) -> str:
    """Return a decision in one line, without its time and kind."""
    where = f"{reason.journey} v{reason.version}" if reason.journey else ""
    subject = f"[{reason.subject}]" if reason.subject else ""
    what = " ".join(part for part in (reason.channel, reason.template) if part)
    step = f"at {reason.step}" if reason.step else ""
    due = f"until {clock_of(reason.due, zone)}" if reason.due and reason.due != reason.at else ""
    said = " ".join(part for part in (where, subject, step, what, due) if part)
    return f"{said}: {reason.reason}" if reason.reason else said


def _tell_coming(
    profile: Profile,
    release: Release,
    journey: str | None,
    now: datetime,
    until: datetime,
    zone: ZoneInfo,
    screen: Console,
) -> None:
    from kairos.cli.future import foresee

    coming = _of((reason for reason in foresee(profile, release, now, until) if reason.kind in WILL), journey)
    screen.print(f"\nuntil {clock_of(until, zone)}, if nothing happens", style="dim")
    for reason in coming:
        screen.print(f"{clock_of(reason.at, zone)}  {WILL[reason.kind]:<10} ", style=STYLES.get(reason.kind), end="")
        screen.print(sentence(reason, zone))
    if not coming:
        screen.print("nothing will come")


def _tell(reasons: Iterable[Reason], zone: ZoneInfo, screen: Console) -> None:
    for reason in reasons:
        screen.print(f"{clock_of(reason.at, zone)}  {reason.kind:<9} ", style=STYLES.get(reason.kind), end="")
        screen.print(sentence(reason, zone))


def _of(reasons: Iterable[Reason], journey: str | None) -> list[Reason]:
    return [reason for reason in reasons if journey is None or reason.journey == journey]


def _too_early(profile: Profile) -> str:
    kept = f"what is kept begins at {profile.log[0].at:%Y-%m-%d %H:%M} UTC" if profile.log else "nothing is kept"
    return f"nothing was decided by then, as far as is known: {kept}"
