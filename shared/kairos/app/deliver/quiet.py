"""When may a message go? Quiet hours and allowed windows of the brand, and those of every law pack, in the recipient's
zone. `decide` and the last gate of `deliver` ask the same function.

A profile whose zone is unknown may be in any of the brand's zones: the union of their windows is quiet.
"""

from __future__ import annotations

from datetime import datetime

from kairos import registry
from kairos.app.deliver.consent import because
from kairos.app.publish.release import Release
from kairos.domain.open_hours import SEARCH_MAX
from kairos.domain.profile import Profile
from kairos.domain.quiet_hours import Closing, next_open
from kairos.registry import Night

QUIET = "quiet hours"
RULES_MAX = 3
"""How many rules one reason names."""


def open_at(release: Release, profile: Profile, channel: str, now: datetime, marketing: bool = True) -> datetime | None:
    """Return the first instant >= `now` (UTC) outside all quiet and inside the allowed windows of channel and class;
    None when there is none within a month."""
    windows: list[Closing] = [*(quiet_windows(release, profile, channel) if marketing else ())]
    windows += release.rules.closings(channel, marketing)
    if not windows:
        return now
    zones = [release.zone(profile.zone)] if profile.zone else release.rules.quiet_zones
    return next_open(now, [(window, zone) for window in windows for zone in zones], SEARCH_MAX)


def quiet_windows(release: Release, profile: Profile, channel: str) -> list[Closing]:
    """Return what holds marketing on `channel`: the brand's own window, then those of the law packs."""
    own = release.rules.quiet_hours.get(channel)
    return [*([own] if own else []), *(night.closing for night in _nights(release, profile, channel))]


def why_quiet(release: Release, profile: Profile, channel: str, now: datetime, marketing: bool) -> str:
    """Return the reason of a message held at `now`: "quiet hours", and the rules of law that close this instant."""
    nights = _nights(release, profile, channel) if marketing else []
    zones = [release.zone(profile.zone)] if profile.zone else release.rules.quiet_zones
    closed = [night.rule for night in nights if any(night.closing.ends_after(now, zone) > now for zone in zones)]
    return because(QUIET, *closed[:RULES_MAX])


def _nights(release: Release, profile: Profile, channel: str) -> list[Night]:
    packs = (registry.load("policies", name) for name in release.rules.policies)
    return [night for pack in packs for night in pack.nights(profile, channel)]
