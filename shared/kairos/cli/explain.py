"""`explain`: what was decided for a customer lately, and why, as it was written down with each decision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kairos.cli.customer import live_release
from kairos.cli.screen import clock_of, open_screen
from kairos.domain.instant import parse_instant
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason

if TYPE_CHECKING:
    from kairos.app.publish.release import Release
    from kairos.cli.deployment import Deployment

STYLES = {"message": "green", "converted": "green", "not_sent": "red", "held": "yellow", "exited": "dim"}


def explain_customer(deployment: Deployment, profile: Profile) -> int:
    """Print the reasons that the profile keeps, oldest first, on its own clock or else the brand's."""
    release, screen = live_release(deployment), open_screen()
    zone = release.zone(profile.zone) if release else ZoneInfo("UTC")
    screen.print(f"profile {profile.id}; times in {zone.key}", style="dim")
    if not profile.log:
        screen.print("nothing was decided for this customer yet")
    for reason in profile.log:
        screen.print(f"{clock_of(reason.at, zone)}  {reason.kind:<9} ", style=STYLES.get(reason.kind), end="")
        screen.print(_sentence(reason, zone))
    if release is not None:
        for line in _counts(release, profile, zone):
            screen.print(line, style="dim")
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


def _sentence(reason: Reason, zone: ZoneInfo) -> str:
    where = f"{reason.journey} v{reason.version}" if reason.journey else ""
    subject = f"[{reason.subject}]" if reason.subject else ""
    what = " ".join(part for part in (reason.channel, reason.template) if part)
    step = f"at {reason.step}" if reason.step else ""
    due = f"until {clock_of(reason.due, zone)}" if reason.due and reason.due != reason.at else ""
    said = " ".join(part for part in (where, subject, step, what, due) if part)
    return f"{said}: {reason.reason}" if reason.reason else said
