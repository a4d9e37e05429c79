"""When may a marketing message go? Quiet hours of the brand and of every law pack, in the recipient's zone.

A profile whose zone is unknown may be in any of the brand's zones: the union of their windows is quiet.
"""

from __future__ import annotations

from datetime import datetime

from kairos import registry
from kairos.app.publish.release import Release
from kairos.domain.profile import Profile
from kairos.domain.quiet_hours import Window, next_open


def open_at(release: Release, profile: Profile, channel: str, now: datetime) -> datetime | None:
    """Return the first instant >= `now` (UTC) outside all quiet windows; None when there is none within 8 days."""
    windows = quiet_windows(release, channel)
    if not windows:
        return now
    zones = [release.zone(profile.zone)] if profile.zone else release.quiet_zones
    return next_open(now, [(window, zone) for window in windows for zone in zones])


def quiet_windows(release: Release, channel: str) -> list[Window]:
    """Return the windows in which marketing on `channel` is held."""
    own = release.quiet_hours.get(channel)
    windows = [own] if own else []
    for name in release.policies:
        night = registry.load("policies", name).quiet(channel)
        if night:
            windows.append(Window.parse(night))
    return windows
