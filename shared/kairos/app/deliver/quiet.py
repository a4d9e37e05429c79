"""When may a message go? Quiet hours and allowed windows of the brand, and those of every law pack, in the recipient's
zone. `decide` and the last gate of `deliver` ask the same function.

A profile whose zone is unknown may be in any of the brand's zones: the union of their windows is quiet.
"""

from __future__ import annotations

from datetime import datetime

from kairos import registry
from kairos.app.publish.release import Release
from kairos.domain.open_hours import SEARCH_MAX
from kairos.domain.profile import Profile
from kairos.domain.quiet_hours import Closing, Window, next_open


def open_at(release: Release, profile: Profile, channel: str, now: datetime, marketing: bool = True) -> datetime | None:
    """Return the first instant >= `now` (UTC) outside all quiet and inside the allowed windows of channel and class;
    None when there is none within a month."""
    windows: list[Closing] = [*(quiet_windows(release, channel) if marketing else ())]
    windows += release.closings(channel, marketing)
    if not windows:
        return now
    zones = [release.zone(profile.zone)] if profile.zone else release.quiet_zones
    return next_open(now, [(window, zone) for window in windows for zone in zones], SEARCH_MAX)


def quiet_windows(release: Release, channel: str) -> list[Window]:
    """Return the daily windows in which marketing on `channel` is held."""
    own = release.quiet_hours.get(channel)
    windows = [own] if own else []
    for name in release.policies:
        night = registry.load("policies", name).quiet(channel)
        if night:
            windows.append(Window.parse(night))
    return windows
