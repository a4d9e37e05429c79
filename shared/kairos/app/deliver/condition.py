"""May a message go as far as its own step is concerned? `if:` beside a `send` is asked at the moment of sending.

`decide` asks it when the message is asked for and whenever a held one is looked at anew; `deliver` asks it again of the
item as it is just before the provider is called. Both see the same: the profile, the passage's properties and entry.
"""

from __future__ import annotations

from datetime import datetime

from kairos.app.publish.release import Release
from kairos.domain.condition import Facts
from kairos.domain.profile import Message, Profile

UNMET = "its condition does not hold"


def still_holds(release: Release, profile: Profile, message: Message, now: datetime) -> bool:
    """Return whether the step's condition holds at `now` (aware UTC); a condition that is gone holds for nobody."""
    if not message.conditional:
        return True
    journey = release.journey(message.journey, message.version)
    send = journey.send_of(message.step) if journey else None
    if message.enrollment not in profile.enrollments or send is None or send.condition is None:
        return False
    return send.condition.holds(facts_of(release, profile, message, now))


def facts_of(release: Release, profile: Profile, message: Message, now: datetime) -> Facts:
    """Return what the conditions of a message look at; its passage's part is empty where the passage has gone."""
    enrollment = profile.enrollments.get(message.enrollment)
    properties = enrollment.properties if enrollment else {}
    entry = enrollment.entry if enrollment else None
    return Facts(profile, properties, now, release.segments, entry, release.zone(profile.zone))
